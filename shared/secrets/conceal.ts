import { AsyncLocalStorage } from 'node:async_hooks';
import { Redactor, SHORTEST_SECRET, WITHHELD } from './redactor.ts';

/** Of values that are not current any more (a rotated password, an earlier session) the newest so many are remembered. */
const MAX_FORMER = 32;
const MAX_FORMER_CHARACTERS = 256 * 1024;
/** A proxy may set another value of its cookie with every answer. */
const MAX_VALUES_OF_A_SESSION = 4;
/** Cookies of so many names; a server that invents a name for each answer drives out its own. */
const MAX_SESSIONS = 64;

/** Values that must not be shown, as they become known, and what is left of a text without them. */
export class Confidential {
  /** The newest last. */
  readonly #secrets = new Set<string>();
  /** Values by the name of the cookie or header, so that no number of sessions drives out a secret, nor one cookie another. */
  readonly #sessions = new Map<string, Set<string>>();
  #redactor: Redactor | undefined;
  /** Counts the changes of what is known. */
  #version = 0;
  #redactorVersion = -1;
  readonly #parent: Confidential | undefined;

  constructor(parent?: Confidential) {
    this.#parent = parent;
  }

  /** All values that are secret now. Those that were before are remembered within limits; of these, none is forgotten. */
  learn(values: readonly string[]): void {
    const current = values.filter((value) => value.length >= SHORTEST_SECRET);
    for (const value of current) this.#renew(this.#secrets, value);
    const former = [...this.#secrets].slice(0, -new Set(current).size || undefined).reverse();
    let characters = 0;
    for (const [index, value] of former.entries()) {
      characters += value.length;
      if (index >= MAX_FORMER || characters > MAX_FORMER_CHARACTERS) this.#forget(this.#secrets, value);
    }
  }

  /** What opens or carries a session: cookies, and headers with tokens. */
  learnSessions(sessions: readonly (readonly [name: string, value: string])[]): void {
    for (const [name, value] of sessions) {
      if (value.length < SHORTEST_SECRET) continue;
      const values = this.#sessions.get(name) ?? new Set();
      this.#sessions.delete(name);
      this.#sessions.set(name, values);
      this.#renew(values, value);
      for (const oldest of values) if (values.size > MAX_VALUES_OF_A_SESSION) this.#forget(values, oldest);
    }
    const names = new Set(sessions.map(([name]) => name));
    for (const name of this.#sessions.keys()) {
      if (this.#sessions.size <= MAX_SESSIONS) break;
      if (names.has(name)) continue;
      this.#sessions.delete(name);
      this.#version += 1;
    }
  }

  /** One that knows these too, and all that this one learns later. */
  with(values: readonly string[]): Confidential {
    const more = new Confidential(this);
    more.learn(values);
    return more;
  }

  /** Runs the work so that `redacted` and `shortened` hide these values, wherever they are called from in it. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return scope.run(this, work);
  }

  /** The same with `***` in every text, number and key; the very same where there is nothing to hide. Never throws. */
  hide<T>(said: T): T {
    try {
      const redactor = this.#current();
      return redactor === undefined ? said : (hidden(said, redactor) as T);
    } catch {
      return (typeof said === 'object' ? undefined : WITHHELD) as T;
    }
  }

  /** `undefined` while nothing is known. */
  #current(): Redactor | undefined {
    const version = this.#versions();
    if (version !== this.#redactorVersion) {
      const values = this.#values();
      this.#redactor = values.length === 0 ? undefined : new Redactor(values);
      this.#redactorVersion = version;
    }
    return this.#redactor;
  }

  #versions(): number {
    return this.#version + (this.#parent === undefined ? 0 : this.#parent.#versions());
  }

  #values(): string[] {
    const sessions = [...this.#sessions.values()].flatMap((values) => [...values]);
    return [...(this.#parent === undefined ? [] : this.#parent.#values()), ...this.#secrets, ...sessions];
  }

  #renew(values: Set<string>, value: string): void {
    if (!values.delete(value)) this.#version += 1;
    values.add(value);
  }

  #forget(values: Set<string>, value: string): void {
    values.delete(value);
    this.#version += 1;
  }
}

const scope = new AsyncLocalStorage<Confidential>();

/**
 * What a platform said, without the secrets of the connection whose call is under way (see `keepConfidential`). In whatever
 * is made shorter this comes first: a part of a secret is not known as one.
 */
export function redacted(text: string): string {
  return scope.getStore()?.hide(text) ?? text;
}

/** The first characters of what a platform said, without secrets. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : redacted(text).slice(0, most).toWellFormed();
}

/** The last ones. */
export function lastOf(text: string, most: number): string {
  return text.length <= most ? text : redacted(text).slice(-most).toWellFormed();
}

/** Not by recursion: the depth is the platform's choice. What occurs twice, or inside itself, is one object afterwards too. */
function hidden(root: unknown, redactor: Redactor): unknown {
  const copies = new Map<object, object>();
  const pending: [from: object, to: object][] = [];
  const copyOf = (value: unknown): unknown => {
    if (typeof value === 'string') return redactor.redact(value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      const text = String(value);
      return redactor.redact(text) === text ? value : redactor.redact(text);
    }
    if (typeof value !== 'object' || value === null) return value;
    const there = copies.get(value);
    if (there) return there;
    const copy = Array.isArray(value) ? [] : {};
    copies.set(value, copy);
    pending.push([value, copy]);
    return copy;
  };
  const result = copyOf(root);
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [from, to] = next;
    for (const [name, inner] of entriesOf(from)) {
      let shown = Array.isArray(from) ? name : redactor.redact(name);
      while (Object.hasOwn(to, shown)) shown += '*';
      Object.defineProperty(to, shown, { value: copyOf(inner), enumerable: true, writable: true, configurable: true });
    }
  }
  return result;
}

function entriesOf(value: object): [string, unknown][] {
  const entries = Object.entries(value);
  return value instanceof Error ? [['name', value.name], ['message', value.message], ...entries] : entries;
}
