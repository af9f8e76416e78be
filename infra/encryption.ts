import { Annotations, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/**
 * What a customer's key must allow to services that use it by themselves, and not on behalf of a caller with a right of its
 * own: CloudWatch Logs for log groups, EventBridge for the queue of dead letters. A key of this app gets these statements;
 * one that is only named here cannot be changed, so the warning says them.
 */
export function allowServices(scope: Construct, key: kms.IKey): void {
  const stack = Stack.of(scope);
  const statements = [
    new iam.PolicyStatement({
      sid: 'PolluxLogs',
      principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      resources: ['*'],
      // All groups of the account: the names of the functions' groups are not known before the key is made.
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: 'log-group:*' }),
        },
      },
    }),
    new iam.PolicyStatement({
      sid: 'PolluxDeadLetters',
      principals: [new iam.ServicePrincipal('events.amazonaws.com')],
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  ];
  const added = statements.map((statement) => key.addToResourcePolicy(statement).statementAdded);
  if (added.every(Boolean)) return;
  Annotations.of(scope).addWarningV2(
    'pollux:encryptionKey',
    'The policy of the encryptionKey is not of this app: it must let logs.<region>.amazonaws.com and events.amazonaws.com use ' +
      'the key, as docs/deploy.md says under "Keys of your own"',
  );
}

/** Lets a role use a key through this service only: the service calls KMS with the rights of who calls the service. */
export function allowKey(
  grantee: { addToRolePolicy(statement: iam.PolicyStatement): void },
  scope: Construct,
  keys: readonly kms.IKey[],
  service: string,
  actions: readonly string[],
): void {
  grantee.addToRolePolicy(keyStatement(scope, keys, service, actions));
}

export function keyStatement(
  scope: Construct,
  keys: readonly kms.IKey[],
  service: string,
  actions: readonly string[],
): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [...actions],
    resources: keys.map(({ keyArn }) => keyArn),
    conditions: viaService(scope, service),
  });
}

export function viaService(scope: Construct, service: string) {
  return { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com` } };
}
