import type { HttpResponse } from '../../http/client.ts';
import type { ConnectionContext } from '../adapter.ts';
import type { VsphereOptions } from './options.ts';
import type { VsphereSecret } from './secret.ts';

export type VsphereContext = ConnectionContext<VsphereOptions, VsphereSecret>;

export interface PostOptions {
  /** The method, for messages. */
  operation: string;
  /** Absent before and during the login: a Login over a live session is refused. */
  cookie?: string;
  /** See `HttpRequest.fresh`. */
  fresh?: boolean;
  signal?: AbortSignal;
}

/** Sends one envelope. The API version decides as which release the server behaves. */
export function post(
  context: VsphereContext,
  body: string,
  apiVersion: string,
  { operation, cookie, fresh, signal }: PostOptions,
): Promise<HttpResponse> {
  return context.http.request({
    method: 'POST',
    url: context.options.url,
    operation,
    headers: {
      'content-type': 'text/xml; charset="utf-8"',
      soapaction: `"urn:vim25/${apiVersion}"`,
      ...(cookie && { cookie }),
    },
    body,
    ...(fresh && { fresh }),
    ...(signal && { signal }),
  });
}

/**
 * The session's cookie as `name=value`, byte for byte, if this answer sets one. An emptied cookie is a goodbye, not a
 * session.
 */
export function sessionCookie(response: HttpResponse): string | undefined {
  const header = response.headers['set-cookie'];
  const lines = Array.isArray(header) ? header : header === undefined ? [] : [header];
  return lines.map((line) => line.split(';')[0]!.trim()).findLast((pair) => /^vmware_soap_session="?[^"]/.test(pair));
}
