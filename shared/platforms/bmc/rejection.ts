import { createHash } from 'node:crypto';
import type { Fault } from './errors.ts';
import type { BmcSecret } from './secret.ts';

/** A rejected secret is not tried again for this long: single-sign-on servers lock an account after a few failures. */
const REST_MS = 5 * 60_000;

/** Remembers the secret that was rejected, and how. */
export class Rejection {
  readonly #now: () => number;
  #last: { digest: string; until: number; fault: Fault } | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  of(secret: BmcSecret): Fault | undefined {
    const last = this.#last;
    return last && last.digest === digestOf(secret) && this.#now() < last.until ? last.fault : undefined;
  }

  note(secret: BmcSecret, fault: Fault): Fault {
    this.#last = { digest: digestOf(secret), until: this.#now() + REST_MS, fault };
    return fault;
  }

  clear(): void {
    this.#last = undefined;
  }
}

export function sameLogin(a: BmcSecret, b: BmcSecret): boolean {
  return digestOf(a) === digestOf(b);
}

function digestOf({ username, password }: BmcSecret): string {
  return createHash('sha256')
    .update(JSON.stringify([username, password]))
    .digest('hex');
}
