import type { CheckFailure } from '../../job/outcome.ts';
import type { XmlElement } from '../../xml/parse.ts';
import type { XmlNode } from '../../xml/write.ts';
import { untilAborted } from '../until-aborted.ts';
import { post, sessionCookie, type VsphereContext } from './endpoint.ts';
import { type Login, LoginDesk, logOut } from './login.ts';
import { type MoRef, morefOf, sameMoRef, showMoRef } from './moref.ts';
import { readServiceContent, type ServiceContent } from './service-content.ts';
import { envelope, lookFailure, NotSoap, readAnswer, SoapFault } from './soap.ts';

export interface LiveCallOptions {
  /** See `HttpRequest.fresh`: for calls that must not be repeated. */
  fresh?: boolean;
  /** Shows up in the server's logs. */
  operationId?: string;
}

/** A session that was alive when it was handed out. */
export interface Live {
  readonly content: ServiceContent;
  /** As the server writes it, which is how tasks name who started them: `VSPHERE.LOCAL\op`. */
  readonly userName: string;
  /**
   * Reads anew what we hold of the server, if that is a minute old: behind the connection's url there may be another server
   * by now. Whether it told something else.
   */
  reread(): Promise<boolean>;
  call(method: string, self: MoRef, parameters: readonly XmlNode[], options?: LiveCallOptions): Promise<XmlElement[]>;
}

/** A 200 that hides a dead session: everything in missingSet, or nothing where something was asked for. */
export class SessionExpired extends Error {
  override readonly name = 'SessionExpired';
  readonly failure: CheckFailure;

  constructor(message: string) {
    super(message);
    this.failure = { kind: 'transient', code: 'NotAuthenticated', message };
  }
}

/** There is no session, so whatever was to be called was not. */
export class NotLoggedIn extends Error {
  override readonly name = 'NotLoggedIn';
  readonly failure: CheckFailure;

  constructor(cause: unknown) {
    const failure = lookFailure(cause);
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/** How long facts about the server are not doubted where no answer speaks against them. */
const TRUSTED_MS = 60_000;

/** One login session for all callers of a connection. */
export class Session {
  readonly #context: VsphereContext;
  readonly #desk: LoginDesk;
  #current: Login | undefined;
  #opening: Promise<Login> | undefined;

  constructor(context: VsphereContext, desk = new LoginDesk(context)) {
    this.#context = context;
    this.#desk = desk;
  }

  /**
   * Runs the work with a live session. Once, if the session turns out to be dead, logs in again and repeats the work; and
   * once, if what we hold of the server (API version, singletons) turns out to be another's, reads it anew and repeats the
   * work. So the work must have had no effect when it throws NotAuthenticated, `SessionExpired` or a fault of a
   * call that was not understood.
   *
   * @throws {NotLoggedIn} when there is no session to be had
   */
  async run<T>(signal: AbortSignal, work: (live: Live) => Promise<T>): Promise<T> {
    let renewed = false;
    let reread = false;
    for (;;) {
      const login = await this.#login(signal);
      const { content } = login;
      const sent = { once: false };
      try {
        return await work(this.#live(login, signal, sent));
      } catch (error) {
        const end = renewed ? undefined : this.#endOf(login, error);
        if (end !== undefined) {
          renewed = true;
          this.#drop(login);
          if (end === 'certain' || !sent.once) continue;
        }
        const doubt = reread ? undefined : doubtOf(error, content);
        if (doubt === undefined) throw error;
        reread = true;
        const changed = await this.#reread(login, content, signal);
        if (!changed && doubt === 'possible') throw error;
      }
    }
  }

  /** Gives the session back, for who will not need it again. What cannot be given back ends when it has been idle. */
  async close(): Promise<void> {
    const login = this.#current ?? (await this.#opening?.catch(() => undefined));
    this.#current = undefined;
    if (login) await logOut(this.#context, login);
  }

  /** `sent`: whether a call was made that must not be repeated. */
  #live(login: Login, signal: AbortSignal, sent: { once: boolean }): Live {
    return {
      get content() {
        return login.content;
      },
      userName: login.userName,
      reread: async () => {
        if (this.#context.now() - login.contentReadAt < TRUSTED_MS) return false;
        return this.#reread(login, login.content, signal);
      },
      call: async (method, self, parameters, { operationId, fresh = false } = {}) => {
        const body = envelope(method, self, parameters, operationId);
        sent.once ||= fresh;
        const version = this.#context.options.apiVersion ?? login.content.apiVersion;
        const response = await post(this.#context, body, version, {
          operation: method,
          cookie: login.cookie,
          fresh,
          signal,
        });
        login.cookie = sessionCookie(response) ?? login.cookie;
        const answer = readAnswer(method, response, this.#context.now());
        login.proven = true;
        return answer;
      },
    };
  }

  /** Whether the server is another than `content` says. Another caller may have read it meanwhile. */
  async #reread(login: Login, content: ServiceContent, signal: AbortSignal): Promise<boolean> {
    if (login.content !== content) return true;
    let current: ServiceContent;
    try {
      current = await readServiceContent(this.#context, signal);
    } catch (error) {
      throw new NotLoggedIn(error);
    }
    login.contentReadAt = this.#context.now();
    if (sameServer(current, content)) return false;
    this.#context.log.info('the server has changed', {
      connection: this.#context.name,
      apiVersion: current.apiVersion,
      before: content.apiVersion,
    });
    login.content = current;
    return true;
  }

  /**
   * A late caller must not throw away the session that another one has renewed meanwhile. The old one may be alive (a proxy's
   * 401, a false NotAuthenticated), so it is given back; nobody waits for that.
   */
  #drop(login: Login): void {
    if (this.#current !== login) return;
    this.#current = undefined;
    void logOut(this.#context, login);
  }

  /** Whether the session has ended. A new one that has never worked is sent elsewhere for another reason. */
  #endOf(login: Login, error: unknown): NotSoap['sessionEnd'] {
    if (isExpiry(error)) return 'certain';
    const mayHaveEnded = login.proven === true || this.#context.now() - login.contentReadAt >= TRUSTED_MS;
    return mayHaveEnded && error instanceof NotSoap ? error.sessionEnd : undefined;
  }

  async #login(signal: AbortSignal): Promise<Login> {
    if (this.#current) return this.#current;
    // Not bound to the signal of whoever came first: the others wait for it too, and a login cut off leaves a session behind.
    this.#opening ??= this.#open();
    try {
      return await untilAborted(this.#opening, signal);
    } catch (error) {
      throw new NotLoggedIn(error);
    }
  }

  async #open(): Promise<Login> {
    try {
      this.#current = await this.#desk.open();
      return this.#current;
    } finally {
      this.#opening = undefined;
    }
  }
}

/** Everything by which a dead session shows, a proxy's bare 401 included. */
export function isExpiry(error: unknown): boolean {
  if (error instanceof SessionExpired) return true;
  if (error instanceof NotSoap) return error.status === 401 || error.status === 403;
  return error instanceof SoapFault && error.fault.type === 'NotAuthenticated';
}

/** Faults of a call that the server has not understood: it may be another one than we take it for, or the call was wrong. */
const NOT_UNDERSTOOD = new Set([
  'InvalidRequest',
  'InvalidType',
  'InvalidProperty',
  'MethodNotFound',
  'NotImplemented',
  'unknown',
]);

/** Whether a fault speaks against what we hold of the server. */
function doubtOf(error: unknown, content: ServiceContent): 'certain' | 'possible' | undefined {
  if (!(error instanceof SoapFault)) return undefined;
  const { type, fields } = error.fault;
  const missing = type === 'ManagedObjectNotFound' ? morefOf(fields.obj) : undefined;
  const wrongSingleton = missing !== undefined && content.singletons.some((it) => sameMoRef(it, missing));
  if (wrongSingleton || type === 'UnsupportedVimApiVersion') return 'certain';
  return NOT_UNDERSTOOD.has(type) ? 'possible' : undefined;
}

function sameServer(a: ServiceContent, b: ServiceContent): boolean {
  const facts = ({ apiVersion, instanceUuid, singletons }: ServiceContent) =>
    [apiVersion, instanceUuid, ...singletons.map(showMoRef)].join(' ');
  return facts(a) === facts(b);
}
