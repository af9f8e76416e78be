import * as z from 'zod';
import { commonOptions, endpointUrl, noPlainHttp } from '../options.ts';

export const options = noPlainHttp(
  z.strictObject({
    ...commonOptions,
    url: endpointUrl.describe('The SOAP endpoint of a vCenter or an ESXi host, as https://vc.example.com/sdk'),
    secret: commonOptions.secret.unwrap(),
    apiVersion: z
      .string()
      .regex(/^\d+(\.\d+){1,3}$/, 'must be an API version as 8.0.1.0')
      .describe(
        "API version to speak instead of the one that the server names; a newer one than the server's is refused",
      )
      .optional(),
  }),
);

export type VsphereOptions = z.infer<typeof options>;

/** A user of vCenter Single Sign-On or of the host. Needs System.View, the privileges of its jobs, Global.CancelTask to cancel, Task.Create and Task.Update to make tasks and report on them. */
export const secret = z.object({ username: z.string().min(1), password: z.string().min(1) });

export type VsphereSecret = z.infer<typeof secret>;
