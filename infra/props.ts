import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { ApiAuth } from './api.ts';
import type { PolluxConnections } from './connection-options.ts';
import type { SecretAccess } from './secret-access.ts';
import type { Settings } from './settings.ts';

export interface PolluxProps {
  /**
   * The endpoints that Pollux may talk to, by platform and name; of a file, `Pollux.connectionsFrom(file)`. A platform
   * without a connection is not deployed. `caFile` is relative to the current folder.
   */
  connections: PolluxConnections;
  /**
   * Who may call the API: callers with IAM credentials, or with tokens of an issuer.
   *
   * @default 'iam'
   */
  auth?: ApiAuth;
  /**
   * How many calls the API takes, in all and per second.
   *
   * @default - 500
   */
  throttle?: apigatewayv2.ThrottleSettings;
  /**
   * How many of the account's concurrent executions of functions are set aside, which is also the most that they take:
   * `submit` for submit-job and `check` for check-jobs of each platform, `reconcile` for reconcile.
   *
   * @default - none: all functions of the account share what it has
   */
  concurrency?: Concurrency;
  /**
   * Bus for the events. One of another account needs a policy that lets this account put events.
   *
   * @default - one of its own
   */
  bus?: events.IEventBus;
  /**
   * A table that is there already: restored, or kept by an earlier stack. `Pollux.tableFrom(scope, name)` names one.
   *
   * @default - one of its own
   */
  table?: dynamodb.ITable;
  /**
   * How long a finished job is kept, in whole days.
   *
   * @default Duration.days(30)
   */
  keepFinished?: Duration;
  /**
   * Network from which the platforms are reached. It needs a way to AWS's own endpoints too.
   *
   * @default - the public network
   */
  vpc?: ec2.IVpc;
  /**
   * Where in the VPC.
   *
   * @default - the private subnets
   */
  vpcSubnets?: ec2.SubnetSelection;
  /**
   * Of the functions in the VPC.
   *
   * @default - one for all functions, that lets everything out
   */
  securityGroups?: ec2.ISecurityGroup[];
  /**
   * Whether the functions in the VPC may open IPv6 connections. The subnets must have IPv6 too.
   *
   * @default false
   */
  ipv6AllowedForDualStack?: boolean;
  /**
   * By what the functions may read the secrets of the connections: all whose name begins with `prefix`, or that have `tag`.
   *
   * @default - each secret by its name, of up to some hundred
   */
  secretAccess?: SecretAccess;
  /**
   * Keys of your own by which the secrets are encrypted.
   *
   * @default - the key aws/secretsmanager
   */
  secretKeys?: kms.IKey[];
  /**
   * A key of your own for the table, all logs and the queue of dead letters. It costs a request to KMS now and then.
   *
   * @default - keys of AWS
   */
  encryptionKey?: kms.IKey;
  /**
   * What becomes of the table when the stack goes. With `RETAIN` it is protected from deletion too.
   *
   * @default RemovalPolicy.RETAIN
   */
  removalPolicy?: RemovalPolicy;
  /**
   * Of all logs.
   *
   * @default RetentionDays.ONE_MONTH
   */
  logRetention?: logs.RetentionDays;
  /**
   * What becomes of all logs when the stack goes.
   *
   * @default RemovalPolicy.DESTROY
   */
  logRemovalPolicy?: RemovalPolicy;
  /**
   * Of the functions' own logs.
   *
   * @default 'INFO'
   */
  logLevel?: Settings['logLevel'];
  /**
   * Whether functions and wait-loops send traces to X-Ray.
   *
   * @default true
   */
  tracing?: boolean;
  /**
   * Path of every role and policy, as `/operations/`.
   *
   * @default '/'
   */
  rolePath?: string;
  /**
   * What every alarm does, for example `new SnsAction(topic)`.
   *
   * @default - nothing: an alarm is seen in the console
   */
  alarmActions?: readonly cloudwatch.IAlarmAction[];
  /**
   * Schemas of the events in a registry of EventBridge. A few regions have none.
   *
   * @default true
   */
  eventSchemas?: boolean;
}

export interface Concurrency {
  submit?: number;
  check?: number;
  reconcile?: number;
}
