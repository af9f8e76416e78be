import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../../job/job.ts';
import type { CallOptions } from '../adapter.ts';
import type { ExecOptions } from './options.ts';
import { decode, type Run, SCRIPT_TIMEOUT_SECONDS, type Script, type Transport } from './transport.ts';

/** 14,000 machines at 290 characters each. */
export const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const MAX_STDERR_BYTES = 8_000;
/** Between the request to end and the end by force: for a script that has locks to give back. */
const TERM_MS = 1_000;
/** Providers leave workers behind that keep the output open. What the script itself wrote is there by then. */
const DRAIN_MS = 200;
/** `timeout`'s own exit code. */
const GIVEN_UP = 124;
/**
 * Of the own environment, the little that a shell needs. A function's environment holds the credentials of its role, which
 * are none of a script's business.
 */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'JAVA_HOME', 'SystemRoot'];

/** Signals as a shell adds them to 128. */
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };

/** Scripts on this machine. The relative folder of a connection is relative to where the process runs. */
export function execTransport(options: ExecOptions): Transport {
  const folder = resolve(options.scripts);
  const limitMs = (options.requestTimeoutSeconds ?? SCRIPT_TIMEOUT_SECONDS) * 1000;
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const env = { ...Object.fromEntries(inherited), ...options.environment };

  async function run(script: Script, input: JsonObject, { signal }: CallOptions): Promise<Run> {
    if (signal.aborted) return notStarted('aborted', 'the time for this tick or request was over before it could run');
    let own: string | undefined;
    try {
      own = await mkdtemp(join(tmpdir(), 'pollux-'));
      const file = join(own, 'input.json');
      await writeFile(file, JSON.stringify(input), { mode: 0o600 });
      return await execute(join(folder, `${script}.sh`), file, { cwd: folder, env }, { limitMs, signal });
    } catch (error) {
      // Before the script only: its input could not be written.
      return notStarted((error as NodeJS.ErrnoException).code ?? 'Error', String(error));
    } finally {
      if (own !== undefined) await rm(own, { recursive: true, force: true }).catch(() => {});
    }
  }

  return {
    label: (script) => `${script}.sh`,
    run,
    async resume(ticket) {
      return notStarted('handle', `the run ${ticket} is not one of this machine's`);
    },
  };
}

function notStarted(code: string, message: string): Run {
  return { kind: 'failed', code, message, started: false };
}

function execute(
  path: string,
  file: string,
  place: { cwd: string; env: NodeJS.ProcessEnv },
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<Run> {
  const { promise, resolve: settle } = Promise.withResolvers<Run>();
  // Detached makes it the leader of a group: what it started ends with it.
  const child = spawn(path, ['-f', file], { ...place, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = collect(child.stdout, MAX_OUTPUT_BYTES, () => giveUp());
  const err = collect(child.stderr, MAX_STDERR_BYTES, () => {});
  const end = (exitCode: number) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    child.stdout?.destroy();
    child.stderr?.destroy();
    settle({ kind: 'ended', exitCode, stdout: decode(out.bytes()), stderr: decode(err.bytes()), cut: out.cut() });
  };
  const giveUp = () => {
    endGroup(child);
    end(GIVEN_UP);
  };
  const timer = setTimeout(giveUp, limitMs);
  signal.addEventListener('abort', giveUp, { once: true });
  child.once('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
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
  return promise;
}

function endGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const send = (name: NodeJS.Signals) => {
    try {
      process.kill(-pid, name);
    } catch {
      // Nobody of the group is left.
    }
  };
  send('SIGTERM');
  setTimeout(() => send('SIGKILL'), TERM_MS);
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
