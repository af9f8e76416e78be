import { createHash } from 'node:crypto';

/** Accounts are locked after a few wrong passwords within minutes: vCenter's default policy is five within three. */
const REST_MS = 5 * 60_000;
/** While a password rests the store is asked for another one, but no more often than this. */
const ASK_MS = 5_000;

interface Login {
  username: string;
  password: string;
}

export interface Resting<Refusal> {
  /** What the platform said to this password. */
  refusal: Refusal;
  /** Epoch ms: before this it is not tried again. */
  until: number;
}

/**
 * The secret that a connection logs in with. One that the platform has refused is left alone for five minutes, so that no
 * account is locked; one that has been put into the store meanwhile is used at once.
 */
export class LoginSecret<Secret extends Login, Refusal> {
  readonly #context: { secret(fresh?: boolean): Promise<Secret>; now(): number };
  readonly #restFrom: number;
  #refused: (Resting<Refusal> & { digest: string; times: number }) | undefined;
  #asked: { at: number; answer: Promise<Secret | undefined> } | undefined;

  /** `restFrom`: after so many refusals in a row the secret rests. */
  constructor(context: { secret(fresh?: boolean): Promise<Secret>; now(): number }, { restFrom = 1 } = {}) {
    this.#context = context;
    this.#restFrom = restFrom;
  }

  /** The secret to log in with, or why it is left alone. Rejects where there is none to be had. */
  async take(): Promise<{ secret: Secret } | Resting<Refusal>> {
    const secret = await this.#context.secret();
    const resting = this.restOf(secret);
    if (resting === undefined) return { secret };
    if (this.#asked === undefined || this.#context.now() - this.#asked.at >= ASK_MS) this.#ask();
    const stored = await this.#asked!.answer;
    return stored === undefined || sameLogin(stored, secret) ? resting : { secret: stored };
  }

  /** The platform has refused it. Answers with another one, where the store has one by now. */
  async refused(secret: Secret, refusal: Refusal): Promise<Secret | undefined> {
    this.noteRefusal(secret, refusal);
    const stored = await this.#ask();
    return stored === undefined || sameLogin(stored, secret) ? undefined : stored;
  }

  /** For where the store is not to be asked again. */
  noteRefusal(secret: Secret, refusal: Refusal): void {
    const digest = digestOf(secret);
    const times = this.#refused?.digest === digest ? this.#refused.times + 1 : 1;
    this.#refused = { digest, times, refusal, until: this.#context.now() + REST_MS };
  }

  accepted(): void {
    this.#refused = undefined;
  }

  restOf(secret: Secret): Resting<Refusal> | undefined {
    const last = this.#refused;
    const rests =
      last && last.times >= this.#restFrom && this.#context.now() < last.until && last.digest === digestOf(secret);
    return rests ? { refusal: last.refusal, until: last.until } : undefined;
  }

  /** A store that cannot be asked has no other one to offer. */
  #ask(): Promise<Secret | undefined> {
    const answer = this.#context.secret(true).catch(() => undefined);
    this.#asked = { at: this.#context.now(), answer };
    return answer;
  }
}

/** For the operator, after what the platform said. */
export function restNote({ until }: { until: number }): string {
  const time = new Date(until).toISOString().replace(/\.\d+Z$/, 'Z');
  return `this password is not tried again before ${time}, lest the account be locked; another one in the secret is used within seconds`;
}

function sameLogin(a: Login, b: Login): boolean {
  return digestOf(a) === digestOf(b);
}

function digestOf({ username, password }: Login): string {
  return createHash('sha256')
    .update(JSON.stringify([username, password]))
    .digest('hex');
}
