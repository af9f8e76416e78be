import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The server's side of the signature, written after verifyRequest of the server and apart from the adapter's: it takes what
 * arrived, decodes it byte by byte, and encodes it again as `java.net.URLEncoder` would.
 */

/** Names are case-sensitive, as the servlet container hands them on; the first of several values counts. */
export type Received = Map<string, string>;

/** Adds the pairs of a query or a form. What is there already stays: query pairs win over those of the body. */
export function receive(form: string, into: Received): void {
  for (const pair of form.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = formDecode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : formDecode(pair.slice(equals + 1));
    if (!into.has(name)) into.set(name, value);
  }
}

function formDecode(text: string): string {
  const bytes: number[] = [];
  const raw = Buffer.from(text, 'utf8');
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at]!;
    const hex = byte === 0x25 ? raw.toString('latin1', at + 1, at + 3) : '';
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(byte === 0x2b ? 0x20 : byte);
  }
  return Buffer.from(bytes).toString('utf8');
}

const KEPT = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-*_');

/** `URLEncoder.encode(value, UTF_8).replace("+", "%20")`. */
export function javaEncode(value: string): string {
  let encoded = '';
  for (const byte of Buffer.from(value, 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += KEPT.has(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** Looked up in any case, as the server does for `apikey`, `signature`, `signatureversion` and `expires`. */
export function anyCase(received: Received, name: string): string | undefined {
  for (const [key, value] of received) if (key.toLowerCase() === name) return value;
  return undefined;
}

export function isSigned(received: Received, keys: { apiKey: string; secretKey: string }, now: number): boolean {
  const signature = anyCase(received, 'signature');
  if (signature === undefined || anyCase(received, 'apikey') !== keys.apiKey) return false;
  if (anyCase(received, 'signatureversion') === '3' && !isInTime(anyCase(received, 'expires'), now)) return false;

  const unsigned = [...received.keys()]
    .filter((name) => name.toLowerCase() !== 'signature')
    .sort()
    .map((name) => `${name}=${javaEncode(received.get(name)!)}`)
    .join('&')
    .toLowerCase();
  const expected = createHmac('sha1', keys.secretKey).update(unsigned).digest('base64');
  const [given, wanted] = [Buffer.from(signature), Buffer.from(expected)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** `yyyy-MM-dd'T'HH:mm:ssZ`. */
function isInTime(expires: string | undefined, now: number): boolean {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-]\d\d)(\d\d)$/.exec(expires ?? '');
  if (!match) return false;
  return Date.parse(`${match[1]}${match[2]}:${match[3]}`) > now;
}
