import { type CfnElement, Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { KEEP_FINISHED_VARIABLE } from '../shared/job/retention.ts';
import { EXECUTION_STATUS_CHANGE, FAILED_STATUSES } from '../shared/loop/execution-events.ts';
import { acknowledge, wildResource } from './acknowledge.ts';
import type { Bundles } from './bundles.ts';
import { keyStatement } from './encryption.ts';
import { EVENT_SOURCE } from './events.ts';
import { allow, makeFunction, seconds } from './function.ts';
import type { Platform } from './platform.ts';
import type { Settings } from './settings.ts';
import type { JobTable } from './table.ts';

export interface ReconcileProps {
  bundles: Bundles;
  jobs: JobTable;
  platforms: readonly Platform[];
  settings: Settings;
  reservedConcurrency?: number | undefined;
  bus: events.IEventBus;
  keepFinishedDays: number;
}

/** Once a minute, and when an execution fails: is there a loop wherever there is work? */
export class Reconcile extends Construct {
  readonly function: lambda.Function;
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: ReconcileProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { encryptionKey } = props.settings;
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      ...(encryptionKey
        ? { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
        : { encryption: sqs.QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetters, { 'Serverless-SQSRedrivePolicy': 'It is the queue for dead letters itself' });
    this.function = makeFunction(this, 'Function', {
      description: 'reconcile',
      folder: props.bundles.shared('reconcile'),
      timeout: seconds(30),
      // Three calls for each connection, of some 0.8 ms of a processor each: at half a gigabyte (0.29 of one) the time would
      // be over at 3,000 connections.
      memoryMegabytes: 1024,
      environment: {
        POLLUX_TABLE: props.jobs.table.tableName,
        POLLUX_BUS: props.bus.eventBusArn,
        [KEEP_FINISHED_VARIABLE]: String(props.keepFinishedDays),
        POLLUX_LOOPS: stack.toJsonString(
          Object.fromEntries(props.platforms.map(({ platform, loop }) => [platform, loop.stateMachineArn])),
        ),
      },
      settings: props.settings,
      deadLetterQueue: this.deadLetters,
      reservedConcurrency: props.reservedConcurrency,
    });
    // EventBridge hands its calls to a queue of Lambda's own, which would keep what is throttled for six hours, and then run
    // it all at once, and repeat what failed twice. The next minute brings the next call anyhow.
    this.function.configureAsyncInvoke({ maxEventAge: Duration.minutes(1), retryAttempts: 0 });
    acknowledge(this.function, {
      'Serverless-LambdaAsyncFailureDestination': 'What fails goes to the queue of dead letters of the function itself',
    });
    if (encryptionKey) {
      this.function.addToRolePolicy(keyStatement(this, [encryptionKey], 'sqs', ['kms:GenerateDataKey', 'kms:Decrypt']));
    }
    // It ends and announces the jobs of connections that were removed, and keeps notes of what was configured.
    props.jobs.allow(this.function, [
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:Query',
    ]);
    this.function.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [props.bus.eventBusArn],
        conditions: { StringEquals: { 'events:source': EVENT_SOURCE } },
      }),
    );
    props.jobs.allowActive(this.function);
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
      acknowledge(this.function.role!, {
        [wildResource(this, 'states', `execution:<${id}.Name>:*`)]:
          "An execution's name is not known before it is started",
      });
    }

    const target = () =>
      new targets.LambdaFunction(this.function, {
        deadLetterQueue: this.deadLetters,
        // Until Lambda has taken the call; what happens after that is said above.
        maxEventAge: Duration.minutes(2),
        retryAttempts: 2,
      });
    new events.Rule(this, 'EveryMinute', {
      description: 'Pollux: reconcile',
      schedule: events.Schedule.rate(Duration.minutes(1)),
      targets: [target()],
    });
    // On the account's default bus, where AWS's own services put their events.
    new events.Rule(this, 'LoopFailed', {
      description: 'Pollux: reconcile the connection of an execution that failed',
      eventPattern: {
        source: ['aws.states'],
        detailType: [EXECUTION_STATUS_CHANGE],
        detail: { status: [...FAILED_STATUSES], stateMachineArn: loops.map(({ stateMachineArn }) => stateMachineArn) },
      },
      targets: [target()],
    });
  }
  /** Lets the end of a job whose connection was removed complete a task token of this state machine. */
  allowCallbacks(stateMachine: sfn.IStateMachine): void {
    allow(this.function, [stateMachine.stateMachineArn], ['states:SendTaskSuccess', 'states:SendTaskFailure']);
  }
}
