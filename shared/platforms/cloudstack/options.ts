import * as z from '../../schema.ts';
import { commonOptions, endpointUrl, noPlainHttp, secretName } from '../options.ts';

/**
 * Options of a CloudStack connection. Every pair in the URL would have to be signed too, so it must have none.
 */
export const options = noPlainHttp(
  z.strictObject({
    ...commonOptions,
    url: endpointUrl.check(
      z.refine((url) => !/[?#]/.test(url), 'must not hold a query or a fragment'),
      z.describe('The API endpoint, as https://cloud.example.com/client/api'),
    ),
    secret: secretName,
    signatureExpirySeconds: z.optional(
      z
        .int()
        .check(
          z.minimum(30),
          z.maximum(3600),
          z.describe(
            'How long a signed request may be used (default 600). A clock that is further off than this looks like a wrong key',
          ),
        ),
    ),
  }),
);

export type CloudstackOptions = z.infer<typeof options>;
