import type { ActiveJob, TerminalStatus } from './job.ts';
import type { Observation } from './outcome.ts';
import type { Duration } from './schedule/stats.ts';

/** Statuses that end an operation by its own work. In every other the operation was cut short, or went out of sight. */
const ENDED: readonly TerminalStatus[] = ['SUCCEEDED', 'PARTIALLY_SUCCEEDED', 'FAILED'];

/**
 * How long the operation took, counted from the submit. Where the platform tells (by its own clock) that is exact, else it
 * is known to have ended between two looks only. A job that was cut short is censored: it would have taken longer.
 *
 * `undefined`: it teaches nothing (an adopted job, or one that was never seen).
 */
export function tookOf(
  job: ActiveJob,
  status: TerminalStatus,
  now: number,
  lastSeenAt: number | undefined,
  seen?: Observation,
): Duration | undefined {
  if (job.adopted) return undefined;
  const age = (at: number | undefined) => Math.max(0, ((at ?? job.createdAt) - job.createdAt) / 1000);
  const after = age(job.unknown ? job.unknown.lastSeenAt : lastSeenAt);
  if (!ENDED.includes(status) || seen === undefined) {
    const cut =
      status === 'CANCELED' ? age(job.cancelRequestedAt) : status === 'TIMED_OUT' && !job.unknown ? age(now) : 0;
    const censored = Math.max(after, cut);
    return censored > 0 ? { censored: round(censored) } : undefined;
  }
  const upTo = age(now);
  if (seen.tookSeconds !== undefined) return { exact: round(Math.min(upTo, Math.max(after, seen.tookSeconds))) };
  return after < upTo ? { after: round(after), upTo: round(upTo) } : { exact: round(upTo) };
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
