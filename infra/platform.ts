import { Stack } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { KEEP_FINISHED_VARIABLE } from '../shared/job/retention.ts';
import type { Adapter, AwsPermission } from '../shared/platforms/adapter.ts';
import { adapterOf } from '../shared/platforms/registry.ts';
import type { Bundles, PlatformFunction } from './bundles.ts';
import type { ConnectionOptions } from './connections.ts';
import { EVENT_SOURCE } from './events.ts';
import { allow, makeFunction, seconds } from './function.ts';
import type { NetworkPlace } from './network.ts';
import type { Concurrency } from './props.ts';
import { type SecretSettings, secretAccess } from './secret-access.ts';
import type { Settings } from './settings.ts';
import type { JobTable } from './table.ts';
import { WaitLoop } from './wait-loop.ts';
import { type Access, allowWidely } from './wide-access.ts';

/**
 * An HTTP API waits 30 s for a function, the seconds in which it loads included: those do not count in the function's own time.
 * A function that is cut off by its own limit has an outcome (500, and an alarm); one that goes on after the caller was answered
 * has not.
 */
const BEHIND_API_SECONDS = 25;

export interface PlatformProps {
  platform: string;
  connections: Record<string, ConnectionOptions>;
  bundles: Bundles;
  jobs: JobTable;
  bus: events.IEventBus;
  settings: Settings;
  secrets: SecretSettings;
  concurrency: Concurrency;
  keepFinishedDays: number;
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
    const { jobs, concurrency } = props;
    const adapter = adapterOf(props.platform);
    const { cancel = false, cancelByLooks = false } = adapter?.capabilities ?? {};
    const reaching: lambda.Function[] = [];
    const make = (
      name: PlatformFunction,
      id: string,
      timeout: number,
      environment: Record<string, string>,
      reservedConcurrency?: number,
    ) => {
      const fn = makeFunction(this, id, {
        description: `${name} of ${props.platform}`,
        folder: props.bundles.folder(name, props.platform),
        timeout: seconds(timeout),
        environment,
        settings: props.settings,
        network: props.network,
        reservedConcurrency,
      });
      if (name !== 'cancel-job' || (cancel && !cancelByLooks)) reaching.push(fn);
      return fn;
    };

    const table = { POLLUX_TABLE: jobs.table.tableName };
    const ending = { ...table, [KEEP_FINISHED_VARIABLE]: String(props.keepFinishedDays) };
    // By its ARN: a name alone would be looked for in this account.
    const checking = { ...ending, POLLUX_BUS: props.bus.eventBusArn };
    this.checkJobs = make('check-jobs', 'CheckJobs', 60, checking, concurrency.check);
    const loop = new WaitLoop(this, 'WaitLoop', { checkJobs: this.checkJobs, settings: props.settings });
    this.loop = loop.stateMachine;
    const waking = { POLLUX_LOOP_ARN: this.loop.stateMachineArn };
    this.submitJob = make('submit-job', 'SubmitJob', BEHIND_API_SECONDS, { ...ending, ...waking }, concurrency.submit);
    this.cancelJob = make('cancel-job', 'CancelJob', BEHIND_API_SECONDS, { ...table, ...waking });
    this.reportJob = props.bundles.has('report-job', props.platform)
      ? make('report-job', 'ReportJob', BEHIND_API_SECONDS, { ...table, ...waking })
      : undefined;
    this.checkConnection = make('check-connection', 'CheckConnection', BEHIND_API_SECONDS, { ...table, ...waking });

    const accesses = [
      ...secretAccess(this, props.platform, props.connections, props.secrets),
      ...awsPermissions(this, adapter, props.connections),
    ];
    allowWidely(this, reaching, accesses, {
      what: `the secrets and hosts of ${Object.keys(props.connections).length} connections to ${props.platform}`,
      path: props.settings.rolePath,
    });
    jobs.allow(this.checkJobs, ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:Query']);
    jobs.allowActive(this.checkJobs);
    jobs.allow(this.submitJob, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem']);
    // Where there is no cancel, the request for one is only told whether the job is there.
    if (!cancel) jobs.allow(this.cancelJob, ['dynamodb:GetItem']);
    // A check wakes the loop where its polls wait for an operator.
    const changing = [
      ...(cancel ? [this.cancelJob] : []),
      ...(this.reportJob ? [this.reportJob] : []),
      this.checkConnection,
    ];
    for (const fn of changing) jobs.allow(fn, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
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
 * What the adapter itself must be allowed on AWS for these connections, each action on its own resources.
 *
 * @internal
 */
export function awsPermissions(
  scope: Construct,
  adapter: Pick<Adapter, 'awsPermissions'> | undefined,
  connections: Record<string, ConnectionOptions>,
): Access[] {
  const permissions = Object.values(connections).flatMap((options) => adapter?.awsPermissions?.(options) ?? []);
  return permissions.map(({ actions, resources }) => ({
    actions,
    resources: resources.map((resource) => arnOf(scope, resource)),
    ...(resources.some(({ resource }) => resource === '*') && {
      reasons: { 'AwsSolutions-IAM5[Resource::*]': 'The action takes no resource, as the adapter says' },
    }),
  }));
}

type AwsResource = AwsPermission['resources'][number];

/** An action that takes no resource is allowed on `*`: an ARN, even with a `*` in it, would never match. */
function arnOf(scope: Construct, resource: AwsResource): string {
  return resource.resource === '*' ? '*' : Stack.of(scope).formatArn(resource);
}
