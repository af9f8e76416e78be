import type { CheckFailure } from '../job/outcome.ts';

/** The port to the secret store. */
export interface SecretStore {
  /**
   * The secret's JSON. Cached for a few minutes, so that a rotation is picked up without a deploy; `fresh` asks again.
   * Rejects with `SecretUnavailable`.
   */
  get(name: string, fresh?: boolean): Promise<unknown>;
  /** The same with its version, where the store has versions. */
  read?(name: string, fresh?: boolean): Promise<StoredSecret>;
}

export interface StoredSecret {
  value: unknown;
  /** Another one whenever the secret is written. Tells nothing of what it holds. */
  version?: string;
}

/** The message names the secret and what to do, never its content. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable';
  readonly failure: CheckFailure;

  /** `mayPass`: it is the store that did not answer; else the secret must be put right. */
  constructor(message: string, { mayPass = false, cause }: { mayPass?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.failure = mayPass
      ? { kind: 'transient', code: 'SecretStoreUnavailable', message }
      : { kind: 'permanent', code: 'SecretUnavailable', message };
  }
}
