import { Annotations, RemovalPolicy } from 'aws-cdk-lib';
import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { didYouMean, oneOf } from '../shared/api/did-you-mean.ts';
import { TERMINAL_STATUSES, type TerminalStatus } from '../shared/job/job.ts';
import { ENDED_METRICS, type MetricName } from '../shared/observe/metrics.ts';
import { Api, type ApiAuth } from './api.ts';
import { bundle } from './bundle.ts';
import type { PolluxConnections } from './connection-options.ts';
import { checkConnections, readConnections } from './connections.ts';
import { makeDashboard } from './dashboard.ts';
import { EventSchemas } from './event-schemas.ts';
import { type JobFilter, jobStatePattern, makeBus } from './events.ts';
import type { FunctionSettings, NetworkPlace } from './function.ts';
import { checkJobFilter } from './job-filter.ts';
import { type ConnectionName, connectionMetric } from './metrics.ts';
import { Monitoring } from './monitoring.ts';
import { Platform } from './platform.ts';
import { Reconcile } from './reconcile.ts';
import { JobTable } from './table.ts';

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
   * Bus for the events.
   *
   * @default - one of its own
   */
  bus?: events.IEventBus;
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
   * @default - one for each function, that lets everything out
   */
  securityGroups?: ec2.ISecurityGroup[];
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
   * Of the functions' own logs.
   *
   * @default 'INFO'
   */
  logLevel?: FunctionSettings['logLevel'];
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

export interface JobStateChangeProps extends JobFilter {
  /** What is called: a function, a queue, a state machine … */
  target: events.IRuleTarget;
}

/** Pollux, to be put into any stack. */
export class Pollux extends Construct {
  readonly bus: events.IEventBus;
  readonly jobs: JobTable;
  readonly api: Api;
  readonly platforms: readonly Platform[];
  readonly dashboard: cloudwatch.Dashboard;
  readonly #connections: readonly ConnectionName[];

  /** The connections of a JSON file (`connections.schema.json` describes it), checked. Throws `ConnectionsError`. */
  static connectionsFrom(file: string): PolluxConnections {
    return readConnections(file);
  }

  constructor(scope: Construct, id: string, props: PolluxProps) {
    super(scope, id);
    // Without a compiler nobody has said yet that props are needed.
    const checked = checkConnections(props?.connections, { source: 'connections', folder: process.cwd() });
    this.#connections = Object.entries(checked).flatMap(([platform, named]) =>
      Object.keys(named).map((connection) => ({ platform, connection })),
    );
    const bundles = bundle(checked);
    const settings: FunctionSettings = {
      logRetention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
      logLevel: props.logLevel ?? 'INFO',
    };
    this.jobs = new JobTable(this, 'Jobs', { removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN });
    this.bus = props.bus ?? makeBus(this, 'Bus');
    if (props.eventSchemas ?? true) new EventSchemas(this, 'EventSchemas');
    const common = { bundles, jobs: this.jobs, settings };
    const inPlace = { ...common, bus: this.bus, network: networkOf(props) };
    this.platforms = Object.entries(checked).map(
      ([platform, connections]) => new Platform(this, constructId(platform), { ...inPlace, platform, connections }),
    );
    this.api = new Api(this, 'Api', {
      ...common,
      platforms: this.platforms,
      auth: props.auth ?? 'iam',
      // At a second a call, half of the 1,000 functions that an account may usually run at once.
      throttle: props.throttle ?? { rateLimit: 500, burstLimit: 500 },
    });
    const reconcile = new Reconcile(this, 'Reconcile', { ...common, platforms: this.platforms });
    const watched = { platforms: this.platforms, reconcile, api: this.api.api };
    new Monitoring(this, 'Monitoring', { ...watched, alarmActions: props.alarmActions ?? [] });
    this.dashboard = makeDashboard(this, 'Dashboard', { ...watched, connections: this.#connections });
  }

  /** Where the API is. */
  get url(): string {
    return this.api.api.apiEndpoint;
  }

  /** Calls `target` when jobs end. Throws for a filter that names what this construct does not have. */
  onJobStateChange(id: string, { target, ...filter }: JobStateChangeProps): events.Rule {
    const { problems, warnings } = checkJobFilter(filter, this.#connections);
    if (typeof target?.bind !== 'function') problems.push('"target" is missing: what is to be called?');
    if (problems.length > 0) throw new Error(`onJobStateChange("${id}"): ${problems.join('; ')}`);
    const rule = new events.Rule(this, id, {
      eventBus: this.bus,
      description: 'Pollux: Job State Change',
      eventPattern: jobStatePattern(filter),
      targets: [target],
    });
    for (const warning of warnings) Annotations.of(rule).addWarningV2('pollux:operations', warning);
    return rule;
  }

  /** Lets `grantee` submit, read, cancel and report on jobs of one connection, named `<platform>/<connection>`. */
  grantSubmit(grantee: iam.IGrantable, connection: string): iam.Grant {
    const found = this.#connection(connection, 'grantSubmit');
    return this.api.grantSubmit(grantee, found.platform, found.connection);
  }

  /** Lets jobs that carry a task token of this state machine complete it. */
  allowCallbacks(stateMachine: sfn.IStateMachine): void {
    for (const platform of this.platforms) platform.allowCallbacks(stateMachine);
  }

  /** A metric of one connection, named `<platform>/<connection>`. Sums; maxima of `OpenJobs` and of seconds. */
  metric(name: MetricName, connection: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return connectionMetric(name, this.#connection(connection, 'metric'), options);
  }

  /** Jobs that were submitted or adopted. */
  metricJobsSubmitted(connection: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('JobsSubmitted', connection, options);
  }

  /** Jobs that are over; with a status, those that ended so. */
  metricJobsFinished(
    connection: string,
    { status, ...options }: cloudwatch.MetricOptions & { status?: TerminalStatus } = {},
  ): cloudwatch.Metric {
    if (status === undefined) return this.metric('JobsFinished', connection, options);
    if (!TERMINAL_STATUSES.includes(status)) {
      const hint = didYouMean(String(status), TERMINAL_STATUSES);
      throw new Error(`metricJobsFinished(): no status "${status}"; ${hint}it must be ${oneOf(TERMINAL_STATUSES)}`);
    }
    return this.metric(ENDED_METRICS[status], connection, options);
  }

  /** The most jobs that were open at once. */
  metricOpenJobs(connection: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OpenJobs', connection, options);
  }

  /** Looks at jobs: how often the platform was asked about one. */
  metricLooks(connection: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Looks', connection, options);
  }

  /** Looks that did not tell the job's state. */
  metricLooksFailed(connection: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('LooksFailed', connection, options);
  }

  /** For how long the state of the job that is longest unknown has not been told, in seconds. */
  metricOldestUnknown(connection: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OldestUnknownSeconds', connection, options);
  }

  /** Ticks on which the endpoint was down. */
  metricDown(connection: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ConnectionsDown', connection, options);
  }

  #connection(name: string, method: string): ConnectionName {
    const found = this.#connections.find(({ platform, connection }) => name === `${platform}/${connection}`);
    if (found) return found;
    const names = this.#connections.map(({ platform, connection }) => `${platform}/${connection}`);
    throw new Error(`${method}(): no connection "${name}"; ${didYouMean(name, names)}there are ${oneOf(names)}`);
  }
}

function networkOf({ vpc, vpcSubnets, securityGroups }: PolluxProps): NetworkPlace | undefined {
  if (vpc) return { vpc, ...(vpcSubnets && { vpcSubnets }), ...(securityGroups && { securityGroups }) };
  if (vpcSubnets || securityGroups) throw new Error('vpcSubnets and securityGroups are of a VPC: give "vpc" too');
  return undefined;
}

/** `f5-vcmp` becomes `F5Vcmp`, for readable logical ids. */
function constructId(platform: string): string {
  return platform
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
