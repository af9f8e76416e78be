import type { ChildProcess } from 'node:child_process';

/** Between the request to end and the end by force: for a script that has locks to give back. */
const TERM_MS = 1_000;

/** Ends a script with all that it has started. */
export function endGroup({ pid }: ChildProcess): void {
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

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
