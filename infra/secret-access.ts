import { Annotations, Stack } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { wildResource } from './acknowledge.ts';
import { type ConnectionOptions, ConnectionsError } from './connections.ts';
import { viaService } from './encryption.ts';
import { isElsewhere } from './place.ts';
import type { Access } from './wide-access.ts';

/**
 * By what the secrets of connections are opened to the functions, where they are not listed one by one: the beginning of
 * their names, or a tag that each of them has.
 */
export type SecretAccess = { prefix: string; tag?: never } | { tag: { key: string; value: string }; prefix?: never };

export interface SecretSettings {
  secretAccess?: SecretAccess | undefined;
  secretKeys?: readonly kms.IKey[] | undefined;
}

const READ = ['secretsmanager:GetSecretValue'];
const ARN = /^arn:[^:]+:secretsmanager:([^:]+):(\d{12}):secret:(.+)$/;

interface Secret {
  /** Path of the option, for messages. */
  at: string;
  name: string;
  arn?: string;
  account?: string;
  region?: string;
}

/** What functions need that read the secrets of these connections. Throws `ConnectionsError`. */
export function secretAccess(
  scope: Construct,
  platform: string,
  connections: Record<string, ConnectionOptions>,
  settings: SecretSettings,
): Access[] {
  const secrets = Object.entries(connections).flatMap(([connection, { secret }]) =>
    typeof secret === 'string' ? [secretOf(`$.${platform}.${connection}.secret`, secret)] : [],
  );
  if (secrets.length === 0) return [];
  const foreign = secrets.filter((secret) => isElsewhere(scope, secret).account);
  check(scope, secrets, foreign, settings);
  const listed = settings.secretAccess ? foreign : secrets;
  const keys = settings.secretKeys ?? [];
  return [
    ...(settings.secretAccess ? [together(scope, settings.secretAccess)] : []),
    ...(listed.length > 0 ? [{ actions: READ, resources: listed.flatMap((secret) => arnsOf(scope, secret)) }] : []),
    ...(keys.length > 0
      ? [
          {
            actions: ['kms:Decrypt'],
            resources: keys.map(({ keyArn }) => keyArn),
            conditions: viaService(scope, 'secretsmanager'),
          },
        ]
      : []),
  ];
}

function secretOf(at: string, secret: string): Secret {
  const [, region, account, name] = ARN.exec(secret) ?? [];
  return name === undefined ? { at, name: secret } : { at, name, arn: secret, region: region!, account: account! };
}

function check(
  scope: Construct,
  secrets: readonly Secret[],
  foreign: readonly Secret[],
  { secretAccess, secretKeys = [] }: SecretSettings,
): void {
  const { region } = Stack.of(scope);
  const problems = secrets
    .filter((secret) => isElsewhere(scope, secret).region)
    .map(({ at, arn }) => `${at}: ${arn} is in another region than the stack (${region}); replicate the secret there`);
  const { prefix = '' } = secretAccess ?? {};
  for (const { at, name } of secrets.filter((secret) => !foreign.includes(secret))) {
    if (!name.startsWith(prefix))
      problems.push(`${at}: "${name}" does not begin with the prefix "${prefix}" of secretAccess`);
  }
  if (problems.length > 0) throw new ConnectionsError('connections', problems);
  if (foreign.length === 0 || secretKeys.length > 0) return;
  Annotations.of(scope).addWarningV2(
    'pollux:secretKeys',
    `${foreign.map(({ at }) => at).join(', ')}: a secret of another account is readable only if its resource policy and the policy of ` +
      'its KMS key let the functions use them, and if secretKeys has that key (the key aws/secretsmanager cannot be shared)',
  );
}

/** All secrets of this account and region that have this in common. */
function together(scope: Construct, { prefix, tag }: SecretAccess): Access {
  const name = `${prefix ?? ''}*`;
  const resources = [secretArn(scope, name)];
  const wild = wildResource(scope, 'secretsmanager', `secret:${name}`);
  const reasons = { [wild]: 'The operator has chosen to open all secrets that have this in common' };
  if (tag === undefined) return { actions: READ, resources, reasons };
  const conditions = { StringEquals: { [`secretsmanager:ResourceTag/${tag.key}`]: tag.value } };
  return { actions: READ, resources, conditions, reasons };
}

/**
 * Secrets Manager ends each ARN with a hyphen and six characters of its own, which nobody knows who was given a name: the
 * six `?` stand for exactly them. An ARN may be without them, and then end all the same as if it had them
 * (`…:secret:prod-vmware`), so that it is taken for both.
 */
function arnsOf(scope: Construct, { name, arn }: Secret): string[] {
  if (arn === undefined) return [secretArn(scope, `${name}-??????`)];
  return /-[A-Za-z0-9]{6}$/.test(arn) ? [arn, `${arn}-??????`] : [`${arn}-??????`];
}

function secretArn(scope: Construct, name: string): string {
  return Stack.of(scope).formatArn({ service: 'secretsmanager', resource: `secret:${name}` });
}

const PREFIX = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** Throws with a sentence. A prefix with a `*` or a `?` in it would open more than it says. */
export function checkSecretAccess(given: SecretAccess | undefined): SecretAccess | undefined {
  if (given === undefined) return undefined;
  const { prefix, tag } = given;
  if ((prefix === undefined) === (tag === undefined)) throw new Error('secretAccess: give either "prefix" or "tag"');
  if (prefix !== undefined && !PREFIX.test(prefix)) {
    throw new Error(`secretAccess: the prefix "${prefix}" must be of letters, digits and /_+=.@-`);
  }
  for (const part of tag === undefined ? [] : [tag.key, tag.value]) {
    if (typeof part !== 'string' || part === '' || /[*?$]/.test(part)) {
      throw new Error('secretAccess: the key and the value of "tag" must be texts without *, ? and $');
    }
  }
  return given;
}
