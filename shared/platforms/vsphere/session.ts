import { createHash } from 'node:crypto';
import { HttpFailure, type HttpResponse } from '../../http/client.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import type { XmlElement } from '../../xml/parse.ts';
import { text } from '../../xml/parse.ts';
import { element, type XmlNode } from '../../xml/write.ts';
import type { ConnectionContext } from '../adapter.ts';
import { type MoRef, morefOf, sameMoRef } from './moref.ts';
import type { VsphereOptions, VsphereSecret } from './options.ts';
import { SERVICE_INSTANCE, type ServiceContent, serviceContentOf } from './service-content.ts';
import { envelope, lookFailure, NotSoap, readAnswer, SoapFault } from './soap.ts';

/** The lowest API version that makes sense; asks for the service content, which names the server's own. */
const FIRST_API_VERSION = '6.0';

/**
 * After a rejected login the same secret is not tried again for this long: vCenter's default policy locks an account after
 * five failures within three minutes.
 */
const REJECTED_LOGIN_MS = 5 * 60_000;

export interface LiveCallOptions {
  /** See `HttpRequest.fresh`: for calls that must not be repeated. */
  fresh?: boolean;
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

interface Login {
  content: ServiceContent;
  userName: string;
  /** `name=value` byte for byte, quotes included: servers compare it so. Any answer may replace it. */
  cookie: string;
}

/** One login session for all callers of a connection. */
export class Session {
  readonly #context: ConnectionContext<VsphereOptions, VsphereSecret>;
  #current: Login | undefined;
  #opening: Promise<Login> | undefined;
  #rejected: { digest: string; until: number; error: unknown } | undefined;

  constructor(context: ConnectionContext<VsphereOptions, VsphereSecret>) {
    this.#context = context;
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
      else if (isWrongSingleton(error, login.content)) await this.#refresh(login, signal);
      else throw error;
    }
    return work(this.#live(await this.#login(signal), signal));
  }

  #live(login: Login, signal: AbortSignal): Live {
    return {
      content: login.content,
      userName: login.userName,
      call: async (method, self, parameters, options = {}) => {
        const body = envelope(method, self, parameters, options.operationId);
        const version = this.#context.options.apiVersion ?? login.content.apiVersion;
        const response = await this.#post(body, version, {
          cookie: login.cookie,
          fresh: options.fresh === true,
          signal,
        });
        login.cookie = sessionCookie(response) ?? login.cookie;
        return readAnswer(method, response, this.#context.now());
      },
    };
  }

  /** A late caller must not throw away the session that another one has renewed meanwhile. */
  #drop(login: Login): void {
    if (this.#current === login) this.#current = undefined;
  }

  async #refresh(login: Login, signal: AbortSignal): Promise<void> {
    login.content = await untilAborted(this.#content(), signal);
  }

  async #login(signal: AbortSignal): Promise<Login> {
    if (this.#current) return this.#current;
    // Not bound to the signal of whoever came first: the others wait for it too, and a login cut off leaves a session behind.
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    try {
      return await untilAborted(this.#opening, signal);
    } catch (error) {
      throw new NotLoggedIn(error);
    }
  }

  async #open(): Promise<Login> {
    const secret = await this.#context.secret();
    const digest = digestOf(secret);
    if (this.#rejected?.digest === digest && this.#context.now() < this.#rejected.until) throw this.#rejected.error;
    const content = await this.#content();
    try {
      this.#current = await this.#logIn(content, secret);
    } catch (error) {
      if (!isRejection(error)) throw error;
      this.#current = await this.#logInWithNewSecret(content, digest, error);
    }
    this.#rejected = undefined;
    this.#context.log.info('logged in', { connection: this.#context.name, apiVersion: content.apiVersion });
    return this.#current;
  }

  /** The password may have been rotated a moment ago: the store is asked once, and the same secret never tried twice. */
  async #logInWithNewSecret(content: ServiceContent, rejectedDigest: string, rejection: unknown): Promise<Login> {
    const reject = (digest: string, error: unknown) => {
      this.#rejected = { digest, until: this.#context.now() + REJECTED_LOGIN_MS, error };
      return error;
    };
    const secret = await this.#context.secret(true);
    const digest = digestOf(secret);
    if (digest === rejectedDigest) throw reject(digest, rejection);
    try {
      return await this.#logIn(content, secret);
    } catch (error) {
      throw isRejection(error) ? reject(digest, error) : error;
    }
  }

  /** Without a cookie: a Login over a live session is refused. The locale makes the server's texts English. */
  async #logIn(content: ServiceContent, secret: VsphereSecret): Promise<Login> {
    const parameters = [
      element('userName', {}, secret.username),
      element('password', {}, secret.password),
      element('locale', {}, 'en'),
    ];
    const version = this.#context.options.apiVersion ?? content.apiVersion;
    const response = await this.#post(envelope('Login', content.sessionManager, parameters), version, {});
    const [session] = readAnswer('Login', response, this.#context.now());
    const cookie = sessionCookie(response);
    if (!cookie) throw new NoCookie();
    return { content, cookie, userName: (session && text(session, 'userName')) ?? secret.username };
  }

  async #content(): Promise<ServiceContent> {
    const method = 'RetrieveServiceContent';
    const response = await this.#post(envelope(method, SERVICE_INSTANCE, []), FIRST_API_VERSION, {});
    const [content] = readAnswer(method, response, this.#context.now());
    return serviceContentOf(content);
  }

  #post(
    body: string,
    apiVersion: string,
    { cookie, fresh, signal }: { cookie?: string; fresh?: boolean; signal?: AbortSignal },
  ): Promise<HttpResponse> {
    return this.#context.http.request({
      method: 'POST',
      url: this.#context.options.url,
      headers: {
        'content-type': 'text/xml; charset="utf-8"',
        soapaction: `"urn:vim25/${apiVersion}"`,
        ...(cookie && { cookie }),
      },
      body,
      ...(fresh && { fresh }),
      ...(signal && { signal }),
    });
  }
}

class NoCookie extends Error {
  override readonly name = 'NoCookie';
  readonly failure: CheckFailure = {
    kind: 'permanent',
    code: 'NoCookie',
    message: 'Login was answered without the cookie vmware_soap_session: something in front of the server removes it',
  };
}

/** The session's cookie, if this answer sets one. An emptied cookie is a goodbye, not a session. */
function sessionCookie(response: HttpResponse): string | undefined {
  const header = response.headers['set-cookie'];
  const lines = Array.isArray(header) ? header : header === undefined ? [] : [header];
  return lines.map((line) => line.split(';')[0]!.trim()).findLast((pair) => /^vmware_soap_session="?[^"]/.test(pair));
}

const REJECTIONS = new Set(['InvalidLogin', 'PasswordExpired', 'NoPermission']);

function isRejection(error: unknown): boolean {
  return error instanceof SoapFault && REJECTIONS.has(error.fault.type);
}

function isExpiry(error: unknown): boolean {
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

function digestOf(secret: VsphereSecret): string {
  return createHash('sha256')
    .update(JSON.stringify([secret.username, secret.password]))
    .digest('hex');
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new HttpFailure('aborted', false, 'The time for this call was over before it began'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
