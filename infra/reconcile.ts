import { type CfnElement, Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Bundles } from './bundles.ts';
import { allow, type FunctionSettings, makeFunction, seconds } from './function.ts';
import type { Platform } from './platform.ts';
import type { JobTable } from './table.ts';

export interface ReconcileProps {
  bundles: Bundles;
  jobs: JobTable;
  platforms: readonly Platform[];
  settings: FunctionSettings;
}

/** Once a minute: is there a loop wherever there is work? */
export class Reconcile extends Construct {
  readonly function: lambda.Function;
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: ReconcileProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetters, { 'Serverless-SQSRedrivePolicy': 'It is the queue for dead letters itself' });
    this.function = makeFunction(this, 'Function', {
      description: 'reconcile',
      folder: props.bundles.shared('reconcile'),
      timeout: seconds(30),
      environment: {
        POLLUX_TABLE: props.jobs.table.tableName,
        POLLUX_LOOPS: stack.toJsonString(
          Object.fromEntries(props.platforms.map(({ platform, loop }) => [platform, loop.stateMachineArn])),
        ),
      },
      settings: props.settings,
      deadLetterQueue: this.deadLetters,
    });
    allow(this.function, [props.jobs.table.tableArn], ['dynamodb:GetItem']);
    allow(this.function, [props.jobs.activeIndexArn], ['dynamodb:Query']);
    const loops = props.platforms.map(({ loop }) => loop);
    allow(
      this.function,
      loops.map((loop) => loop.stateMachineArn),
      ['states:StartExecution'],
    );
    // The last part of an execution's ARN is its name, `<connection>-<epoch>`, which nobody knows beforehand.
    const executions = loops.map((loop) =>
      stack.formatArn({ service: 'states', resource: `execution:${loop.stateMachineName}:*` }),
    );
    allow(this.function, executions, ['states:DescribeExecution']);
    for (const loop of loops) {
      const id = stack.resolve(stack.getLogicalId(loop.node.defaultChild as CfnElement));
      const found = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${id}.Name>:*`;
      acknowledge(this.function.role!, {
        [`AwsSolutions-IAM5[Resource::${found}]`]: "An execution's name is not known before it is started",
      });
    }

    new events.Rule(this, 'EveryMinute', {
      description: 'Pollux: reconcile',
      schedule: events.Schedule.rate(Duration.minutes(1)),
      // The next minute brings the next call: one that could not be delivered is not repeated for hours.
      targets: [
        new targets.LambdaFunction(this.function, {
          deadLetterQueue: this.deadLetters,
          maxEventAge: Duration.minutes(2),
          retryAttempts: 2,
        }),
      ],
    });
  }
}
