/** What an editor, an `echo` or a copied cell leaves at the ends of a password, and nobody sees. */
const ENDS: readonly [RegExp, string][] = [
  [/[\r\n]$/, 'ends with a line break'],
  [/^[\r\n]/, 'begins with a line break'],
  [/[\s\u200b]$/, 'ends with a blank'],
  [/^[\s\u200b]/, 'begins with a blank'],
];

/**
 * For the message of a refused login: which of these fields of the secret has a line break or a blank at an end, and nothing
 * else of what they hold. Empty where there is none.
 */
export function blankEnds(secret: Readonly<Record<string, unknown>>): string {
  const found = Object.entries(secret).flatMap(([field, value]) => {
    const end = typeof value === 'string' ? ENDS.find(([pattern]) => pattern.test(value))?.[1] : undefined;
    return end === undefined ? [] : [`the ${field} in the secret ${end}`];
  });
  return found.length === 0
    ? ''
    : `${found.join(' and ')}, which is sent with it: remove it if it does not belong there`;
}
