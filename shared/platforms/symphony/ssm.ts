import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../job/job.ts';
import { lastOf } from '../../secrets/conceal.ts';
import type { CallOptions } from '../adapter.ts';
import { commandsFor, unwrap } from './host-script.ts';
import type { SsmOptions } from './options.ts';
import type { Invocation, RunCommand } from './run-command.ts';
import {
  type FailedRun,
  type Run,
  type RunOptions,
  SCRIPT_TIMEOUT_SECONDS,
  type Script,
  type Transport,
} from './transport.ts';

/** `StandardOutputContent` holds so much and does not say that there was more. */
export const OUTPUT_CHARACTERS = 24_000;
/** A command may have 64 KB, the names of its parameters included. */
const COMMAND_BYTES = 60_000;
/** Between the end by `timeout` on the host, which the script's output survives, and the end by the agent. */
const AGENT_MARGIN_SECONDS = 30;
/** When the end of a command is asked for; the last one again and again. */
const POLL_MS = [500, 500, 1000, 1000, 2000];

/** `timeout` on the host, and what it does to a script that will not end. */
const LIMIT_EXITS = new Set([124, 137]);

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
    return follow(ticket, pollMs[0]!, { signal, ...(patienceMs !== undefined && { patienceMs }) });
  }

  /** Waits for the end of a command, as long as the signal and the patience let. */
  async function follow(
    ticket: string,
    firstWaitMs: number,
    { signal, patienceMs }: CallOptions & Pick<RunOptions, 'patienceMs'>,
  ): Promise<Run> {
    const patience = patienceMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    let trouble: FailedRun | undefined;
    for (let tries = 0; ; tries++) {
      const wait = tries === 0 ? firstWaitMs : pollMs[Math.min(tries, pollMs.length - 1)]!;
      if (wait > 0) await sleep(wait, undefined, { signal: patience }).catch(() => {});
      if (patience.aborted) return { kind: 'running', ticket, ...(trouble && { trouble }) };
      const run = await read(ticket, patience);
      // Neither a call that failed nor one that came too early says anything of the command.
      if (run.kind === 'ended' || (run.kind === 'failed' && (run.over || !run.started))) return run;
      if (run.kind === 'failed' && !patience.aborted) trouble = run;
      if (run.kind === 'running') trouble = undefined;
    }
  }

  async function read(ticket: string, signal: AbortSignal): Promise<Run> {
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
    const stderr = lastOf(seen.stderr, 8000);
    if (state === undefined) {
      const message = `command ${ticket} is ${seen.status}`;
      return {
        kind: 'failed',
        code: seen.status,
        message,
        started: true,
        over: true,
        stdout: own ?? seen.stdout,
        stderr,
      };
    }
    if (own === undefined) {
      const message = `command ${ticket}, exit ${seen.exitCode}`;
      return { kind: 'failed', code: 'NotStarted', message, started: false, stdout: seen.stdout, stderr };
    }
    return {
      kind: 'ended',
      exitCode: seen.exitCode,
      stdout: own,
      stderr,
      cut: seen.stdout.length >= OUTPUT_CHARACTERS,
      ...(LIMIT_EXITS.has(seen.exitCode) && {
        limit: `exit ${seen.exitCode} on the host, which is what its limit ends with: requestTimeoutSeconds (${limitSeconds})`,
      }),
    };
  }

  function resume(ticket: string, { signal, patienceMs }: CallOptions & Pick<RunOptions, 'patienceMs'>): Promise<Run> {
    if (patienceMs === 0) return read(ticket, signal);
    return follow(ticket, 0, { signal, ...(patienceMs !== undefined && { patienceMs }) });
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
