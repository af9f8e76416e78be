import { join, resolve } from 'node:path';
import type { Connections } from '../connections.ts';
import type { ConsolePage } from '../console.ts';
import { Api, requireFreePort } from './api.ts';
import { type Assembly, assemble } from './assemble.ts';
import { AwsEndpoint } from './aws-endpoint.ts';
import { Credentials } from './credentials.ts';
import { type BusEvent, EventBus } from './event-bus.ts';
import { EventStream } from './event-stream.ts';
import { Functions, type Invocation } from './functions.ts';
import { lockDirectory } from './lock.ts';
import { ofType, readResources } from './resources.ts';
import { readRoutes } from './routes.ts';
import { Schedules } from './schedules.ts';
import { Secrets, type SecretValues } from './secrets.ts';
import { StateMachines } from './state-machines.ts';
import { Tables } from './tables.ts';
import { REGION } from './template.ts';

export interface EngineOptions {
  /** The connections file's content: the stack is synthesized for them. */
  connections?: Connections;
  /** Instead of `connections`: another template. */
  assembly?: Assembly;
  /** A file (`{ "<name>": { … } }`, read again when it changes), or the values. */
  secrets?: SecretValues | string;
  /** Kept from run to run: the table, the names of executions, the logs. One engine at a time. */
  dataDir: string;
  /** 0, the default, for any that is free. */
  port?: number;
  /** Served at `/`. */
  page?: ConsolePage;
  /** Every event on every bus of the template. */
  onEvent?(event: BusEvent): void;
  /** Every invocation of a function that succeeds, when it is over. */
  onInvocation?(invocation: Invocation): void;
  /** What the operator may want to know. */
  log?(message: string): void;
  /** Threads per function (16 unless told). */
  maxWorkers?: number;
}

export interface Counters {
  stateTransitions: number;
  stateTransitionsByExecution: Record<string, number>;
  runningExecutions: number;
  invocations: Record<string, number>;
  threads: Record<string, number>;
  tableRequests: Record<string, number>;
  events: number;
}

export interface Engine {
  /** The API, `http://127.0.0.1:<port>`. */
  url: string;
  dataDir: string;
  /** What an AWS SDK client needs to reach the engine's services: endpoints, region and credentials, as environment variables. */
  environment: Record<string, string>;
  /** Physical names and ARNs by logical id, for tests and benchmarks. */
  resources: Record<string, { type: string; name: string; ref: string }>;
  counters(): Counters;
  /** Invokes a function of the template by name or ARN. */
  invoke(nameOrArn: string, event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** What is under way when the engine stops: requests have this long, then checks and schedules. Ten seconds in all. */
const REQUESTS_GRACE_MS = 6_000;
const FUNCTIONS_GRACE_MS = 4_000;

/**
 * Runs a CloudFormation template on this machine. Nothing listens on any address but loopback. Throws `EngineError` for what
 * the operator can put right.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { onEvent = () => {}, log = () => {} } = options;
  const dataDir = resolve(options.dataDir);
  const secrets = new Secrets(options.secrets ?? {}, log);
  const lock = lockDirectory(dataDir);
  // Undone in reverse, be it at the stop or because a later part does not start.
  const undo: (() => unknown)[] = [lock.release];
  const stop = async () => {
    while (undo.length > 0) await undo.pop()!();
  };

  try {
    if (options.port) await requireFreePort(options.port);
    const { template, assemblyDir } = options.assembly ?? (await assemble(options.connections ?? {}, dataDir));
    const resources = readResources(template);
    const credentials = new Credentials();
    const tables = await Tables.open(
      join(dataDir, 'table'),
      ofType(resources, 'AWS::DynamoDB::Table'),
      credentials,
      lock.interrupted,
    );
    undo.push(() => tables.stop());

    let operations = {};
    const endpoint = new AwsEndpoint(() => operations, credentials);
    await endpoint.listen();
    undo.push(() => endpoint.stop());

    const environment = sdkEnvironment(endpoint.url, tables.endpoint, credentials, dataDir);
    const functions = new Functions(ofType(resources, 'AWS::Lambda::Function'), {
      assemblyDir,
      logDir: join(dataDir, 'logs'),
      environment,
      ...(options.maxWorkers !== undefined && { maxWorkers: options.maxWorkers }),
      ...(options.onInvocation && { onInvocation: options.onInvocation }),
    });
    undo.push(() => functions.stop(FUNCTIONS_GRACE_MS));

    const rules = ofType(resources, 'AWS::Events::Rule');
    const stream = new EventStream();
    const show = (event: BusEvent) => {
      stream.send(event);
      onEvent(event);
    };
    const bus = new EventBus(ofType(resources, 'AWS::Events::EventBus'), rules, functions, show, log);
    const machines = new StateMachines(
      ofType(resources, 'AWS::StepFunctions::StateMachine'),
      functions,
      join(dataDir, 'executions.jsonl'),
      (event) => bus.announce(event),
    );
    undo.push(() => machines.stop());
    operations = { ...machines.operations, ...bus.operations, ...secrets.operations };

    const schedules = new Schedules(rules, ofType(resources, 'AWS::Scheduler::Schedule'), functions, log);
    const routes = readRoutes(
      ofType(resources, 'AWS::ApiGatewayV2::Route'),
      ofType(resources, 'AWS::ApiGatewayV2::Integration'),
    );
    const api = new Api(routes, functions, stream, options.page);
    await api.listen(options.port ?? 0);
    undo.push(() => api.stop(REQUESTS_GRACE_MS));
    undo.push(() => stream.stop());
    undo.push(() => schedules.stop());
    schedules.start();
    void machines.announceCutOff();

    let stopped: Promise<void> | undefined;
    return {
      url: api.url,
      dataDir,
      environment,
      resources: Object.fromEntries(
        resources.map(({ logicalId, type, name, ref }) => [logicalId, { type, name, ref }]),
      ),
      counters: () => ({
        stateTransitions: machines.transitions,
        stateTransitionsByExecution: machines.transitionsByExecution(),
        runningExecutions: machines.running,
        invocations: { ...functions.invocations },
        threads: functions.threads(),
        tableRequests: { ...tables.requests },
        events: bus.events,
      }),
      invoke: (nameOrArn, event) => functions.invoke(nameOrArn, event),
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sdkEnvironment(
  endpoint: string,
  tables: string,
  credentials: Credentials,
  dataDir: string,
): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: tables,
    AWS_ENDPOINT_URL_SFN: endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    // A service that the engine does not have answers "unknown operation" here, instead of being looked for in the real AWS
    // with the operator's own profile.
    AWS_ENDPOINT_URL: endpoint,
    AWS_CONFIG_FILE: join(dataDir, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(dataDir, 'no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
