import { join, resolve } from 'node:path';
import { EngineError } from './engine-error.ts';
import { FunctionPool } from './function-pool.ts';
import { LogFile } from './log-file.ts';
import { REGION, type Resource } from './template.ts';

/** What the pool needs to know of one function; from its resource in the template. */
export interface FunctionDefinition {
  name: string;
  arn: string;
  /** Directory of the built bundle. */
  taskRoot: string;
  handler: string;
  timeoutSeconds: number;
  memoryMb: number;
  environment: Record<string, string>;
}

export interface FunctionsOptions {
  assemblyDir: string;
  logDir: string;
  /** Endpoints and credentials for the AWS SDK. */
  environment: Record<string, string>;
  /** Execution environments per function at once; invocations beyond wait (16 unless told). */
  maxWorkers?: number;
  onInvocation?(invocation: Invocation): void;
}

/** One that succeeded: of what a function was asked, what it answered, and when (epoch ms). */
export interface Invocation {
  function: string;
  event: unknown;
  result: unknown;
  begin: number;
  end: number;
}

/** All functions of the template, found by name or ARN. */
export class Functions {
  readonly #pools = new Map<string, FunctionPool>();
  readonly invocations: Record<string, number> = {};
  readonly #onInvocation: FunctionsOptions['onInvocation'];

  constructor(resources: readonly Resource[], options: FunctionsOptions) {
    this.#onInvocation = options.onInvocation;
    for (const resource of resources) {
      const definition = readFunction(resource, options);
      const log = new LogFile(join(options.logDir, `${definition.name}.log`));
      this.#pools.set(definition.name, new FunctionPool(definition, log, options.maxWorkers ?? 16));
    }
  }

  has(nameOrArn: string): boolean {
    return this.#pools.has(nameOf(nameOrArn));
  }

  /** By function, where there are any now. */
  threads(): Record<string, number> {
    const counts = [...this.#pools].map(([name, { threads }]) => [name, threads] as const);
    return Object.fromEntries(counts.filter(([, threads]) => threads > 0));
  }

  /** The function's result. Its error, a timeout, and the end of its thread are a `FunctionError`. */
  async invoke(nameOrArn: string, event: unknown): Promise<unknown> {
    const name = nameOf(nameOrArn);
    const pool = this.#pools.get(name);
    if (!pool) throw new EngineError(`there is no function ${nameOrArn}`);
    this.invocations[name] = (this.invocations[name] ?? 0) + 1;
    const begin = Date.now();
    const result = await pool.invoke(event);
    this.#onInvocation?.({ function: name, event, result, begin, end: Date.now() });
    return result;
  }

  /** Refuses new invocations and ends all threads, those at work after `graceMs` at the latest. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop(graceMs)));
  }
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`, or the name itself. */
function nameOf(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? nameOrArn) : nameOrArn;
}

function readFunction(resource: Resource, options: FunctionsOptions): FunctionDefinition {
  const { logicalId, name, properties, metadata } = resource;
  const asset = metadata['aws:asset:path'];
  if (typeof asset !== 'string') {
    throw new EngineError(
      `function ${logicalId}: no asset (aws:asset:path); only bundles from the assembly run locally`,
    );
  }
  if (Array.isArray(properties.Layers) && properties.Layers.length > 0) {
    throw new EngineError(`function ${logicalId}: layers do not exist on one machine; bundle them`);
  }
  const taskRoot = resolve(options.assemblyDir, asset);
  const memoryMb = Number(properties.MemorySize ?? 128);
  const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
  const variables = Object.entries(Variables).map(([key, value]) => [key, String(value)]);
  return {
    name,
    arn: resource.attributes.Arn!,
    taskRoot,
    handler: String(properties.Handler),
    // Lambda's own default, 3 s.
    timeoutSeconds: Number(properties.Timeout ?? 3),
    memoryMb,
    environment: {
      ...options.environment,
      // Scripts that a function runs need a shell's path; nothing else of the host's environment is handed on.
      PATH: process.env.PATH ?? '',
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EXECUTION_ENV: `AWS_Lambda_${String(properties.Runtime ?? 'nodejs')}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      LAMBDA_TASK_ROOT: taskRoot,
      _HANDLER: String(properties.Handler),
      ...Object.fromEntries(variables),
    },
  };
}
