import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from '../../cli/run.ts';
import { type Engine, startEngine } from '../../infra/local/engine.ts';
import { type SimulatedPlatforms, startSimulatedPlatforms } from '../../infra/local/simulated.ts';
import type { Scenarios } from '../../infra/local/simulators/simulator.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
}

/** The command line as a process of its own, that inherits nothing of this one's environment but the path. */
export function pollux(args: readonly string[], { env = {}, input }: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { env: { PATH: process.env.PATH, ...env }, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
      },
    );
    child.stdin?.end(input ?? '');
  });
}

/** The command line in this process: quicker, where nothing of a process is looked at. */
export async function runHere(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const said = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') =>
    ({
      write(text: string) {
        said[name] += text;
        return true;
      },
    }) as NodeJS.WriteStream;
  const process = {
    stdin: Readable.from(['']) as NodeJS.ReadStream,
    stdout: into('stdout'),
    stderr: into('stderr'),
    env,
  };
  const code = await run(args, process, new AbortController().signal);
  return { code, ...said };
}

/** A process that goes on: its output so far, and a way to end it. */
export function follow(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, ...env } });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code: code ?? -1, ...said })));
  return { child, said, ended };
}

export interface Rig {
  engine: Engine;
  scenarios: Record<string, Scenarios>;
  platforms: SimulatedPlatforms;
  run(...args: string[]): Promise<Ran>;
  env: Record<string, string>;
  close(): Promise<void>;
}

/** A local engine with simulated platforms, and the command line that talks to it. */
export async function startRig(): Promise<Rig> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pollux-cli-'));
  const platforms = await startSimulatedPlatforms();
  const { connections, secrets } = platforms;
  const wrong = { ...(connections.vsphere!.lab as object), secret: 'wrong' };
  const engine = await startEngine({
    connections: { ...connections, vsphere: { ...connections.vsphere, wrong } },
    secrets: { ...secrets, wrong: { username: 'op', password: 'not-this-one' } },
    dataDir,
    maxWorkers: 2,
  });
  const env = { POLLUX_URL: engine.url };
  return {
    engine,
    platforms,
    scenarios: Object.fromEntries(platforms.simulators.map(({ platform, scenarios }) => [platform, scenarios])),
    env,
    run: (...args) => pollux(args, { env }),
    async close() {
      await engine.stop();
      await platforms.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
