import * as z from '../../schema.ts';
import { commonOptions, endpointUrl, noPlainHttp, secretName } from '../options.ts';
import { PORTAL } from './portal.ts';

export const options = noPlainHttp(
  z.strictObject({
    ...commonOptions,
    url: endpointUrl.check(
      z.refine((url) => !/[?#]/.test(url), 'must not hold a query or a fragment'),
      z.describe(`The management address of the vCMP host, as https://viprion.example.com; ${PORTAL} is added`),
    ),
    secret: secretName,
  }),
);

export type F5VcmpOptions = z.infer<typeof options>;
