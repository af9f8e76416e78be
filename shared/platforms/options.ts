import * as z from 'zod';

/**
 * Options that every connection may have, whatever its platform. An adapter's own schema is
 * `z.strictObject({ ...commonOptions, … })`, so a misspelled key is an error that names it.
 */
export const commonOptions = {
  secret: z
    .string()
    .min(1)
    .describe('Name (or ARN) of the Secrets Manager secret; on one machine a key of the secrets file')
    .optional(),
  caFile: z.string().min(1).describe('PEM file with the certificate authorities to trust for this endpoint').optional(),
  ca: z
    .string()
    .min(1)
    .describe('The PEM text itself; what caFile becomes when the connections file is read')
    .optional(),
  thumbprint: z
    .string()
    .regex(
      /^([0-9A-Fa-f]{2}:?){20}$|^([0-9A-Fa-f]{2}:?){32}$/,
      'must be a SHA-1 or SHA-256 fingerprint, hex bytes joined by colons',
    )
    .describe("SHA-1 or SHA-256 fingerprint that the endpoint's certificate must have, instead of a trusted issuer")
    .optional(),
  requestTimeoutSeconds: z
    .number()
    .int()
    .min(1)
    .max(60)
    .describe('For one request to the platform (default 10)')
    .optional(),
  maxRequestsPerSecond: z
    .number()
    .positive()
    .max(1000)
    .describe('Budget of requests to this endpoint (default 20)')
    .optional(),
  maxConcurrentRequests: z.number().int().min(1).max(100).describe('Requests under way at once (default 4)').optional(),
  deadlineSeconds: z
    .number()
    .int()
    .min(1)
    .max(31_536_000)
    .describe('After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400)')
    .optional(),
  lookCostSeconds: z
    .number()
    .min(0.1)
    .max(600)
    .describe('How many seconds of delay one look is worth: smaller looks more often (default 3)')
    .optional(),
  allowPlainHttp: z.boolean().describe('Send credentials over plain http to another host than loopback').optional(),
} as const;

export type CommonOptions = z.infer<z.ZodObject<typeof commonOptions>>;

/** The platform's endpoint. */
export const endpointUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL', abort: true })
  .refine(
    (url) => !new URL(url).username && !new URL(url).password,
    'must not hold credentials: they belong in the secret',
  );

/** 127.0.0.0/8, ::1 and localhost: what never leaves the machine. `URL` has already normalised the spelling. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A schema of connection options that refuses to send credentials in the clear, unless the connection says so itself. */
export function noPlainHttp<T extends z.ZodType<{ url: string; allowPlainHttp?: boolean | undefined }>>(schema: T): T {
  return schema.refine(
    ({ url, allowPlainHttp }) => allowPlainHttp === true || !/^http:/i.test(url) || isLoopback(url),
    {
      path: ['url'],
      error: 'would send credentials over plain http: use https, or set "allowPlainHttp": true',
    },
  );
}
