/**
 * When each job was last looked at and when it is due again, as the wait-loop carries it through its own state: 15
 * characters a job, so that 10,000 jobs take 150 KB of the 256 KiB that a state may have. A write to the table per look
 * would cost more than the whole orchestration. Lost with an execution, it costs one early look.
 *
 * A record is 7 base64 characters of the job's id (42 bits of its random part), 4 of the seconds since `base` (24 bits:
 * 194 days, longer than any execution runs before it hands over), 2 of the wait and 2 of the number of looks (12 bits
 * each). Two jobs whose 42 bits are equal (1 in 90,000 at 10,000 jobs) share a record: one of them is looked at early or
 * late by one gap.
 */
export interface PackedLooks {
  base: number;
  looks: string;
}

export interface Look {
  /** Epoch ms, whole seconds. */
  at: number;
  /** Seconds from `at` until the job is due again. */
  waitSeconds: number;
  /** How often the job has been looked at. */
  count: number;
}

const ID_CHARS = 7;
const TIME_CHARS = 4;
const SMALL_CHARS = 2;
const RECORD_CHARS = ID_CHARS + TIME_CHARS + 2 * SMALL_CHARS;
type Fields = [key: string, at: string, wait: string, count: string];
const FIELDS = [
  [0, ID_CHARS],
  [ID_CHARS, ID_CHARS + TIME_CHARS],
  [ID_CHARS + TIME_CHARS, RECORD_CHARS - SMALL_CHARS],
  [RECORD_CHARS - SMALL_CHARS, RECORD_CHARS],
] as const;
/** 240,000 characters: what a state may have, less the rest of it. Jobs beyond that are looked at on every tick. */
export const MAX_RECORDS = 16_000;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export class Looks {
  readonly #looks = new Map<string, Look>();

  /** `now`: a clock that was set back must not keep jobs from being looked at until it has caught up. */
  static unpack(packed: PackedLooks | undefined, now = Number.POSITIVE_INFINITY): Looks {
    const looks = new Looks();
    if (packed === undefined) return looks;
    for (let i = 0; i + RECORD_CHARS <= packed.looks.length; i += RECORD_CHARS) {
      const [key, at, wait, count] = FIELDS.map(([from, to]) => packed.looks.slice(i + from, i + to)) as Fields;
      looks.#looks.set(key, {
        at: Math.min(packed.base + decode(at) * 1000, now),
        waitSeconds: decode(wait),
        count: decode(count),
      });
    }
    return looks;
  }

  get(jobId: string): Look | undefined {
    return this.#looks.get(keyOf(jobId));
  }

  /** In the precision in which it is packed: a plan made now must hold after unpacking. */
  set(jobId: string, { at, waitSeconds, count }: Look): void {
    const whole = { at: Math.floor(at / 1000) * 1000, waitSeconds: small(waitSeconds), count: small(count) };
    this.#looks.set(keyOf(jobId), whole);
  }

  /** The job is looked at again as soon as the loop is awake. */
  forget(jobId: string): void {
    this.#looks.delete(keyOf(jobId));
  }

  /** Keeps the records of these jobs only, and no more than `room`. */
  pack(jobIds: Iterable<string>, room = MAX_RECORDS): PackedLooks {
    const entries: [string, Look][] = [];
    for (const jobId of jobIds) {
      const key = keyOf(jobId);
      const look = this.#looks.get(key);
      if (look !== undefined && entries.length < room) entries.push([key, look]);
    }
    const base = entries.reduce((least, [, { at }]) => Math.min(least, at), Number.MAX_SAFE_INTEGER);
    const looks = entries.map(
      ([key, { at, waitSeconds, count }]) =>
        key +
        encode(Math.round((at - base) / 1000), TIME_CHARS) +
        encode(waitSeconds, SMALL_CHARS) +
        encode(count, SMALL_CHARS),
    );
    return { base: entries.length === 0 ? 0 : base, looks: looks.join('') };
  }
}

export function recordsIn(packed: PackedLooks): number {
  return packed.looks.length / RECORD_CHARS;
}

function small(value: number): number {
  return Math.min(64 ** SMALL_CHARS - 1, Math.max(0, Math.round(value)));
}

/** 42 bits of the random part of a ULID (its last 9 characters hold 45). */
function keyOf(jobId: string): string {
  let value = 0;
  for (const char of jobId.slice(-9)) value = value * 32 + Math.max(0, CROCKFORD.indexOf(char));
  return encode(value % 2 ** 42, ID_CHARS);
}

function encode(value: number, length: number): string {
  let text = '';
  let rest = Math.min(Math.max(0, value), 64 ** length - 1);
  for (let i = 0; i < length; i++) {
    text = DIGITS[rest % 64] + text;
    rest = Math.floor(rest / 64);
  }
  return text;
}

function decode(text: string): number {
  let value = 0;
  for (const char of text) value = value * 64 + (VALUES.get(char) ?? 0);
  return value;
}
