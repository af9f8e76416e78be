import type { CheckFailure } from '../../job/outcome.ts';
import { text } from '../../xml/parse.ts';
import { element } from '../../xml/write.ts';
import { LoginSecret, type Resting, restNote } from '../login-secret.ts';
import { post, sessionCookie, type VsphereContext } from './endpoint.ts';
import type { VsphereSecret } from './secret.ts';
import { readServiceContent, type ServiceContent } from './service-content.ts';
import { envelope, lookFailure, readAnswer, SoapFault } from './soap.ts';

export interface Login {
  content: ServiceContent;
  /** Epoch ms. */
  contentReadAt: number;
  /** As the server writes it, which is how tasks name who started them: `VSPHERE.LOCAL\op`. */
  userName: string;
  /** `name=value`, quotes included: servers compare it so. Any answer may replace it. */
  cookie: string;
}

/** Opens sessions. */
export class LoginDesk {
  readonly #context: VsphereContext;
  readonly #secret: LoginSecret<VsphereSecret, SoapFault>;

  constructor(context: VsphereContext) {
    this.#context = context;
    this.#secret = new LoginSecret(context);
  }

  async open(): Promise<Login> {
    const taken = await this.#secret.take();
    if (!('secret' in taken)) throw new Rejected(taken);
    const content = await readServiceContent(this.#context);
    const login = await this.#tryTwice(content, taken.secret);
    this.#secret.accepted();
    this.#context.log.info('logged in', { connection: this.#context.name, apiVersion: content.apiVersion });
    return login;
  }

  /** The password may have been rotated a moment ago: the store is asked once, and the same secret never tried twice. */
  async #tryTwice(content: ServiceContent, secret: VsphereSecret): Promise<Login> {
    try {
      return await this.#logIn(content, secret);
    } catch (error) {
      if (!isRejection(error)) throw error;
      const newer = await this.#secret.refused(secret, error);
      if (newer === undefined) throw this.#rejected(secret, error);
      return this.#logIn(content, newer).catch((again: unknown) => {
        if (!isRejection(again)) throw again;
        this.#secret.noteRefusal(newer, again);
        throw this.#rejected(newer, again);
      });
    }
  }

  #rejected(secret: VsphereSecret, fault: SoapFault): Error {
    const resting = this.#secret.restOf(secret);
    return resting ? new Rejected(resting) : fault;
  }

  /** Without a cookie: a Login over a live session is refused. The locale makes the server's texts English. */
  async #logIn(content: ServiceContent, secret: VsphereSecret): Promise<Login> {
    const parameters = [
      element('userName', {}, secret.username),
      element('password', {}, secret.password),
      element('locale', {}, 'en'),
    ];
    const version = this.#context.options.apiVersion ?? content.apiVersion;
    const response = await post(this.#context, envelope('Login', content.sessionManager, parameters), version);
    const cookie = sessionCookie(response);
    try {
      const [session] = readAnswer('Login', response, this.#context.now());
      if (!cookie) throw new NoCookie();
      const userName = (session && text(session, 'userName')) ?? secret.username;
      return { content, contentReadAt: this.#context.now(), cookie, userName };
    } catch (error) {
      // The server may have opened a session in an answer that cannot be read.
      if (cookie && !(error instanceof SoapFault)) await logOut(this.#context, { content, cookie });
      throw error;
    }
  }
}

/** Never throws: a session that cannot be given back ends by itself when it has been idle for long enough. */
export async function logOut(
  context: VsphereContext,
  { content, cookie }: Pick<Login, 'content' | 'cookie'>,
): Promise<void> {
  const body = envelope('Logout', content.sessionManager, []);
  await post(context, body, context.options.apiVersion ?? content.apiVersion, { cookie }).catch(() => undefined);
}

/** The server's no, and until when it is not asked again. */
class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly failure: CheckFailure;

  constructor(resting: Resting<SoapFault>) {
    const failure = lookFailure(resting.refusal);
    const message = `${failure.message}; ${restNote(resting)}`;
    super(message, { cause: resting.refusal });
    this.failure = { ...failure, message };
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

const REJECTIONS = new Set(['InvalidLogin', 'PasswordExpired', 'NoPermission']);

function isRejection(error: unknown): error is SoapFault {
  return error instanceof SoapFault && REJECTIONS.has(error.fault.type);
}
