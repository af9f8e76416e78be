import { Stack } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Adapter, AwsPermission } from '../shared/platforms/adapter.ts';
import { adapterOf } from '../shared/platforms/registry.ts';
import { acknowledge } from './acknowledge.ts';
import type { Bundles, PlatformFunction } from './bundles.ts';
import type { ConnectionOptions } from './connections.ts';
import { EVENT_SOURCE } from './events.ts';
import { allow, type FunctionSettings, makeFunction, type NetworkPlace, seconds } from './function.ts';
import type { JobTable } from './table.ts';
import { WaitLoop } from './wait-loop.ts';

export interface PlatformProps {
  platform: string;
  connections: Record<string, ConnectionOptions>;
  bundles: Bundles;
  jobs: JobTable;
  bus: events.IEventBus;
  settings: FunctionSettings;
  network?: NetworkPlace | undefined;
}

/** All that one platform needs: what submits, checks and cancels its jobs, and the loop in which they are checked. */
export class Platform extends Construct {
  readonly platform: string;
  readonly submitJob: lambda.Function;
  readonly checkJobs: lambda.Function;
  readonly cancelJob: lambda.Function;
  /** Where workers report on jobs. */
  readonly reportJob: lambda.Function | undefined;
  readonly checkConnection: lambda.Function;
  readonly loop: sfn.StateMachine;
  /**
   * What check-jobs may do to things that (may) depend on check-jobs. Beside the role, not below it: a function waits for
   * everything below its role, and would wait for the state machine that waits for it.
   */
  readonly #later: iam.Policy;

  constructor(scope: Construct, id: string, props: PlatformProps) {
    super(scope, id);
    this.platform = props.platform;
    const adapter = adapterOf(props.platform);
    const { cancel = false, cancelByLooks = false } = adapter?.capabilities ?? {};
    const table: dynamodb.Table = props.jobs.table;
    const make = (name: PlatformFunction, id: string, timeout: number, environment: Record<string, string>) => {
      const fn = makeFunction(this, id, {
        description: `${name} of ${props.platform}`,
        folder: props.bundles.folder(name, props.platform),
        timeout: seconds(timeout),
        environment,
        settings: props.settings,
        network: props.network,
      });
      if (name === 'cancel-job' && (!cancel || cancelByLooks)) return fn;
      const secrets = secretArns(this, props.connections);
      if (secrets.length > 0) allow(fn, secrets, ['secretsmanager:GetSecretValue']);
      grantAwsPermissions(fn, adapter, props.connections);
      return fn;
    };

    const jobs = { POLLUX_TABLE: table.tableName };
    this.checkJobs = make('check-jobs', 'CheckJobs', 60, { ...jobs, POLLUX_BUS: props.bus.eventBusName });
    this.loop = new WaitLoop(this, 'WaitLoop', {
      checkJobs: this.checkJobs,
      logRetention: props.settings.logRetention,
    }).stateMachine;
    // 29 s: the API waits no longer than 30.
    this.submitJob = make('submit-job', 'SubmitJob', 29, { ...jobs, POLLUX_LOOP_ARN: this.loop.stateMachineArn });
    this.cancelJob = make('cancel-job', 'CancelJob', 29, { ...jobs, POLLUX_LOOP_ARN: this.loop.stateMachineArn });
    this.reportJob = props.bundles.has('report-job', props.platform)
      ? make('report-job', 'ReportJob', 29, { ...jobs, POLLUX_LOOP_ARN: this.loop.stateMachineArn })
      : undefined;
    this.checkConnection = make('check-connection', 'CheckConnection', 29, {
      ...jobs,
      POLLUX_LOOP_ARN: this.loop.stateMachineArn,
    });

    allow(this.checkJobs, [table.tableArn], ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:Query']);
    allow(this.checkJobs, [props.jobs.activeIndexArn], ['dynamodb:Query']);
    allow(
      this.submitJob,
      [table.tableArn],
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    );
    // Where there is no cancel, the request for one is only told whether the job is there.
    if (!cancel) allow(this.cancelJob, [table.tableArn], ['dynamodb:GetItem']);
    // A check wakes the loop where its polls wait for an operator.
    const changing = [
      ...(cancel ? [this.cancelJob] : []),
      ...(this.reportJob ? [this.reportJob] : []),
      this.checkConnection,
    ];
    for (const fn of changing) allow(fn, [table.tableArn], ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    for (const fn of [this.submitJob, ...changing]) allow(fn, [this.loop.stateMachineArn], ['states:StartExecution']);
    this.checkJobs.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [props.bus.eventBusArn],
        conditions: { StringEquals: { 'events:source': EVENT_SOURCE } },
      }),
    );

    this.#later = new iam.Policy(this, 'CheckJobsLater', { roles: [this.checkJobs.role!] });
    // A loop that nears the end of its history starts its successor.
    this.#later.addStatements(
      new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [this.loop.stateMachineArn] }),
    );
  }

  /** Lets the end of a job complete a task token of this state machine. */
  allowCallbacks(stateMachine: sfn.IStateMachine): void {
    this.#later.addStatements(
      new iam.PolicyStatement({
        actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
        resources: [stateMachine.stateMachineArn],
      }),
    );
  }
}

/**
 * The secrets of these connections and no others. Secrets Manager ends each ARN with a hyphen and six characters of its own,
 * which nobody knows who was given a name: the six `?` stand for exactly them.
 */
function secretArns(scope: Construct, connections: Record<string, ConnectionOptions>): string[] {
  const names = Object.values(connections).flatMap(({ secret }) => (typeof secret === 'string' ? [secret] : []));
  const arns = names.map((name) => {
    if (!name.startsWith('arn:')) {
      const resource = `secret:${name}-??????`;
      return Stack.of(scope).formatArn({ service: 'secretsmanager', resource });
    }
    return /-[A-Za-z0-9]{6}$/.test(name) ? name : `${name}-??????`;
  });
  return [...new Set(arns)];
}

/**
 * What the adapter itself must be allowed on AWS for these connections, each action on its own resources.
 *
 * @internal
 */
export function grantAwsPermissions(
  fn: lambda.Function,
  adapter: Pick<Adapter, 'awsPermissions'> | undefined,
  connections: Record<string, ConnectionOptions>,
): void {
  const permissions = Object.values(connections).flatMap((options) => adapter?.awsPermissions?.(options) ?? []);
  for (const { actions, resources } of permissions) {
    allow(
      fn,
      resources.map((resource) => arnOf(fn, resource)),
      actions,
    );
  }
  if (permissions.some(({ resources }) => resources.some(isAny))) {
    acknowledge(fn.role!, { 'AwsSolutions-IAM5[Resource::*]': 'The action takes no resource, as the adapter says' });
  }
}

type AwsResource = AwsPermission['resources'][number];

/** An action that takes no resource is allowed on `*`: an ARN, even with a `*` in it, would never match. */
function isAny({ resource }: AwsResource): boolean {
  return resource === '*';
}

function arnOf(scope: Construct, resource: AwsResource): string {
  return isAny(resource) ? '*' : Stack.of(scope).formatArn(resource);
}
