import * as z from '../../schema.ts';
import { commonOptions, endpointUrl, noPlainHttp, secretName } from '../options.ts';

export const options = noPlainHttp(
  z.strictObject({
    ...commonOptions,
    url: endpointUrl.check(z.describe('The SOAP endpoint of a vCenter or an ESXi host, as https://vc.example.com/sdk')),
    secret: secretName,
    apiVersion: z.optional(
      z
        .string()
        .check(
          z.regex(/^\d+(\.\d+){1,3}$/, 'must be an API version as 8.0.1.0'),
          z.describe(
            "API version to speak instead of the one that the server names; a newer one than the server's is refused",
          ),
        ),
    ),
  }),
);

export type VsphereOptions = z.infer<typeof options>;
