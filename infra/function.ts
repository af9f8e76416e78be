import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { makeLogGroup } from './logs.ts';
import type { NetworkPlace } from './network.ts';
import type { Settings } from './settings.ts';

export interface FunctionProps {
  description: string;
  /** Folder that holds `index.mjs`. */
  folder: string;
  timeout: Duration;
  environment: Record<string, string>;
  settings: Settings;
  network?: NetworkPlace | undefined;
  /** Where a scheduled or otherwise asynchronous call goes that failed for good. */
  deadLetterQueue?: sqs.IQueue;
  memoryMegabytes?: number;
  /** Set aside of the account's concurrent executions, and the most that it takes. */
  reservedConcurrency?: number | undefined;
}

/** A function with a role and a log group of its own; its role can do nothing yet but log and trace. */
export function makeFunction(scope: Construct, id: string, props: FunctionProps): lambda.Function {
  const { settings } = props;
  const logGroup = makeLogGroup(scope, `${id}Logs`, settings);
  // Not the managed AWSLambdaBasicExecutionRole: that one may write to every log group of the account.
  const role = new iam.Role(scope, `${id}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: `Pollux: ${props.description}`,
    ...(settings.rolePath !== undefined && { path: settings.rolePath }),
  });
  logGroup.grantWrite(role);
  if (props.network) allowNetworkInterfaces(role);
  acknowledge(role, {
    'AwsSolutions-IAM5[Resource::*]':
      'xray:Put* take no resource, and neither do the network interfaces of functions in a VPC',
  });
  const fn = new lambda.Function(scope, id, {
    description: `Pollux: ${props.description}`,
    code: lambda.Code.fromAsset(props.folder),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    // Half a gigabyte is a third of a processor: below, start-up and TLS hand-shakes take longer than they save.
    memorySize: props.memoryMegabytes ?? 512,
    timeout: props.timeout,
    role,
    logGroup,
    tracing: settings.tracing ? lambda.Tracing.ACTIVE : lambda.Tracing.DISABLED,
    environment: {
      ...props.environment,
      // A dimension of every metric: two copies in one account, or in one stack, do not add up.
      POWERTOOLS_SERVICE_NAME: settings.service,
      POWERTOOLS_METRICS_NAMESPACE: 'Pollux',
      POWERTOOLS_LOG_LEVEL: settings.logLevel,
    },
    ...(props.deadLetterQueue && { deadLetterQueue: props.deadLetterQueue }),
    ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
    ...props.network,
  });
  if (!props.deadLetterQueue) {
    acknowledge(fn, { 'Serverless-LambdaDLQ': 'Its caller waits and gets the error itself: no call is ever queued' });
  }
  if (!settings.tracing) acknowledge(fn, { 'Serverless-LambdaTracing': 'The operator has turned traces off' });
  return fn;
}

/** What Lambda itself does for a function in a VPC. AWS asks for `*`: the interfaces do not exist yet. */
function allowNetworkInterfaces(role: iam.Role): void {
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }),
  );
}

/** Allows exactly these actions on exactly these resources. */
export function allow(fn: lambda.IFunction, resources: readonly string[], actions: readonly string[]): void {
  fn.addToRolePolicy(new iam.PolicyStatement({ actions: [...actions], resources: [...resources] }));
}

export const seconds = (count: number): Duration => Duration.seconds(count);
