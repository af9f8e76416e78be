import type { LoginNote } from '../store/loop-item.ts';
import type { ConnectionRef, Store } from '../store/store.ts';

/** Where the instances that log in to one connection leave each other word. */
export interface LoginLedger {
  read(): Promise<LoginNote | undefined>;
  /** False: somebody else has written since `before` was read. */
  write(before: LoginNote | undefined, after: LoginNote): Promise<boolean>;
}

/** Accounts are locked after a few wrong passwords within minutes: vCenter's default policy is five within three. */
export const REST_MS = 5 * 60_000;
/** An attempt whose instance died is over by then: a login is two requests. */
const ATTEMPT_MS = 30_000;

/** Until when this version is not to be tried. */
export function restsUntil(note: LoginNote | undefined, version: string, now: number): number | undefined {
  const rests = note?.version === version && note.restsUntil !== undefined && now < note.restsUntil;
  return rests ? note.restsUntil : undefined;
}

export function startAttempt(note: LoginNote | undefined, version: string, now: number): LoginNote {
  return { ...noteOf(note, version), tryingUntil: now + ATTEMPT_MS };
}

export function afterAttempt(
  note: LoginNote | undefined,
  version: string,
  now: number,
  { kind, code, restFrom }: { kind: 'accepted' | 'refused' | 'undecided'; code: string | undefined; restFrom: number },
): LoginNote {
  const { tryingUntil: _over, ...before } = noteOf(note, version);
  if (kind === 'undecided') return before;
  if (kind === 'accepted') {
    const { rev, accepted } = before;
    return { rev, version, refusals: 0, accepted: accepted + 1, acceptedAt: now };
  }
  const refusals = before.refusals + 1;
  return {
    ...before,
    refusals,
    ...(code !== undefined && { code }),
    ...(refusals >= restFrom && { restsUntil: now + REST_MS }),
  };
}

/** The next revision; what was learned of another version says nothing of this one. */
function noteOf(note: LoginNote | undefined, version: string): LoginNote {
  const rev = (note?.rev ?? 0) + 1;
  const accepted = note?.accepted ?? 0;
  return note?.version === version ? { ...note, rev } : { rev, version, refusals: 0, accepted };
}

/** For one instance. */
export class MemoryLedger implements LoginLedger {
  #note: LoginNote | undefined;

  async read(): Promise<LoginNote | undefined> {
    return this.#note;
  }

  async write(before: LoginNote | undefined, after: LoginNote): Promise<boolean> {
    if (this.#note?.rev !== before?.rev) return false;
    this.#note = after;
    return true;
  }
}

/** For all instances that work on the same table: in the item of the connection's loop. */
export function ledgersIn(store: Store): (of: ConnectionRef) => LoginLedger {
  return (of) => ({
    read: async () => (await store.getLoop(of)).login,
    write: (before, after) => store.putLogin(of, before, after),
  });
}
