import type { HttpResponse } from '../../http/client.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import { blankEnds } from '../../secrets/blank-ends.ts';
import { text, type XmlElement } from '../../xml/parse.ts';
import { element } from '../../xml/write.ts';
import { LoginSecret, type Refused, restNote } from '../login-secret.ts';
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
  /** A call of the session has been answered. */
  proven?: boolean;
}

/** Opens sessions. */
export class LoginDesk {
  readonly #context: VsphereContext;
  readonly #secret: LoginSecret<VsphereSecret, SoapFault>;

  constructor(context: VsphereContext) {
    this.#context = context;
    this.#secret = new LoginSecret(context, {
      codeOf: ({ fault }) => fault.type,
      refusalOf: (type) => new SoapFault('Login', { type, fields: {} }),
    });
  }

  async open(): Promise<Login> {
    let content: ServiceContent | undefined;
    const opened = await this.#secret.attempt(async (secret) => {
      content ??= await readServiceContent(this.#context);
      try {
        return { kind: 'accepted', value: await this.#logIn(content, secret) };
      } catch (error) {
        if (!isRejection(error)) throw error;
        return { kind: 'refused', refusal: error };
      }
    });
    if (!('value' in opened)) throw opened.until === undefined ? opened.refusal : new Rejected(opened);
    const { apiVersion } = opened.value.content;
    this.#context.log.info('logged in', { connection: this.#context.name, apiVersion });
    return opened.value;
  }

  /** Without a cookie: a Login over a live session is refused. The locale makes the server's texts English. */
  async #logIn(content: ServiceContent, secret: VsphereSecret): Promise<Login> {
    const parameters = [
      element('userName', {}, secret.username),
      element('password', {}, secret.password),
      element('locale', {}, 'en'),
    ];
    const version = this.#context.options.apiVersion ?? content.apiVersion;
    const response = await post(this.#context, envelope('Login', content.sessionManager, parameters), version, {
      operation: 'Login',
    });
    const cookie = sessionCookie(response);
    try {
      const [session] = answerToLogin(response, secret, this.#context.now());
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
  await post(context, body, context.options.apiVersion ?? content.apiVersion, { operation: 'Logout', cookie }).catch(
    () => undefined,
  );
}

/** A refusal says too what may be wrong with the password. */
function answerToLogin(response: HttpResponse, { username, password }: VsphereSecret, now: number): XmlElement[] {
  try {
    return readAnswer('Login', response, now);
  } catch (error) {
    const hint = isRejection(error) ? blankEnds({ username, password }) : '';
    if (!isRejection(error) || hint === '') throw error;
    throw new SoapFault('Login', { ...error.fault, message: [error.fault.message, hint].filter(Boolean).join('; ') });
  }
}

/** The server's no, and until when it is not asked again. */
class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly failure: CheckFailure;

  constructor({ refusal, until = 0 }: Refused<SoapFault>) {
    const failure = lookFailure(refusal);
    const message = `${failure.message}; ${restNote({ until })}`;
    super(message, { cause: refusal });
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
