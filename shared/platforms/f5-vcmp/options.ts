import * as z from '../../schema.ts';
import { commonOptions, endpointUrl, noPlainHttp, secretName } from '../options.ts';

/** Where every version has its SOAP portal. The address in its own WSDL is a placeholder (`https://url_to_service`). */
const PORTAL = '/iControl/iControlPortal.cgi';

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

export function portalUrl({ url }: Pick<F5VcmpOptions, 'url'>): string {
  const base = url.replace(/\/+$/, '');
  return base.endsWith(PORTAL) ? base : base + PORTAL;
}

/**
 * A user of the vCMP host. Best one of Pollux's own: sessions are per user name, and in a transaction that another client
 * of the same user has left open, a change would be queued and not made.
 */
export const secret = z.object({
  username: z
    .string()
    .check(z.minLength(1), z.regex(/^[^:]*$/, 'must not hold a colon: HTTP Basic could not carry it')),
  password: z.string().check(z.minLength(1)),
});

export type F5VcmpSecret = z.infer<typeof secret>;
