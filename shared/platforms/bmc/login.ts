import type { HttpResponse } from '../../http/client.ts';
import type { Attempt, LoginSecret } from '../login-secret.ts';
import { untilAborted } from '../until-aborted.ts';
import { isObject } from '../vsphere/moref.ts';
import type { BmcContext } from './context.ts';
import { callFault, type Fault, faultOf, refusedLogin, restingFault } from './errors.ts';
import { readAnswer } from './rest-answer.ts';
import type { BmcSecret } from './secret.ts';

/** A token that was good when it was handed out, and the secret that brought it. */
export interface Login {
  readonly token: string;
  readonly secret: BmcSecret;
  readonly openedAt: number;
  /** A call with it was answered as calls of a live session are. */
  proven: boolean;
}

/** There is no token, so whatever was to be called was not. */
export class NotLoggedIn extends Error {
  override readonly name = 'NotLoggedIn';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = { ...fault, sent: false };
  }
}

/** New logins while the last one's token was refused at once come no faster: each leaves a session at the sign-on server. */
const USELESS_LOGIN_MS = 60_000;

/** One login for all callers of a connection; it is kept as long as it works. */
export class Logins {
  readonly #context: BmcContext;
  readonly #secret: LoginSecret<BmcSecret, Fault>;
  #current: Login | undefined;
  #opening: Promise<Login> | undefined;
  #useless: { until: number; fault: Fault } | undefined;

  constructor(context: BmcContext, secret: LoginSecret<BmcSecret, Fault>) {
    this.#context = context;
    this.#secret = secret;
  }

  /** @throws {NotLoggedIn} */
  async get(signal: AbortSignal): Promise<Login> {
    if (this.#current) return this.#current;
    if (this.#useless && this.#context.now() < this.#useless.until) throw new NotLoggedIn(this.#useless.fault);
    // Not bound to the signal of whoever came first: the others wait for it too, and one cut off leaves a session behind.
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return untilAborted(this.#opening, signal);
  }

  /**
   * After an answer by which a session may have ended. False: the session is so young that the answer means what it says
   * (the user may not do this, the url is wrong), and another one would meet the same.
   */
  drop(login: Login, fault: Fault): boolean {
    // A late caller must not throw away the login that another one has renewed meanwhile.
    if (this.#current !== login) return true;
    const now = this.#context.now();
    const isNew = !login.proven && now < login.openedAt + USELESS_LOGIN_MS;
    if (isNew && fault.code !== 'HTTP 401') return false;
    this.#current = undefined;
    this.#useless = isNew ? { until: now + USELESS_LOGIN_MS, fault } : undefined;
    return true;
  }

  /** Gives the session back. One that cannot be given back ends by itself. */
  async close(): Promise<void> {
    const login = this.#current;
    this.#current = undefined;
    if (login === undefined) return;
    const { url } = this.#context.options;
    const headers = { accept: 'application/json', 'authentication-token': login.token };
    const request = { method: 'POST', url: `${url.replace(/\/+$/, '')}/logout`, headers } as const;
    await this.#context.http.request(request).catch(() => {});
  }

  async #open(): Promise<Login> {
    const call = `login at ${this.#context.name}`;
    try {
      const opened = await this.#secret.attempt((secret) => this.#post(secret, call));
      if (!('value' in opened)) throw new NotLoggedIn(restingFault(opened.refusal, opened));
      const { value, secret } = opened;
      if (typeof value !== 'string') throw new NotLoggedIn(value);
      this.#context.log.info('logged in', { connection: this.#context.name });
      this.#current = { token: value, secret, openedAt: this.#context.now(), proven: false };
      return this.#current;
    } catch (error) {
      throw error instanceof NotLoggedIn ? error : new NotLoggedIn(faultOf(error, call));
    }
  }

  /** The token, or why nobody knows whether there would be one. */
  async #post(secret: BmcSecret, call: string): Promise<Attempt<string | Fault, Fault>> {
    const response = await this.#context.http.request({
      method: 'POST',
      url: `${this.#context.options.url.replace(/\/+$/, '')}/login`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ username: secret.username, password: secret.password }),
    });
    const answer = readAnswer(response, call, this.#context.now());
    if (answer.kind === 'fault') {
      const isRefusal = response.status === 401 || response.status === 403;
      return isRefusal
        ? { kind: 'refused', refusal: refusedLogin(answer.fault, secret) }
        : { kind: 'undecided', value: answer.fault };
    }
    const refused = answer.kind === 'json' && isObject(answer.json) && String(answer.json.login) === 'false';
    const token = tokenOf(response);
    if (token !== undefined && !refused) return { kind: 'accepted', value: token };
    if (answer.kind === 'text') return { kind: 'undecided', value: callFault('garbage', call) };
    const fault = callFault(refused ? 'AuthenticationFailed' : 'NoToken', call);
    return { kind: 'refused', refusal: refusedLogin(fault, secret) };
  }
}

/** The header; newer versions repeat it as a cookie. `"login": "true"` in the body, a text, proves nothing. */
function tokenOf({ headers }: HttpResponse): string | undefined {
  const [header] = [headers['authentication-token']].flat();
  if (header) return header;
  const cookies = [headers['set-cookie']].flat().map((line) => line ?? '');
  return cookies
    .map((line) => /(?:^|;\s*)Authentication-Token="?([^;"]+)/i.exec(line)?.[1])
    .find((it) => it !== undefined);
}
