import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { isTerminal } from '../job/job.ts';
import type { JobView } from '../job/present.ts';
import type { ConnectionRef } from '../store/store.ts';

/** The port to the wait-loops' executions. */
export interface Executions {
  /**
   * Starts the loop's execution of this epoch. `running`: it runs (now, or already); `used-up`: it ran and is over.
   * Rejects when Step Functions does not take the call (throttling).
   */
  start(of: ConnectionRef, epoch: number): Promise<'running' | 'used-up'>;
  isRunning(of: ConnectionRef, epoch: number): Promise<boolean>;
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

  constructor(loopArnOf: LoopArnOf, client = new SFNClient({})) {
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

  async isRunning(of: ConnectionRef, epoch: number): Promise<boolean> {
    const stateMachine = this.#loopArnOf(of.platform);
    const executionArn = `${stateMachine.replace(':stateMachine:', ':execution:')}:${executionName(of, epoch)}`;
    try {
      const found = await this.#client.send(new DescribeExecutionCommand({ executionArn }));
      return found.status === 'RUNNING' || found.status === 'PENDING_REDRIVE';
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return false;
      throw error;
    }
  }
}

/** At most 80 characters: a connection's name has at most 60. */
export function executionName(of: ConnectionRef, epoch: number): string {
  return `${of.connection}-${epoch}`;
}

/** What Step Functions says of a token that cannot be completed any more. */
const NOBODY_WAITS = new Set(['TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken']);

export class StepFunctionsCallbacks implements Callbacks {
  readonly #client: SFNClient;

  constructor(client = new SFNClient({})) {
    this.#client = client;
  }

  async complete(taskToken: string, job: JobView): Promise<void> {
    const output = JSON.stringify(job);
    const succeeded = isTerminal(job.status) && job.status === 'SUCCEEDED';
    try {
      if (succeeded) await this.#client.send(new SendTaskSuccessCommand({ taskToken, output }));
      else
        await this.#client.send(
          new SendTaskFailureCommand({ taskToken, error: `Pollux.${job.status}`, cause: output }),
        );
    } catch (error) {
      if (error instanceof Error && NOBODY_WAITS.has(error.name)) return;
      throw error;
    }
  }
}
