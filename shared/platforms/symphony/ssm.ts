import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../job/job.ts';
import type { CallOptions } from '../adapter.ts';
import { commandsFor, unwrap } from './host-script.ts';
import type { SsmOptions } from './options.ts';
import type { Invocation, RunCommand } from './run-command.ts';
import { type Run, type RunOptions, SCRIPT_TIMEOUT_SECONDS, type Script, type Transport } from './transport.ts';

/** `StandardOutputContent` holds so much and does not say that there was more. */
export const OUTPUT_CHARACTERS = 24_000;
/** A command may have 64 KB, the names of its parameters included. */
const COMMAND_BYTES = 60_000;
/** Between the end by `timeout` on the host, which the script's output survives, and the end by the agent. */
const AGENT_MARGIN_SECONDS = 30;
/** When the end of a command is asked for; the last one again and again. */
const POLL_MS = [500, 500, 1000, 1000, 2000];

/** What the state of an invocation means. Others (ExecutionTimedOut, …) are ends that leave open what the script did. */
const STATES: Readonly<Record<string, 'open' | 'ended' | 'not started'>> = {
  Pending: 'open',
  InProgress: 'open',
  Delayed: 'open',
  Cancelling: 'open',
  Success: 'ended',
  Failed: 'ended',
  DeliveryTimedOut: 'not started',
  Undeliverable: 'not started',
};

/** Scripts on the management host. A command goes on when nobody waits for it, so it can be left and asked about later. */
export function ssmTransport(name: string, options: SsmOptions, service: RunCommand, pollMs = POLL_MS): Transport {
  const windows = options.scriptType === 'bat';
  const limitSeconds = options.requestTimeoutSeconds ?? SCRIPT_TIMEOUT_SECONDS;

  async function run(
    script: Script,
    input: JsonObject,
    { signal, patienceMs }: CallOptions & RunOptions,
  ): Promise<Run> {
    const lines = commandsFor(script, input, options);
    const bytes = Buffer.byteLength(JSON.stringify(lines));
    if (bytes > COMMAND_BYTES) return failed('TooLarge', `the command has ${bytes} bytes`, false);
    if (signal.aborted)
      return failed('aborted', 'the time for this tick or request was over before it could run', false);
    let ticket: string;
    try {
      const document = windows ? 'AWS-RunPowerShellScript' : 'AWS-RunShellScript';
      const executionSeconds = limitSeconds + AGENT_MARGIN_SECONDS;
      ticket = await service.send(
        { document, lines, executionSeconds, comment: `Pollux: ${script} (${name})` },
        signal,
      );
    } catch (error) {
      return failureOf(error, mayHaveArrived(error));
    }
    const patience = patienceMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    for (let tries = 0; ; tries++) {
      const wait = pollMs[Math.min(tries, pollMs.length - 1)]!;
      await sleep(wait, undefined, { signal: patience }).catch(() => {});
      if (patience.aborted) return { kind: 'running', ticket };
      const run = await resume(ticket, { signal: patience });
      // Neither a call that failed nor one that came too early says anything of the command.
      if (run.kind === 'ended' || (run.kind === 'failed' && (run.over || !run.started))) return run;
    }
  }

  async function resume(ticket: string, { signal }: CallOptions): Promise<Run> {
    let seen: Invocation;
    try {
      seen = await service.invocation(ticket, signal);
    } catch (error) {
      return failureOf(error, true);
    }
    const state = Object.hasOwn(STATES, seen.status) ? STATES[seen.status] : undefined;
    if (state === 'open' || seen.status === '') return { kind: 'running', ticket };
    if (state === 'not started') return failed(seen.status, `the host did not take command ${ticket}`, false);
    const own = unwrap(seen.stdout);
    if (state === undefined)
      return {
        kind: 'failed',
        code: seen.status,
        message: `command ${ticket} is ${seen.status}`,
        started: true,
        over: true,
      };
    if (own === undefined)
      return failed('NotStarted', seen.stderr.trim().slice(-500) || `command ${ticket}, exit ${seen.exitCode}`, false);
    const cut = seen.stdout.length >= OUTPUT_CHARACTERS;
    return { kind: 'ended', exitCode: seen.exitCode, stdout: own, stderr: seen.stderr.slice(-8000), cut };
  }

  return { label: (script) => `${script}.${windows ? 'bat' : 'sh'} on ${options.instanceId}`, run, resume };
}

function failed(code: string, message: string, started: boolean): Run {
  return { kind: 'failed', code, message, started };
}

function failureOf(error: unknown, started: boolean): Run {
  const { code: given, name } = error as NodeJS.ErrnoException;
  // The code of an aborted call is a number.
  const code = typeof given === 'string' ? given : (name ?? 'Error');
  return failed(code, error instanceof Error ? error.message : String(error), started);
}

const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CredentialsProviderError|Region is missing)/;

/** A refusal (4xx) and a call that never left are sure; anything else may have reached the host. */
function mayHaveArrived(error: unknown): boolean {
  const { $metadata, code, name, message } = error as Error & {
    $metadata?: { httpStatusCode?: number };
    code?: string;
  };
  const status = $metadata?.httpStatusCode ?? 0;
  if (status >= 400 && status < 500) return false;
  return ![code, name, message].some((word) => word !== undefined && NEVER_SENT.test(word));
}
