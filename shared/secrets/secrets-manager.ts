import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsClient } from '../aws/client.ts';
import { type SecretStore, SecretUnavailable, type StoredSecret } from './secret-store.ts';

const CACHE_MS = 300_000;

/** Secrets Manager's answers that stay the same until somebody acts; all others are about this moment. */
const LASTING: ReadonlySet<string> = new Set([
  ...['ResourceNotFoundException', 'AccessDeniedException', 'DecryptionFailure'],
  ...['InvalidRequestException', 'InvalidParameterException', 'ValidationException'],
]);

const PLACE = 'it must exist in Secrets Manager, in this account and region';
const KEY =
  'if a KMS key of your own encrypts it, secretKeys must have that key, whose policy must let the functions decrypt; a secret of another ' +
  'account needs such a key, and a policy of its own';
/** Secrets Manager answers AccessDeniedException for the secret and for its key alike. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDeniedException: `${PLACE}, under the name that was deployed; ${KEY}`,
  DecryptionFailure: `its KMS key must be there and enabled; ${KEY}`,
};

export class SecretsManagerStore implements SecretStore {
  /** Made when it is first asked: some platforms have no secret. */
  #client: SecretsManagerClient | undefined;
  readonly #now: () => number;
  readonly #cache = new Map<string, { stored: StoredSecret; until: number }>();

  constructor(now: () => number = Date.now, client?: SecretsManagerClient) {
    this.#now = now;
    this.#client = client;
  }

  async get(name: string, fresh = false): Promise<unknown> {
    return (await this.read(name, fresh)).value;
  }

  async read(name: string, fresh = false): Promise<StoredSecret> {
    const cached = this.#cache.get(name);
    if (cached && !fresh && this.#now() < cached.until) return cached.stored;
    const { text, version } = await this.#ask(name);
    const stored = { value: parse(name, text), ...(version !== undefined && { version }) };
    this.#cache.set(name, { stored, until: this.#now() + CACHE_MS });
    return stored;
  }

  async #ask(name: string): Promise<{ text: string; version: string | undefined }> {
    this.#client ??= awsClient(SecretsManagerClient);
    try {
      const answer = await this.#client.send(new GetSecretValueCommand({ SecretId: name }));
      if (answer.SecretString !== undefined) return { text: answer.SecretString, version: answer.VersionId };
    } catch (error) {
      const reason = error instanceof Error ? error.name : String(error);
      throw new SecretUnavailable(`the secret "${name}" cannot be read (${reason}): ${ADVICE[reason] ?? PLACE}`, {
        cause: error,
        mayPass: !LASTING.has(reason),
      });
    }
    throw new SecretUnavailable(`the secret "${name}" is binary: it must be JSON text`);
  }
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new SecretUnavailable(`the secret "${name}" is not valid JSON`);
  }
}
