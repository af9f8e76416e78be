import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckFailure } from '../job/outcome.ts';
import { afterAttempt, type LoginLedger, MemoryLedger, REST_MS, restsUntil, startAttempt } from './login-ledger.ts';

/** While a password rests the store is asked for another one, but no more often than this. */
const ASK_MS = 5_000;
/** How often, and how long, an instance waits for the one that is trying the same password. */
const PAUSE_MS = 200;
const MAX_PAUSES = 75;

interface Login {
  username: string;
  password: string;
}

interface Context<Secret> {
  secret(fresh?: boolean): Promise<Secret>;
  versionOf?(secret: object): string | undefined;
  logins?: LoginLedger;
  pause?(milliseconds: number): Promise<unknown>;
  now(): number;
}

interface Settings<Refusal> {
  /** The platform's fixed word for a refusal, which other instances read; never its text. */
  codeOf(refusal: Refusal): string;
  refusalOf(code: string): Refusal;
  /** After so many refusals in a row the secret rests. */
  restFrom?: number;
  /**
   * For platforms without sessions, where every call carries the password: how long after an accepted call the next ones are
   * made without asking whether other instances have met a refusal.
   */
  provenMs?: number;
}

/** What came of an attempt to log in. `undecided`: it says nothing about the password. */
export type Attempt<Value, Refusal> =
  | { kind: 'accepted' | 'undecided'; value: Value }
  | { kind: 'refused'; refusal: Refusal };

/** The platform does not take the secret. `until`: it is not tried again before (epoch ms). */
export interface Refused<Refusal> {
  refusal: Refusal;
  until?: number;
}

/**
 * The secret that a connection logs in with. One that the platform has refused is left alone for five minutes, by every
 * instance that reads the same ledger, so that no account is locked; one that has been put into the store meanwhile is used
 * at once. Whether a secret is good is tried by one instance at a time; the others wait for what it learns.
 */
export class LoginSecret<Secret extends Login, Refusal> {
  readonly #context: Context<Secret>;
  readonly #settings: Required<Settings<Refusal>>;
  readonly #memory = new MemoryLedger();
  #refused: { digest: string; refusal: Refusal; until: number } | undefined;
  #proven: { digest: string; until: number } | undefined;
  #asked: { at: number; answer: Promise<Secret | undefined> } | undefined;
  #trying: Promise<unknown> | undefined;

  constructor(context: Context<Secret>, settings: Settings<Refusal>) {
    this.#context = context;
    this.#settings = { restFrom: 1, provenMs: 0, ...settings };
  }

  /**
   * Makes the attempt with the connection's secret, and once more, if it is refused, with one that the store has by now.
   * Rejects where there is no secret to be had, and with what the attempt itself rejects with.
   */
  async attempt<Value>(
    work: (secret: Secret) => Promise<Attempt<Value, Refusal>>,
  ): Promise<{ value: Value; secret: Secret } | Refused<Refusal>> {
    for (;;) {
      const secret = await this.#context.secret();
      if (this.#isProven(secret) || this.#trying === undefined) {
        const trying = this.#attempt(secret, work);
        if (this.#isProven(secret)) return trying;
        this.#trying = trying.catch(() => {}).finally(() => (this.#trying = undefined));
        return trying;
      }
      await this.#trying;
    }
  }

  async #attempt<Value>(
    first: Secret,
    work: (secret: Secret) => Promise<Attempt<Value, Refusal>>,
  ): Promise<{ value: Value; secret: Secret } | Refused<Refusal>> {
    let secret = first;
    let isFresh = false;
    for (let tries = 1; ; tries++) {
      const rests = await this.#permit(secret, isFresh);
      if (rests === 'outdated') {
        secret = await this.#context.secret(true);
        isFresh = true;
        tries--;
        continue;
      }
      const tried = rests ?? (await this.#try(secret, work));
      if ('value' in tried) return { value: tried.value, secret };
      // The password may have been changed a moment ago: the store is asked once, and no secret is tried twice.
      const stored = tries === 1 ? await this.#otherThan(secret, rests !== undefined) : undefined;
      if (stored === undefined) return tried;
      secret = stored;
      isFresh = true;
    }
  }

  /**
   * Nothing, once it may be tried; or until when it rests. `outdated`: other instances have got to know another version, so
   * the cached one may be the former, which is not to be tried.
   */
  async #permit(secret: Secret, isFresh: boolean): Promise<Refused<Refusal> | 'outdated' | undefined> {
    if (this.#isProven(secret)) return undefined;
    const digest = digestOf(secret);
    const { ledger, version } = this.#ledgerOf(secret);
    let accepted: number | undefined;
    for (let pauses = 0; ; ) {
      const now = this.#context.now();
      if (this.#refused?.digest === digest && now < this.#refused.until) return this.#refused;
      const note = await ledger.read();
      if (!isFresh && ledger !== this.#memory && note !== undefined && note.version !== version) return 'outdated';
      const until = restsUntil(note, version, now);
      if (until !== undefined) return { refusal: this.#settings.refusalOf(note!.code ?? ''), until };
      if (note?.version === version) {
        // Another instance has shown, while this one waited or a moment ago, that the password is good.
        if (accepted !== undefined && note.accepted > accepted) return undefined;
        if (now < (note.acceptedAt ?? 0) + this.#settings.provenMs) return undefined;
      }
      accepted ??= note?.accepted ?? 0;
      const isTried = note?.tryingUntil !== undefined && now < note.tryingUntil;
      if (!isTried && (await ledger.write(note, startAttempt(note, version, now)))) return undefined;
      if (++pauses > MAX_PAUSES) throw new LoginUnderWay();
      if (isTried) await (this.#context.pause ?? sleep)(PAUSE_MS);
    }
  }

  async #try<Value>(
    secret: Secret,
    work: (secret: Secret) => Promise<Attempt<Value, Refusal>>,
  ): Promise<{ value: Value } | Refused<Refusal>> {
    const wasProven = this.#isProven(secret);
    let result: Attempt<Value, Refusal>;
    try {
      result = await work(secret);
    } catch (error) {
      if (!wasProven) await this.#note(secret, 'undecided', undefined);
      throw error;
    }
    const digest = digestOf(secret);
    if (result.kind !== 'refused') {
      if (!wasProven) await this.#note(secret, result.kind, undefined);
      if (result.kind === 'accepted') {
        this.#proven = { digest, until: this.#context.now() + this.#settings.provenMs };
        this.#refused = undefined;
      }
      return result;
    }
    this.#proven = undefined;
    const { refusal } = result;
    const until = await this.#note(secret, 'refused', this.#settings.codeOf(refusal));
    if (until === undefined) return { refusal };
    this.#refused = { digest, refusal, until };
    return this.#refused;
  }

  /** Tells the others. Answers until when the secret rests. */
  async #note(
    secret: Secret,
    kind: Attempt<unknown, Refusal>['kind'],
    code: string | undefined,
  ): Promise<number | undefined> {
    const { ledger, version } = this.#ledgerOf(secret);
    const now = this.#context.now();
    for (let tries = 0; tries < 3; tries++) {
      try {
        const before = await ledger.read();
        const after = afterAttempt(before, version, now, { kind, code, restFrom: this.#settings.restFrom });
        if (await ledger.write(before, after)) return restsUntil(after, version, now);
      } catch {
        // The table does not answer: tried again. Where that fails too, others find the attempt to have expired.
      }
    }
    return kind === 'refused' ? now + REST_MS : undefined;
  }

  /** What the store has instead, if it has another one. */
  async #otherThan(secret: Secret, isResting: boolean): Promise<Secret | undefined> {
    const now = this.#context.now();
    if (!isResting || this.#asked === undefined || now - this.#asked.at >= ASK_MS) {
      // A store that cannot be asked has no other one to offer.
      this.#asked = { at: now, answer: this.#context.secret(true).catch(() => undefined) };
    }
    const stored = await this.#asked.answer;
    return stored === undefined || digestOf(stored) === digestOf(secret) ? undefined : stored;
  }

  #isProven(secret: Secret): boolean {
    const proven = this.#proven;
    return proven !== undefined && this.#context.now() < proven.until && proven.digest === digestOf(secret);
  }

  /** Without a version the secret has no name that others may read. */
  #ledgerOf(secret: Secret): { ledger: LoginLedger; version: string } {
    const version = this.#context.versionOf?.(secret);
    if (version === undefined || this.#context.logins === undefined)
      return { ledger: this.#memory, version: digestOf(secret) };
    return { ledger: this.#context.logins, version };
  }
}

/** Another instance tries the password and does not come to an end. */
class LoginUnderWay extends Error {
  override readonly name = 'LoginUnderWay';
  readonly failure: CheckFailure = {
    kind: 'transient',
    code: 'LoginUnderWay',
    message:
      'another instance is logging in with the same secret and has not ended yet; no second try is made beside it',
  };
}

/** For the operator, after what the platform said. */
export function restNote({ until }: { until: number }): string {
  const time = new Date(until).toISOString().replace(/\.\d+Z$/, 'Z');
  return `this password is not tried again before ${time}, lest the account be locked; another one in the secret is used within seconds`;
}

function digestOf({ username, password }: Login): string {
  return createHash('sha256')
    .update(JSON.stringify([username, password]))
    .digest('hex');
}
