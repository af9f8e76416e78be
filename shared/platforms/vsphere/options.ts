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

/** A user of vCenter Single Sign-On or of the host. Needs System.View, the privileges of its jobs, Global.CancelTask to cancel, Task.Create and Task.Update to make tasks and report on them. */
export const secret = z.object({
  username: z.string().check(z.minLength(1)),
  password: z.string().check(z.minLength(1)),
});

export type VsphereSecret = z.infer<typeof secret>;
