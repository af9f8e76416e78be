import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { awsClient } from '../aws/client.ts';
import type { JobView } from '../job/present.ts';
import type { Log } from '../platforms/adapter.ts';
import type { ConnectionRef } from '../store/store.ts';

/** The port to the wait-loops' executions. */
export interface Executions {
  /**
   * Starts the loop's execution of this epoch. `running`: it runs (now, or already); `used-up`: it ran and is over.
   * Rejects when Step Functions does not take the call (throttling).
   */
  start(of: ConnectionRef, epoch: number): Promise<'running' | 'used-up'>;
  /** When the execution was started (epoch ms), if it runs. Soon after a start it may not be known yet. */
  runningSince(of: ConnectionRef, epoch: number): Promise<number | undefined>;
}

/** The port to callers that wait with a task token. */
export interface Callbacks {
  /** Rejects when it should be tried again; a token that nobody waits for any more is done. */
  complete(taskToken: string, job: JobView): Promise<void>;
}

export type LoopArnOf = (platform: string) => string;

export class StepFunctionsExecutions implements Executions {
  readonly #loopArnOf: LoopArnOf;
  readonly #client: SFNClient;

  constructor(loopArnOf: LoopArnOf, client = awsClient(SFNClient)) {
    this.#loopArnOf = loopArnOf;
    this.#client = client;
  }

  async start(of: ConnectionRef, epoch: number): Promise<'running' | 'used-up'> {
    // Name and input depend on connection and epoch alone: AWS then takes a repeated start of a running execution for
    // the same one.
    const input = JSON.stringify({ platform: of.platform, connection: of.connection, epoch });
    try {
      await this.#client.send(
        new StartExecutionCommand({
          stateMachineArn: this.#loopArnOf(of.platform),
          name: executionName(of, epoch),
          input,
        }),
      );
      return 'running';
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return 'used-up';
      throw error;
    }
  }

  async runningSince(of: ConnectionRef, epoch: number): Promise<number | undefined> {
    const stateMachine = this.#loopArnOf(of.platform);
    const executionArn = `${stateMachine.replace(':stateMachine:', ':execution:')}:${executionName(of, epoch)}`;
    try {
      const found = await this.#client.send(new DescribeExecutionCommand({ executionArn }));
      const runs = found.status === 'RUNNING' || found.status === 'PENDING_REDRIVE';
      return runs ? (found.startDate?.getTime() ?? 0) : undefined;
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  }
}

/** At most 80 characters: a connection's name has at most 60. */
export function executionName(of: ConnectionRef, epoch: number): string {
  return `${of.connection}-${epoch}`;
}

/** What proves that nobody waits any more. All else (AccessDenied, a key of KMS, throttling) somebody can put right in time. */
const NOBODY_WAITS = new Set(['TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken']);
/** What was sent is refused, not who sent it. */
const UNFIT = new Set(['InvalidOutput', 'ValidationException']);
/** SendTaskFailure takes this many characters of cause. */
const MAX_CAUSE = 32_000;

export class StepFunctionsCallbacks implements Callbacks {
  readonly #client: SFNClient;
  readonly #log: Log;

  constructor(log: Log, client = awsClient(SFNClient)) {
    this.#log = log;
    this.#client = client;
  }

  async complete(taskToken: string, job: JobView): Promise<void> {
    const whole = JSON.stringify(job);
    const fits = job.status === 'SUCCEEDED' || whole.length <= MAX_CAUSE;
    try {
      await this.#send(taskToken, job, fits ? whole : withoutBulk(job));
    } catch (error) {
      if (fits && error instanceof Error && UNFIT.has(error.name)) return this.#smaller(taskToken, job);
      this.#unlessNobodyWaits(job, error);
    }
  }

  async #smaller(taskToken: string, job: JobView): Promise<void> {
    try {
      await this.#send(taskToken, job, withoutBulk(job));
    } catch (error) {
      this.#unlessNobodyWaits(job, error);
    }
  }

  async #send(taskToken: string, { status }: JobView, text: string): Promise<void> {
    if (status === 'SUCCEEDED') await this.#client.send(new SendTaskSuccessCommand({ taskToken, output: text }));
    else await this.#client.send(new SendTaskFailureCommand({ taskToken, error: `Pollux.${status}`, cause: text }));
  }

  #unlessNobodyWaits(job: JobView, error: unknown): void {
    if (!(error instanceof Error && NOBODY_WAITS.has(error.name))) throw error;
    this.#log.warn('nobody waits for the end of a job any more', { job: job.id, error: error.name });
  }
}

/** The job as JSON without its bulk: a part of the whole text would be no JSON. */
function withoutBulk(job: JobView): string {
  const { parts: _parts, result: _result, error, ...rest } = job;
  const { details: _details, ...plain } = error ?? { code: '', message: '' };
  return JSON.stringify({ ...rest, ...(error && { error: plain }) });
}
