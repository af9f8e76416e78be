import { createHash } from 'node:crypto';
import type { ActiveJob, Part } from './job.ts';

/** What tells whether parts have changed where they are not at hand: hundreds of them have 64 KB, this has 22 characters. */
export function digestOf(parts: readonly Part[]): string {
  // The store does not keep the order of a map's keys.
  const text = JSON.stringify(parts.map(({ id, name, status, message }) => [id, name, status, message]));
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

export function hasParts(
  { parts, partsDigest }: Pick<ActiveJob, 'parts' | 'partsDigest'>,
  seen: readonly Part[],
): boolean {
  const known = parts === undefined ? partsDigest : digestOf(parts);
  return known === digestOf(seen);
}
