import type { Json } from '../../job/job.ts';

/** Shorter ones are words that occur anywhere, and no secret. */
const SHORTEST = 6;

/**
 * Puts `$NAME` in the place of an environment variable's value wherever a script repeats it: an operator may have put a
 * secret there.
 */
export function veil(environment: Readonly<Record<string, string>> | undefined): <T>(said: T) => T {
  const values = Object.entries(environment ?? {})
    .filter(([, value]) => value.length >= SHORTEST)
    .sort(([, a], [, b]) => b.length - a.length);
  const hide = (text: string) => values.reduce((left, [name, value]) => left.replaceAll(value, `$${name}`), text);
  // Messages only: the names of machines and requests go back to the platform as they are.
  const walk = (said: Json, key?: string): Json => {
    if (typeof said === 'string') return key === 'message' ? hide(said) : said;
    if (Array.isArray(said)) return said.map((member) => walk(member));
    if (said === null || typeof said !== 'object') return said;
    return Object.fromEntries(Object.entries(said).map(([name, inner]) => [name, walk(inner, name)]));
  };
  return (said) => (values.length === 0 ? said : (walk(said as Json) as never));
}
