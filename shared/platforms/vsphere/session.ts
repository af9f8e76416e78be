import type { CheckFailure } from '../../job/outcome.ts';
import type { XmlElement } from '../../xml/parse.ts';
import type { XmlNode } from '../../xml/write.ts';
import { untilAborted } from '../until-aborted.ts';
import { post, sessionCookie, type VsphereContext } from './endpoint.ts';
import { type Login, LoginDesk } from './login.ts';
import { type MoRef, morefOf, sameMoRef } from './moref.ts';
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
   * Runs the work with a live session. Once, if the session turns out to be dead, logs in again and repeats the work; so
   * the work must have had no effect when it throws NotAuthenticated or `SessionExpired`.
   *
   * @throws {NotLoggedIn} when there is no session to be had
   */
  async run<T>(signal: AbortSignal, work: (live: Live) => Promise<T>): Promise<T> {
    const login = await this.#login(signal);
    try {
      return await work(this.#live(login, signal));
    } catch (error) {
      if (isExpiry(error)) this.#drop(login);
      else if (isWrongSingleton(error, login.content)) login.content = await readServiceContent(this.#context, signal);
      else throw error;
    }
    return work(this.#live(await this.#login(signal), signal));
  }

  #live(login: Login, signal: AbortSignal): Live {
    return {
      content: login.content,
      userName: login.userName,
      call: async (method, self, parameters, { operationId, fresh = false } = {}) => {
        const body = envelope(method, self, parameters, operationId);
        const version = this.#context.options.apiVersion ?? login.content.apiVersion;
        const response = await post(this.#context, body, version, { cookie: login.cookie, fresh, signal });
        login.cookie = sessionCookie(response) ?? login.cookie;
        return readAnswer(method, response, this.#context.now());
      },
    };
  }

  /** A late caller must not throw away the session that another one has renewed meanwhile. */
  #drop(login: Login): void {
    if (this.#current === login) this.#current = undefined;
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

/** The ids of the singletons that we hold are those of another server, as after an exchange behind one name. */
function isWrongSingleton(error: unknown, content: ServiceContent): boolean {
  if (!(error instanceof SoapFault) || error.fault.type !== 'ManagedObjectNotFound') return false;
  const missing = morefOf(error.fault.fields.obj);
  return missing !== undefined && content.singletons.some((it) => sameMoRef(it, missing));
}
