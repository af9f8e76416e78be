import type { HttpResponse } from '../../http/client.ts';
import { concealed } from '../../secrets/conceal.ts';
import { type Attempt, LoginSecret } from '../login-secret.ts';
import { untilAborted } from '../until-aborted.ts';
import { isObject } from '../vsphere/moref.ts';
import type { BmcContext } from './context.ts';
import { callFault, type Fault, faultOf, refusals, refusedLogin, restingFault } from './errors.ts';
import { readAnswer } from './rest-answer.ts';
import type { BmcSecret } from './secret.ts';

/** A token that was good when it was handed out, and the secret that brought it. */
export interface Login {
  readonly token: string;
  readonly secret: BmcSecret;
  /** A call with it was answered otherwise than by 401. */
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

  constructor(context: BmcContext) {
    this.#context = context;
    this.#secret = new LoginSecret(context, refusals(`login at ${context.name}`));
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

  /** A late caller must not throw away the login that another one has renewed meanwhile. */
  drop(login: Login, fault: Fault): void {
    if (this.#current !== login) return;
    this.#current = undefined;
    this.#useless = login.proven ? undefined : { until: this.#context.now() + USELESS_LOGIN_MS, fault };
  }

  async #open(): Promise<Login> {
    const call = `login at ${this.#context.name}`;
    try {
      const opened = await this.#secret.attempt((secret) => this.#post(secret, call));
      if (!('value' in opened)) throw new NotLoggedIn(restingFault(opened.refusal, opened));
      const { value, secret } = opened;
      if (typeof value !== 'string') throw new NotLoggedIn(value);
      this.#context.log.info('logged in', { connection: this.#context.name });
      this.#current = { token: value, secret, proven: false };
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
    const hide = (text: string) => concealed(text, [secret.password, secret.vcenterPassword]);
    const answer = readAnswer(response, call, this.#context.now(), hide);
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
