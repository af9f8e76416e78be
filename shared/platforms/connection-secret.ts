import { createHash } from 'node:crypto';
import { readSecret, type SecretForm, secretProblem } from '../secrets/secret-form.ts';
import { type SecretStore, SecretUnavailable, type StoredSecret } from '../secrets/secret-store.ts';
import type { CommonOptions } from './options.ts';

/** While nothing changes, the store is asked for the version of a secret no more often than this. */
const VERSION_MS = 10_000;

/**
 * The secret of one connection: read, checked by the adapter's form, and told apart from former and later ones by its version
 * alone.
 */
export class ConnectionSecret {
  readonly #name: string;
  readonly #options: CommonOptions & { secret: string };
  readonly #form: SecretForm;
  readonly #ports: { secrets: SecretStore; now(): number };
  readonly #versions = new WeakMap<object, string>();
  readonly #optionsDigest: string;
  #inUse: string | undefined;
  #stored: { at: number; answer: Promise<string | undefined> } | undefined;

  constructor(
    name: string,
    options: CommonOptions & { secret: string },
    form: SecretForm,
    ports: { secrets: SecretStore; now(): number },
  ) {
    this.#name = name;
    this.#options = options;
    this.#form = form;
    this.#ports = ports;
    this.#optionsDigest = createHash('sha256').update(JSON.stringify(options)).digest('base64url').slice(0, 16);
  }

  /** @throws {SecretUnavailable} */
  async get(fresh?: boolean): Promise<unknown> {
    this.#inUse = undefined;
    const { value, version } = await this.#read(fresh);
    this.#inUse = this.#nameOf(version);
    const { secret, wrong } = readSecret(this.#form, value);
    if (wrong.length > 0) {
      const problem = secretProblem(this.#form, value, wrong);
      throw new SecretUnavailable(
        `the secret "${this.#options.secret}" of ${this.#name} ${problem}: correct the secret`,
      );
    }
    if (version !== undefined) this.#versions.set(secret, version);
    return secret;
  }

  /** The version of a secret that `get` has answered. */
  versionOf(secret: object): string | undefined {
    return this.#versions.get(secret);
  }

  /** See `Credentials`. */
  inUse(): string | undefined {
    return this.#inUse;
  }

  stored(): Promise<string | undefined> {
    const now = this.#ports.now();
    if (this.#stored === undefined || now - this.#stored.at >= VERSION_MS) {
      const answer = this.#read(true).then(
        ({ version }) => this.#nameOf(version),
        () => undefined,
      );
      this.#stored = { at: now, answer };
    }
    return this.#stored.answer;
  }

  use(credentials: string): void {
    this.#inUse = credentials;
  }

  async #read(fresh?: boolean): Promise<StoredSecret> {
    const { secrets } = this.#ports;
    const { secret } = this.#options;
    return secrets.read ? secrets.read(secret, fresh) : { value: await secrets.get(secret, fresh) };
  }

  #nameOf(version = ''): string {
    return `${this.#optionsDigest}:${version}`;
  }
}
