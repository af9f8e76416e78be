import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../job/job.ts';
import type { CallOptions } from '../adapter.ts';
import { endGroup, isAlive } from './exec-group.ts';
import type { ExecOptions } from './options.ts';
import { decode, type Run, type RunOptions, SCRIPT_TIMEOUT_SECONDS, type Script, type Transport } from './transport.ts';

/** 14,000 machines at 290 characters each. */
export const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const MAX_STDERR_BYTES = 8_000;
/** Providers leave workers behind that keep the output open. What the script itself wrote is there by then. */
const DRAIN_MS = 200;
/** `timeout`'s own exit code. */
const GIVEN_UP = 124;
/** Between two looks at a process that another one of ours has started. */
const ELSEWHERE_MS = 1_000;
/**
 * Of the own environment, the little that a shell needs. A function's environment holds the credentials of its role, which
 * are none of a script's business.
 */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'JAVA_HOME', 'SystemRoot'];

/** Signals as a shell adds them to 128. */
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };

/** A script under way. */
interface Started {
  pid: number | undefined;
  ended: Promise<Run>;
  giveUp(limit: string): void;
}

/**
 * Scripts on this machine. The relative folder of a connection is relative to where the process runs. A script that takes
 * longer than a tick goes on, and a later tick reads its answer: but not on AWS, where a function stands still when its
 * tick is over, and may never go on.
 */
export function execTransport(options: ExecOptions, outlives = !isLambda()): Transport {
  const folder = resolve(options.scripts);
  const limitSeconds = options.requestTimeoutSeconds ?? SCRIPT_TIMEOUT_SECONDS;
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const env = { ...Object.fromEntries(inherited), ...options.environment };
  const left = new Map<string, Started>();

  async function run(
    script: Script,
    input: JsonObject,
    { signal, resumable = false }: CallOptions & RunOptions,
  ): Promise<Run> {
    if (signal.aborted) return notStarted('aborted', 'the time for this tick or request was over before it could run');
    const begin = Date.now();
    let own: string | undefined;
    try {
      own = await mkdtemp(join(tmpdir(), 'pollux-'));
      const file = join(own, 'input.json');
      await writeFile(file, JSON.stringify(input), { mode: 0o600 });
      const started = execute(join(folder, `${script}.sh`), file, { cwd: folder, env }, limitSeconds);
      const ended = started.ended.finally(() => remove(own));
      const first = await orAborted(ended, signal);
      if (first !== undefined) return first;
      if (resumable && outlives) {
        const ticket = `${started.pid}:${begin}`;
        left.set(ticket, { ...started, ended });
        return { kind: 'running', ticket };
      }
      const seconds = Math.round((Date.now() - begin) / 1000);
      started.giveUp(cutShort(script, seconds, limitSeconds, resumable));
      return await ended;
    } catch (error) {
      // Before the script only: its input could not be written.
      await remove(own);
      return notStarted((error as NodeJS.ErrnoException).code ?? 'Error', String(error));
    }
  }

  return {
    label: (script) => `${script}.sh`,
    run,
    async resume(ticket, { signal, patienceMs }) {
      const patience = patienceMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
      const started = left.get(ticket);
      if (started === undefined) return endElsewhere(ticket, patience);
      const run = await orAborted(started.ended, patience);
      if (run === undefined) return { kind: 'running', ticket };
      left.delete(ticket);
      return run;
    },
  };
}

async function remove(folder: string | undefined): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {});
}

/** AWS sets this in every function, and the local engine does not. */
function isLambda(): boolean {
  return process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== undefined;
}

/** Which limit it was: not the one that the connection sets. */
function cutShort(script: Script, seconds: number, limitSeconds: number, resumable: boolean): string {
  const place = resumable
    ? 'which is all that a tick has; on AWS a script of the transport "exec" cannot go on after it'
    : 'which is all that the call of the API has; a script of the transport "exec" cannot go on after it';
  const advice = 'Use the transport "ssm", where it can';
  return `${script} was ended after ${seconds} s, ${place}, whatever requestTimeoutSeconds (${limitSeconds}) says. ${advice}`;
}

/** Another process of ours runs it, or did: its output is lost with that process, but not more than one runs at a time. */
async function endElsewhere(ticket: string, signal: AbortSignal): Promise<Run> {
  const pid = Number(/^(\d{1,10}):\d+$/.exec(ticket)?.[1]);
  while (pid > 1 && isAlive(pid)) {
    await sleep(ELSEWHERE_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return { kind: 'running', ticket };
  }
  return { kind: 'failed', code: 'Elsewhere', message: `the end of run ${ticket}`, started: true, over: true };
}

async function orAborted(ended: Promise<Run>, signal: AbortSignal): Promise<Run | undefined> {
  const { promise, resolve: aborted } = Promise.withResolvers<undefined>();
  const onAbort = () => aborted(undefined);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([ended, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function notStarted(code: string, message: string): Run {
  return { kind: 'failed', code, message, started: false };
}

function execute(
  path: string,
  file: string,
  place: { cwd: string; env: NodeJS.ProcessEnv },
  limitSeconds: number,
): Started {
  const { promise, resolve: settle } = Promise.withResolvers<Run>();
  // Detached makes it the leader of a group: what it started ends with it.
  const child: ChildProcess = spawn(path, ['-f', file], {
    ...place,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = collect(child.stdout, MAX_OUTPUT_BYTES, () =>
    giveUp(`its output is larger than ${MAX_OUTPUT_BYTES} bytes`),
  );
  const err = collect(child.stderr, MAX_STDERR_BYTES, () => {});
  const end = (exitCode: number, limit?: string) => {
    clearTimeout(timer);
    child.stdout?.destroy();
    child.stderr?.destroy();
    settle({
      kind: 'ended',
      exitCode,
      stdout: decode(out.bytes()),
      stderr: decode(err.bytes()),
      cut: out.cut(),
      ...(limit !== undefined && { limit }),
    });
  };
  const giveUp = (limit: string) => {
    endGroup(child);
    end(GIVEN_UP, limit);
  };
  const timer = setTimeout(
    () => giveUp(`it took longer than requestTimeoutSeconds (${limitSeconds})`),
    limitSeconds * 1000,
  );
  child.once('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    settle(notStarted(error.code ?? error.name, `${path}: ${error.code ?? error.message}`));
  });
  child.once('exit', (code, by) => {
    const exitCode = code ?? 128 + (SIGNALS[by ?? ''] ?? 0);
    const drained = setTimeout(() => end(exitCode), DRAIN_MS);
    child.once('close', () => {
      clearTimeout(drained);
      end(exitCode);
    });
  });
  return { pid: child.pid, ended: promise, giveUp };
}

function collect(stream: NodeJS.ReadableStream | null, limit: number, full: () => void) {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (length <= limit) chunks.push(chunk);
    const before = length;
    length += chunk.length;
    if (before <= limit && length > limit) full();
  });
  stream?.on('error', () => {});
  return { bytes: () => Buffer.concat(chunks).subarray(0, limit), cut: () => length > limit };
}
