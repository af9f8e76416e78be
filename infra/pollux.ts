import { RemovalPolicy } from 'aws-cdk-lib';
import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Api, type ApiAuth } from './api.ts';
import { bundle } from './bundle.ts';
import type { Connections } from './connections.ts';
import { type JobFilter, jobStatePattern, makeBus } from './events.ts';
import type { FunctionSettings } from './function.ts';
import { Monitoring } from './monitoring.ts';
import { Platform } from './platform.ts';
import { Reconcile } from './reconcile.ts';
import { JobTable } from './table.ts';

export interface PolluxProps {
  /** What `readConnections(file)` gives. A platform without a connection is not deployed. */
  connections: Connections;
  /** Who may call the API (default `iam`). */
  auth?: ApiAuth;
  /** How many calls the API takes, in all and per second (default 500). */
  throttle?: apigatewayv2.ThrottleSettings;
  /** Bus for the events (default: one of its own). */
  bus?: events.IEventBus;
  /** Network from which the platforms are reached (default: the public one). It needs a way to AWS's own endpoints too. */
  vpc?: ec2.IVpc;
  vpcSubnets?: ec2.SubnetSelection;
  securityGroups?: ec2.ISecurityGroup[];
  /** What becomes of the table when the stack goes (default: it stays, and is protected from deletion). */
  removalPolicy?: RemovalPolicy;
  /** Of all logs (default one month). */
  logRetention?: logs.RetentionDays;
  logLevel?: FunctionSettings['logLevel'];
  /** What every alarm does, for example `new SnsAction(topic)` (default nothing). */
  alarmActions?: readonly cloudwatch.IAlarmAction[];
}

/** Pollux, to be put into any stack. */
export class Pollux extends Construct {
  readonly bus: events.IEventBus;
  readonly jobs: JobTable;
  readonly api: Api;
  readonly platforms: readonly Platform[];
  readonly #connections: Connections;

  constructor(scope: Construct, id: string, props: PolluxProps) {
    super(scope, id);
    this.#connections = props.connections;
    const bundles = bundle(props.connections);
    const settings: FunctionSettings = {
      logRetention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
      logLevel: props.logLevel ?? 'INFO',
    };
    const network = props.vpc && {
      vpc: props.vpc,
      ...(props.vpcSubnets && { vpcSubnets: props.vpcSubnets }),
      ...(props.securityGroups && { securityGroups: props.securityGroups }),
    };
    this.jobs = new JobTable(this, 'Jobs', { removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN });
    this.bus = props.bus ?? makeBus(this, 'Bus');
    const common = { bundles, jobs: this.jobs, settings };
    this.platforms = Object.entries(props.connections).map(
      ([platform, connections]) =>
        new Platform(this, constructId(platform), { ...common, platform, connections, bus: this.bus, network }),
    );
    this.api = new Api(this, 'Api', {
      ...common,
      platforms: this.platforms,
      auth: props.auth ?? 'iam',
      // At a second a call, half of the 1,000 functions that an account may usually run at once.
      throttle: props.throttle ?? { rateLimit: 500, burstLimit: 500 },
    });
    const reconcile = new Reconcile(this, 'Reconcile', { ...common, platforms: this.platforms });
    new Monitoring(this, 'Monitoring', {
      platforms: this.platforms,
      reconcile,
      api: this.api.api,
      alarmActions: props.alarmActions ?? [],
    });
  }

  /** Calls `target` when jobs end. */
  onJobStateChange(id: string, { target, ...filter }: JobFilter & { target: events.IRuleTarget }): events.Rule {
    return new events.Rule(this, id, {
      eventBus: this.bus,
      description: 'Pollux: Job State Change',
      eventPattern: jobStatePattern(filter),
      targets: [target],
    });
  }

  /** Lets `grantee` submit, read, cancel and report on jobs of one connection, named `<platform>/<connection>`. */
  grantSubmit(grantee: iam.IGrantable, name: string): iam.Grant {
    const known = Object.entries(this.#connections).flatMap(([platform, connections]) =>
      Object.keys(connections).map((connection) => ({ platform, connection })),
    );
    const found = known.find(({ platform, connection }) => name === `${platform}/${connection}`);
    if (!found) {
      const names = known.map(({ platform, connection }) => `"${platform}/${connection}"`);
      throw new Error(`grantSubmit(): no connection "${name}"; there are ${names.join(', ')}`);
    }
    return this.api.grantSubmit(grantee, found.platform, found.connection);
  }

  /** Lets jobs that carry a task token of this state machine complete it. */
  allowCallbacks(stateMachine: sfn.IStateMachine): void {
    for (const platform of this.platforms) platform.allowCallbacks(stateMachine);
  }
}

/** `f5-vcmp` becomes `F5Vcmp`, for readable logical ids. */
function constructId(platform: string): string {
  return platform
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
