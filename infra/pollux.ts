import { Annotations } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { didYouMean, oneOf } from '../shared/api/did-you-mean.ts';
import { TERMINAL_STATUSES, type TerminalStatus } from '../shared/job/job.ts';
import { ENDED_METRICS, type MetricName } from '../shared/observe/metrics.ts';
import { Api } from './api.ts';
import { bundle } from './bundle.ts';
import { checkConcurrency, checkKeepFinished, settingsOf, tablePropsOf } from './checked-props.ts';
import type { PolluxConnections } from './connection-options.ts';
import { checkConnections, readConnections } from './connections.ts';
import { makeDashboard } from './dashboard.ts';
import { allowServices } from './encryption.ts';
import { EventSchemas } from './event-schemas.ts';
import { type JobFilter, jobStatePattern, makeBus } from './events.ts';
import { checkJobFilter } from './job-filter.ts';
import { type ConnectionName, connectionMetric } from './metrics.ts';
import { Monitoring } from './monitoring.ts';
import { networkOf } from './network.ts';
import { isElsewhere } from './place.ts';
import { Platform } from './platform.ts';
import type { PolluxProps } from './props.ts';
import { Reconcile } from './reconcile.ts';
import { checkSecretAccess } from './secret-access.ts';
import { serviceName } from './settings.ts';
import { JobTable } from './table.ts';
import { limitTemplateSize } from './template-size.ts';

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
  /** Of its metrics. */
  readonly #service: string;
  readonly #reconcile: Reconcile;

  /** The connections of a JSON file (`connections.schema.json` describes it), checked. Throws `ConnectionsError`. */
  static connectionsFrom(file: string): PolluxConnections {
    return readConnections(file);
  }

  /**
   * A table of this account and region for the property `table`, by its name. With the key by which it is encrypted, if that
   * is one of your own.
   */
  static tableFrom(scope: Construct, tableName: string, options: { encryptionKey?: kms.IKey } = {}): dynamodb.ITable {
    return dynamodb.Table.fromTableAttributes(scope, `Table-${tableName}`, { tableName, ...options });
  }

  constructor(scope: Construct, id: string, props: PolluxProps) {
    super(scope, id);
    // Without a compiler nobody has said yet that props are needed.
    const checked = checkConnections(props?.connections, { source: 'connections', folder: process.cwd() });
    this.#connections = Object.entries(checked).flatMap(([platform, named]) =>
      Object.keys(named).map((connection) => ({ platform, connection })),
    );
    const bundles = bundle(checked);
    limitTemplateSize(this, this.#connections.length);
    this.#service = serviceName(this);
    const settings = settingsOf(props, this.#service);
    if (props.encryptionKey) allowServices(this, props.encryptionKey);
    this.jobs = new JobTable(this, 'Jobs', tablePropsOf(props));
    this.bus = props.bus ?? makeBus(this, 'Bus');
    if (isElsewhere(this, this.bus.env).region) {
      Annotations.of(this).addWarningV2('pollux:bus', OTHER_REGION);
    }
    if (props.eventSchemas ?? true) new EventSchemas(this, 'EventSchemas');
    const common = { bundles, jobs: this.jobs, settings };
    const concurrency = checkConcurrency(props.concurrency);
    const ofPlatforms = {
      ...common,
      concurrency,
      bus: this.bus,
      network: networkOf(this, props),
      keepFinishedDays: checkKeepFinished(props.keepFinished),
      secrets: { secretAccess: checkSecretAccess(props.secretAccess), secretKeys: props.secretKeys },
    };
    this.platforms = Object.entries(checked).map(
      ([platform, connections]) => new Platform(this, constructId(platform), { ...ofPlatforms, platform, connections }),
    );
    this.api = new Api(this, 'Api', {
      ...common,
      platforms: this.platforms,
      auth: props.auth ?? 'iam',
      // At a second a call, half of the 1,000 functions that an account may usually run at once.
      throttle: props.throttle ?? { rateLimit: 500, burstLimit: 500 },
    });
    this.#reconcile = new Reconcile(this, 'Reconcile', {
      ...common,
      platforms: this.platforms,
      bus: this.bus,
      keepFinishedDays: ofPlatforms.keepFinishedDays,
      reservedConcurrency: concurrency.reconcile,
    });
    const watched = {
      platforms: this.platforms,
      reconcile: this.#reconcile,
      api: this.api.api,
      service: this.#service,
    };
    new Monitoring(this, 'Monitoring', { ...watched, jobs: this.jobs, alarmActions: props.alarmActions ?? [] });
    this.dashboard = makeDashboard(this, 'Dashboard', { ...watched, connections: this.#connections });
  }

  /** Where the API is. */
  get url(): string {
    return this.api.api.apiEndpoint;
  }

  /** Calls `target` when jobs end. Throws for a filter that names what this construct does not have. */
  onJobStateChange(id: string, { target, ...filter }: JobStateChangeProps): events.Rule {
    const { problems, warnings } = checkJobFilter(filter, this.#connections);
    const elsewhere = isElsewhere(this, this.bus.env);
    if (elsewhere.account || elsewhere.region) problems.push(`the bus ${this.bus.eventBusArn} ${OTHER_BUS}`);
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
    this.#reconcile.allowCallbacks(stateMachine);
  }

  /** A metric of one connection, named `<platform>/<connection>`. Sums; maxima of `OpenJobs` and of seconds. */
  metric(name: MetricName, connection: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return connectionMetric(this.#service, name, this.#connection(connection, 'metric'), options);
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

const OTHER_REGION =
  'The bus is in another region than the stack. AWS describes events between regions only as a target of a rule: if PutEvents ' +
  'is refused, give a bus of this region, with a rule whose target is the other bus';

const OTHER_BUS =
  'is in another account or region, and the rules of a bus are made where it is: make the rule there, with the pattern of ' +
  'docs/events.md, or leave "bus" out and forward the events of the own bus to that one';

/** `f5-vcmp` becomes `F5Vcmp`, for readable logical ids. */
function constructId(platform: string): string {
  return platform
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
