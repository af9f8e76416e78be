/** A tag, weak or strong: RFC 9110, section 8.8.3. */
const TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\u00ff]*")/g;

/**
 * Whether `If-None-Match` holds for what has this tag: `*`, or a list that names it. The comparison is the weak one, so that
 * a tag which something on the way made weak still counts (RFC 9110, section 13.1.2).
 */
export function matchesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return [...header.matchAll(TAG)].some(([, opaque]) => opaque === etag);
}
