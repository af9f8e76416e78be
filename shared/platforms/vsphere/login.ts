import { createHash } from 'node:crypto';
import type { CheckFailure } from '../../job/outcome.ts';
import { text } from '../../xml/parse.ts';
import { element } from '../../xml/write.ts';
import { post, sessionCookie, type VsphereContext } from './endpoint.ts';
import type { VsphereSecret } from './secret.ts';
import { readServiceContent, type ServiceContent } from './service-content.ts';
import { envelope, readAnswer, SoapFault } from './soap.ts';

/**
 * After a rejected login the same secret is not tried again for this long: vCenter's default policy locks an account after
 * five failures within three minutes.
 */
const REJECTED_LOGIN_MS = 5 * 60_000;

export interface Login {
  content: ServiceContent;
  /** As the server writes it, which is how tasks name who started them: `VSPHERE.LOCAL\op`. */
  userName: string;
  /** `name=value`, quotes included: servers compare it so. Any answer may replace it. */
  cookie: string;
}

/** Opens sessions, and remembers the secret that was rejected. */
export class LoginDesk {
  readonly #context: VsphereContext;
  #rejected: { digest: string; until: number; error: unknown } | undefined;

  constructor(context: VsphereContext) {
    this.#context = context;
  }

  async open(): Promise<Login> {
    const secret = await this.#context.secret();
    const digest = digestOf(secret);
    if (this.#rejected?.digest === digest && this.#context.now() < this.#rejected.until) throw this.#rejected.error;
    const content = await readServiceContent(this.#context);
    const login = await this.#logIn(content, secret).catch((error: unknown) => {
      if (!isRejection(error)) throw error;
      return this.#logInWithNewSecret(content, digest, error);
    });
    this.#rejected = undefined;
    this.#context.log.info('logged in', { connection: this.#context.name, apiVersion: content.apiVersion });
    return login;
  }

  /** The password may have been rotated a moment ago: the store is asked once, and the same secret never tried twice. */
  async #logInWithNewSecret(content: ServiceContent, rejectedDigest: string, rejection: unknown): Promise<Login> {
    const secret = await this.#context.secret(true);
    const digest = digestOf(secret);
    if (digest === rejectedDigest) throw this.#remember(digest, rejection);
    return this.#logIn(content, secret).catch((error: unknown) => {
      throw isRejection(error) ? this.#remember(digest, error) : error;
    });
  }

  #remember(digest: string, error: unknown): unknown {
    this.#rejected = { digest, until: this.#context.now() + REJECTED_LOGIN_MS, error };
    return error;
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
    const [session] = readAnswer('Login', response, this.#context.now());
    const cookie = sessionCookie(response);
    if (!cookie) throw new NoCookie();
    return { content, cookie, userName: (session && text(session, 'userName')) ?? secret.username };
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

function isRejection(error: unknown): boolean {
  return error instanceof SoapFault && REJECTIONS.has(error.fault.type);
}

function digestOf(secret: VsphereSecret): string {
  return createHash('sha256')
    .update(JSON.stringify([secret.username, secret.password]))
    .digest('hex');
}
