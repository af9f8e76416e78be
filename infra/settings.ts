import { Aws, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** What holds for everything that one Pollux is made of. */
export interface Settings {
  /** The dimension of every metric by which one Pollux differs from another. */
  service: string;
  logRetention: logs.RetentionDays;
  logRemovalPolicy: RemovalPolicy;
  /** Level of the functions' own logs. */
  logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  /** Whether functions and loops send traces to X-Ray. */
  tracing: boolean;
  /** Of every role and every policy. */
  rolePath?: string | undefined;
  /** Of the logs, the dead letters, and the table where Pollux makes it. */
  encryptionKey?: kms.IKey | undefined;
}

/**
 * The stack's name for the construct `Pollux` of a stack, which most stacks have and no other; for a construct elsewhere its
 * place besides, because two constructs in one stack may have connections of the same name, whose metrics would add up.
 */
export function serviceName(construct: Construct): string {
  const { scopes } = construct.node;
  const place = scopes.slice(scopes.indexOf(Stack.of(construct)) + 1).map(({ node }) => node.id);
  return place.join('/') === 'Pollux' ? Aws.STACK_NAME : `${Aws.STACK_NAME}/${place.join('/')}`;
}

/** `/a/b/`, as IAM wants a path. Throws with a sentence. */
export function checkRolePath(path: string | undefined): string | undefined {
  if (path === undefined || /^\/([\u0021-\u002e\u0030-\u007e]+\/)*$/.test(path)) return path;
  throw new Error(`rolePath "${path}" must begin and end with a slash, as "/teams/operations/"`);
}
