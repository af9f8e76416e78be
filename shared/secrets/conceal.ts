/** Peers repeat what they were sent, each in an encoding of its own. */
const ENCODINGS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  (value) => JSON.stringify(value).slice(1, -1),
  (value) => (value.isWellFormed() ? encodeURIComponent(value) : value),
  (value) => (value.isWellFormed() ? new URLSearchParams([['', value]]).toString().slice(1) : value),
  ...[0, 1, 2].map((offset) => (value: string) => base64At(value, offset)),
];

/** One of less than three characters cannot be told from the text around it. */
const SHORTEST = 3;
/** From this length on the first half of a secret is looked for too: a message may have been cut in the middle of it. */
const CUT_FROM = 12;
const SHOWN = '***';

/**
 * What a value looks like inside of base64 that begins `offset` (modulo 3) bytes before it, without the characters at the
 * border, which depend on the neighbours: `user:password` of HTTP Basic.
 */
function base64At(value: string, offset: number): string {
  const bytes = Buffer.from(value, 'utf8');
  const first = (3 - offset) % 3;
  const whole = bytes.subarray(first, bytes.length - ((bytes.length - first) % 3));
  return whole.length < 6 ? value : whole.toString('base64');
}

/** Finds all of these values, in any encoding, those that overlap too. `undefined` where there is none. */
function patternOf(values: Iterable<string>): RegExp | undefined {
  const long = [...values].filter((value) => value.length >= SHORTEST);
  const spelled = new Set(long.flatMap((value) => ENCODINGS.map((encode) => encode(value))));
  // Whole ones first, the longest of them first: a value may begin with another.
  const longest = [...spelled].sort((a, b) => b.length - a.length);
  const sources = [...longest.map(escaped), ...longest.filter((it) => it.length >= CUT_FROM).map(cutOf)];
  return sources.length === 0 ? undefined : new RegExp(`(?=(${sources.join('|')}))`, 'g');
}

/** The first half of a value, and as much of the rest as there is. */
function cutOf(value: string): string {
  const half = Math.ceil(value.length / 2);
  const rest = [...value.slice(half)].map(escaped);
  const tail = rest.reduceRight((after, char) => `(?:${char}${after})?`, '');
  return escaped(value.slice(0, half)) + tail;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** A peer's text without these secrets. */
export function concealed(text: string, secrets: Iterable<string | undefined>): string {
  const pattern = patternOf([...secrets].filter((secret) => secret !== undefined));
  return pattern === undefined ? text : masked(text, pattern);
}

/** What overlaps is masked as one: the end of one spelling may be the begin of another. */
function masked(text: string, pattern: RegExp): string {
  let shown = '';
  let end = 0;
  for (const { index, 1: found } of text.matchAll(pattern)) {
    if (index >= end) shown += text.slice(end, index) + SHOWN;
    end = Math.max(end, index + found!.length);
  }
  return shown + text.slice(end);
}

/** Of each kind the newest so many are remembered: a proxy may set another cookie with every answer. */
const MAX_SECRETS = 32;
const MAX_SESSIONS = 8;

/** Values that must not be shown, as they become known, and what is left of a text without them. */
export class Confidential {
  readonly #secrets = new Set<string>();
  /** Apart, so that no number of sessions drives out a secret that is read once in a process. */
  readonly #sessions = new Set<string>();
  #pattern: RegExp | undefined;

  learn(values: Iterable<string>): void {
    this.#remember(this.#secrets, values, MAX_SECRETS);
  }

  learnSessions(values: Iterable<string>): void {
    this.#remember(this.#sessions, values, MAX_SESSIONS);
  }

  /** A copy that knows these too. */
  with(values: readonly string[]): Confidential {
    if (values.length === 0) return this;
    const more = new Confidential();
    more.#remember(more.#secrets, [...values, ...this.#secrets], Number.POSITIVE_INFINITY);
    more.learnSessions(this.#sessions);
    return more;
  }

  /** The same with `***` in every text, keys of objects left as they are; the very same where there is nothing to hide. */
  hide<T>(said: T): T {
    if (this.#secrets.size + this.#sessions.size === 0) return said;
    this.#pattern ??= patternOf([...this.#secrets, ...this.#sessions]);
    return hidden(said, this.#pattern!) as T;
  }

  #remember(known: Set<string>, values: Iterable<string>, most: number): void {
    for (const value of values) {
      if (value.length < SHORTEST) continue;
      if (!known.delete(value)) this.#pattern = undefined;
      known.add(value);
    }
    for (const value of known) {
      if (known.size <= most) break;
      known.delete(value);
    }
  }
}

function hidden(said: unknown, pattern: RegExp): unknown {
  if (typeof said === 'string') return masked(said, pattern);
  if (Array.isArray(said)) return said.map((member) => hidden(member, pattern));
  if (typeof said !== 'object' || said === null) return said;
  return Object.fromEntries(Object.entries(said).map(([name, inner]) => [name, hidden(inner, pattern)]));
}
