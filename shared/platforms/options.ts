import * as z from '../schema.ts';
import { SUBMIT_SECONDS } from './submit-time.ts';

/** Of connections whose platform cannot do without; of the others it is optional. */
export const secretName = z
  .string()
  .check(
    z.minLength(1),
    z.describe('Name (or ARN) of the Secrets Manager secret; on one machine a key of the secrets file'),
  );

/**
 * Options that every connection may have, whatever its platform. An adapter's own schema is
 * `z.strictObject({ ...commonOptions, … })`, so a misspelled key is an error that names it.
 */
export const commonOptions = {
  secret: z.optional(secretName),
  caFile: z.optional(
    z
      .string()
      .check(z.minLength(1), z.describe('PEM file with the certificate authorities to trust for this endpoint')),
  ),
  ca: z.optional(
    z
      .string()
      .check(z.minLength(1), z.describe('The PEM text itself; what caFile becomes when the connections file is read')),
  ),
  thumbprint: z.optional(
    z
      .string()
      .check(
        z.regex(
          /^([0-9A-Fa-f]{2}:?){20}$|^([0-9A-Fa-f]{2}:?){32}$/,
          'must be a SHA-1 or SHA-256 fingerprint, hex bytes joined by colons',
        ),
        z.describe(
          "SHA-1 or SHA-256 fingerprint that the endpoint's certificate must have, instead of a trusted issuer",
        ),
      ),
  ),
  requestTimeoutSeconds: z.optional(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(60),
        z.describe(
          `For one request to the platform (default 10); all requests of a submit have ${SUBMIT_SECONDS} s together, those of a poll about half a minute`,
        ),
      ),
  ),
  maxRequestsPerSecond: z.optional(
    z.number().check(z.positive(), z.maximum(1000), z.describe('Budget of requests to this endpoint (default 20)')),
  ),
  maxConcurrentRequests: z.optional(
    z.int().check(z.minimum(1), z.maximum(100), z.describe('Requests under way at once (default 4)')),
  ),
  deadlineSeconds: z.optional(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(31_536_000),
        z.describe(
          'After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400)',
        ),
      ),
  ),
  lookCostSeconds: z.optional(
    z
      .number()
      .check(
        z.minimum(0.1),
        z.maximum(600),
        z.describe('How many seconds of delay one look is worth: smaller looks more often (default 3)'),
      ),
  ),
  allowPlainHttp: z.optional(
    z.boolean().check(z.describe('Send credentials over plain http to another host than loopback')),
  ),
} as const;

export type CommonOptions = z.infer<z.ZodMiniObject<typeof commonOptions>>;

/** The platform's endpoint. */
export const endpointUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL', abort: true })
  .check(
    z.refine(
      (url) => !new URL(url).username && !new URL(url).password,
      'must not hold credentials: they belong in the secret',
    ),
  );

/** 127.0.0.0/8, ::1 and localhost: what never leaves the machine. `URL` has already normalised the spelling. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A schema of connection options that refuses to send credentials in the clear, unless the connection says so itself. */
export function noPlainHttp<T extends z.ZodMiniType<{ url: string; allowPlainHttp?: boolean | undefined }>>(
  schema: T,
): T {
  return schema.check(
    z.refine(({ url, allowPlainHttp }) => allowPlainHttp === true || !/^http:/i.test(url) || isLoopback(url), {
      path: ['url'],
      error: 'would send credentials over plain http: use https, or set "allowPlainHttp": true',
    }),
  );
}
