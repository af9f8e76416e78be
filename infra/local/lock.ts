import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EngineError } from './engine-error.ts';

/** Data directories that this process holds: a pid alone cannot tell, it repeats from container to container. */
const held = new Set<string>();

export interface Lock {
  release(): void;
  /** The process that had it before did not give it back: it was killed. */
  interrupted: boolean;
}

/** Takes the data directory for this process, or says who has it. */
export function lockDirectory(directory: string): Lock {
  const file = join(directory, 'lock');
  let interrupted = false;
  try {
    makeDirectory(resolve(directory));
    write(file);
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST' || syscall !== 'open') {
      throw new EngineError(`data directory ${directory}: it cannot be written (${code}); choose another with --data`, {
        cause,
      });
    }
    const holder = readHolder(file);
    if (holder && (held.has(file) || isAlive(holder))) {
      throw new EngineError(
        `data directory ${directory}: in use by process ${holder.pid}; stop that one, or choose another with --data`,
      );
    }
    rmSync(file, { force: true });
    write(file);
    interrupted = true;
  }
  held.add(file);
  const release = () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
  return { release, interrupted };
}

/**
 * One directory at a time: `recursive` never returns where a file system does not let directories be made (/proc, in Node 24).
 * Only this user may read them, because they hold what jobs returned.
 */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(directory).isDirectory()) return;
    const parent = dirname(directory);
    if (code !== 'ENOENT' || parent === directory || existsSync(parent)) throw error;
    makeDirectory(parent);
    mkdirSync(directory, { mode: 0o700 });
  }
}

interface Holder {
  pid: number;
  /** When the process started, where the system tells: a later process may have got the same pid. */
  started?: string;
}

function write(file: string): void {
  const descriptor = openSync(file, 'wx', 0o600);
  writeSync(descriptor, JSON.stringify({ pid: process.pid, started: processStart(process.pid) }));
  closeSync(descriptor);
}

/** `undefined` for a file that a crash left half written: nobody holds it. */
function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid) && (started === undefined || started === processStart(pid));
}

/** Dead, and its parent has not asked for its exit code yet: a kill finds it, but it holds nothing. */
function isZombie(pid: number): boolean {
  return /^[ZX]/.test(statOf(pid)?.[0] ?? '');
}

/** Field 22 of /proc/PID/stat. */
function processStart(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

/** Fields 3 and on of /proc/PID/stat (proc(5)), on Linux; the command name before them may hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
