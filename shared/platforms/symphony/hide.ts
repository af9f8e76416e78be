/** Shorter ones are words that occur anywhere, and no secret. */
const SHORTEST = 6;

/**
 * Puts `$NAME` in the place of an environment variable's value wherever a script repeats it: an operator may have put a
 * secret there. For texts only: the names of machines and requests go back to the platform as they are.
 */
export function hiding(environment: Readonly<Record<string, string>> = {}): (text: string) => string {
  const values = Object.entries(environment)
    .filter(([, value]) => value.length >= SHORTEST)
    .sort(([, a], [, b]) => b.length - a.length);
  return (text) => values.reduce((left, [name, value]) => left.replaceAll(value, `$${name}`), text);
}
