import { randomUUID } from 'node:crypto';
import type { Task } from './tasks.ts';

export interface Collector {
  id: string;
  rows(): readonly Task[];
  position: number;
}

export interface Session {
  key: string;
  userName: string;
  lastActive: number;
  /** What lives and dies with the session. */
  collectors: Map<string, Collector>;
  pages: Map<string, unknown>;
}

/** vCenter's limit of history collectors in one session. */
export const MAX_COLLECTORS = 32;

export class Sessions {
  readonly #byCookie = new Map<string, Session>();
  readonly #idleMs: number;

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** The cookie must come back byte for byte, quotes included. */
  of(cookieHeader: string | undefined, now: number): Session | undefined {
    const cookie = (cookieHeader ?? '')
      .split(';')
      .map((it) => it.trim())
      .find((it) => it.startsWith('vmware_soap_session='));
    const session = cookie === undefined ? undefined : this.#byCookie.get(cookie);
    if (!session || now - session.lastActive > this.#idleMs) {
      if (cookie !== undefined) this.#byCookie.delete(cookie);
      return undefined;
    }
    session.lastActive = now;
    return session;
  }

  open(userName: string, now: number): { session: Session; setCookie: string } {
    const key = randomUUID();
    const cookie = `vmware_soap_session="${key}"`;
    const session: Session = { key, userName, lastActive: now, collectors: new Map(), pages: new Map() };
    this.#byCookie.set(cookie, session);
    return { session, setCookie: `${cookie}; Path=/; HttpOnly` };
  }

  close(session: Session): void {
    for (const [cookie, it] of this.#byCookie) if (it === session) this.#byCookie.delete(cookie);
  }

  closeAll(): void {
    this.#byCookie.clear();
  }

  get size(): number {
    return this.#byCookie.size;
  }
}
