import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { AwsError } from './aws-error.ts';
import { EngineError } from './engine-error.ts';
import { readJsonFile } from './json-file.ts';
import { ACCOUNT, REGION } from './template.ts';

/** `{ "<name>": { "username": …, "password": … } }` */
export type SecretValues = Record<string, Record<string, unknown> | string>;

/** Secrets Manager's GetSecretValue from a file or from values. A file that changes is read again: a rotation. */
export class Secrets {
  readonly #file: string | undefined;
  readonly #log: (message: string) => void;
  #values: SecretValues;
  #modified = 0;
  readonly #first: number;
  /** By name, of those that were changed while this process ran: when their file was written. */
  readonly #changed = new Map<string, number>();

  constructor(source: SecretValues | string, log: (message: string) => void) {
    this.#log = log;
    this.#file = typeof source === 'string' ? source : undefined;
    this.#values = typeof source === 'string' ? readSecrets(source) : source;
    this.#modified = this.#modificationTime();
    this.#first = this.#modified;
  }

  /** By `X-Amz-Target`. */
  readonly operations: Record<string, (request: Record<string, unknown>) => unknown> = {
    'secretsmanager.GetSecretValue': ({ SecretId }) => this.#get(String(SecretId)),
  };

  #get(id: string): unknown {
    this.#refresh();
    const name = secretName(id);
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    if (value === undefined)
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return {
      ARN: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`,
      Name: name,
      SecretString: typeof value === 'string' ? value : JSON.stringify(value),
      // Of this secret alone: another one in the same file may change without it.
      VersionId: String(this.#changed.get(name) ?? this.#first),
      VersionStages: ['AWSCURRENT'],
    };
  }

  #refresh(): void {
    const modified = this.#modificationTime();
    if (this.#file === undefined || modified === this.#modified) return;
    try {
      const before = this.#values;
      this.#values = readSecrets(this.#file);
      this.#modified = modified;
      for (const [name, value] of Object.entries(this.#values)) {
        if (!isDeepStrictEqual(value, before[name])) this.#changed.set(name, modified);
      }
    } catch (error) {
      // An editor may be in the middle of writing it: what was read last holds until the file is whole.
      this.#log(`the former secrets stay in use: ${(error as Error).message}`);
    }
  }

  #modificationTime(): number {
    return this.#file === undefined ? 0 : (statSync(this.#file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  }
}

export function readSecrets(file: string): SecretValues {
  const values = readJsonFile(file, 'secrets file');
  if (values === null || typeof values !== 'object' || Array.isArray(values)) {
    throw new EngineError(`secrets file ${file}: it must be an object of secrets by name`);
  }
  const odd = Object.entries(values).find(
    ([, value]) => (typeof value !== 'object' || value === null) && typeof value !== 'string',
  );
  if (odd)
    throw new EngineError(
      `secrets file ${file}: "${odd[0]}" must be an object, for example { "username": …, "password": … }`,
    );
  return values as SecretValues;
}

/** The key in the secrets file: a name as it is, of an ARN what follows `:secret:`, six random characters at the end left out. */
export function secretName(nameOrArn: string): string {
  const [, name] = nameOrArn.split(':secret:');
  return name === undefined ? nameOrArn : name.replace(/-[A-Za-z0-9]{6}$/, '');
}
