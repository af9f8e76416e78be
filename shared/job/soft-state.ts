/**
 * When each job was last looked at, as the wait-loop carries it through its own state: 11 characters a job, so that
 * 10,000 jobs take 110 KB of the 256 KiB that a state may have. A write to the table per look would cost more than the
 * whole orchestration. Lost with an execution, it costs one early look.
 *
 * A record is 7 base64 characters of the job's id (42 bits of its random part) and 4 of the seconds since `base`
 * (24 bits: 194 days, longer than any execution runs before it hands over). Two jobs whose 42 bits are equal (1 in
 * 90,000 at 10,000 jobs) share a record: one of them is looked at early or late by one gap.
 */
export interface PackedLooks {
  base: number;
  looks: string;
}

const ID_CHARS = 7;
const TIME_CHARS = 4;
const RECORD_CHARS = ID_CHARS + TIME_CHARS;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Last looks (epoch ms) by job id. Times are kept to the second. */
export class Looks {
  readonly #at = new Map<string, number>();

  static unpack(packed: PackedLooks | undefined): Looks {
    const looks = new Looks();
    if (packed === undefined) return looks;
    for (let i = 0; i + RECORD_CHARS <= packed.looks.length; i += RECORD_CHARS) {
      const key = packed.looks.slice(i, i + ID_CHARS);
      const seconds = decode(packed.looks.slice(i + ID_CHARS, i + RECORD_CHARS));
      looks.#at.set(key, packed.base + seconds * 1000);
    }
    return looks;
  }

  get(jobId: string): number | undefined {
    return this.#at.get(keyOf(jobId));
  }

  /** Whole seconds, as they are packed: a plan made now must hold after unpacking. */
  set(jobId: string, at: number): void {
    this.#at.set(keyOf(jobId), Math.floor(at / 1000) * 1000);
  }

  /** The job is looked at again as soon as the loop is awake. */
  forget(jobId: string): void {
    this.#at.delete(keyOf(jobId));
  }

  /** Keeps the records of these jobs only. */
  pack(jobIds: Iterable<string>): PackedLooks {
    const entries: [string, number][] = [];
    for (const jobId of jobIds) {
      const key = keyOf(jobId);
      const at = this.#at.get(key);
      if (at !== undefined) entries.push([key, at]);
    }
    const base = entries.reduce((least, [, at]) => Math.min(least, at), Number.MAX_SAFE_INTEGER);
    const looks = entries.map(([key, at]) => key + encode(Math.round((at - base) / 1000), TIME_CHARS)).join('');
    return { base: entries.length === 0 ? 0 : base, looks };
  }
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
