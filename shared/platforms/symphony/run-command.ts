import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { awsClient } from '../../aws/client.ts';
import type { SsmOptions } from './options.ts';

/** The two calls that are made of Systems Manager Run Command. Both reject with the service's own exceptions. */
export interface RunCommand {
  /** The command's id. */
  send(command: Command, signal: AbortSignal): Promise<string>;
  invocation(commandId: string, signal: AbortSignal): Promise<Invocation>;
}

export interface Command {
  document: 'AWS-RunShellScript' | 'AWS-RunPowerShellScript';
  lines: readonly string[];
  /** The agent ends the command after this. */
  executionSeconds: number;
  comment: string;
}

export interface Invocation {
  /** `StatusDetails` without the blanks that only the documentation has. */
  status: string;
  /** -1 until the command has ended. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A host whose agent does not take a command within this time is not there. 30 is the least that is allowed. */
const DELIVERY_SECONDS = 60;
/** Systems Manager itself. */
export function systemsManager({ instanceId, region }: SsmOptions): RunCommand {
  const client = awsClient(SSMClient, region === undefined ? {} : { region });
  return {
    async send({ document, lines, executionSeconds, comment }, signal) {
      const { Command: sent } = await client.send(
        new SendCommandCommand({
          DocumentName: document,
          InstanceIds: [instanceId],
          Comment: comment.slice(0, 100),
          TimeoutSeconds: DELIVERY_SECONDS,
          Parameters: { commands: [...lines], executionTimeout: [String(executionSeconds)] },
        }),
        { abortSignal: signal },
      );
      if (!sent?.CommandId) throw new Error('SendCommand answered without a CommandId');
      return sent.CommandId;
    },
    async invocation(commandId, signal) {
      const told = await client.send(
        new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }),
        { abortSignal: signal },
      );
      return {
        status: (told.StatusDetails ?? told.Status ?? '').replaceAll(' ', ''),
        exitCode: told.ResponseCode ?? -1,
        stdout: told.StandardOutputContent ?? '',
        stderr: told.StandardErrorContent ?? '',
      };
    },
  };
}
