import { createHmac } from 'node:crypto';
import type { CloudstackSecret } from './secret.ts';

/** Names and values of a request, in any order, not encoded. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/**
 * Encodes as Java's form encoder does with `+` turned into `%20`: letters, digits and `. - * _` stay. `encodeURIComponent`
 * leaves five more alone.
 */
export function encodeValue(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The text that both sides sign. The server sorts the names as they were sent, the manual sorts them in lower case: they
 * agree as long as the names differ otherwise than in case.
 *
 * Source: CloudStack developer's guide, "Signing API Requests"; the server's verifyRequest.
 */
export function stringToSign(pairs: Pairs): string {
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${encodeValue(value)}`)
    .join('&')
    .toLowerCase();
}

/** HMAC-SHA1 with the secret key, Base64 with padding. */
export function signatureOf(pairs: Pairs, secretKey: string): string {
  return createHmac('sha1', secretKey).update(stringToSign(pairs), 'utf8').digest('base64');
}

/**
 * The form that is posted: the pairs, the key, the expiry and the signature over them all.
 *
 * `expires` counts only with `signatureversion=3`; without both, a request found in a log could be sent again for ever.
 * Sign anew for every attempt.
 *
 * @param expiresAt epoch milliseconds
 */
export function signedForm(pairs: Pairs, { apiKey, secretKey }: CloudstackSecret, expiresAt: number): string {
  const signed: Pairs = [
    ...pairs,
    ['apikey', apiKey],
    ['signatureversion', '3'],
    // Servers before 4.19 or so read `+0000` only, not `Z`.
    ['expires', new Date(expiresAt).toISOString().replace(/\.\d+Z$/, '+0000')],
  ];
  return [...signed, ['signature', signatureOf(signed, secretKey)] as const]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeValue(value)}`)
    .join('&');
}
