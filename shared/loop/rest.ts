import type { ActiveJob } from '../job/job.ts';
import { PERMANENT_FIRST_SECONDS, PERMANENT_MAX_SECONDS } from '../job/schedule/due.ts';
import type { Looks } from '../job/soft-state.ts';
import type { Credentials } from '../platforms/adapter.ts';
import type { LoopItem, Rest } from '../store/loop-item.ts';
import type { Judged } from './health.ts';
import type { SoftState } from './soft-state.ts';

/**
 * Polls that fail until somebody acts (wrong keys, a missing privilege, a refused login) are repeated after a minute, then
 * ever more rarely; and at once when an operator has acted, as far as that can be seen: the secret has another version, the
 * options are others, or a check of the connection has succeeded.
 */

/** How long the platform is left alone after so many ticks in a row that failed for good. */
export function restMs(times: number): number {
  return 1000 * Math.min(PERMANENT_MAX_SECONDS, PERMANENT_FIRST_SECONDS * 2 ** Math.min(times - 1, 10));
}

/**
 * How often a loop at rest looks whether the secret has been replaced: within a quarter of a minute at first, when somebody
 * is likely to be at work on it, within a minute after eight. A tick costs $0.000075.
 */
const SECRET_MIN_GAP_MS = 15_000;
const SECRET_MAX_GAP_MS = 60_000;

export function secretGapMs(rest: Rest, now: number): number {
  return Math.min(SECRET_MAX_GAP_MS, Math.max(SECRET_MIN_GAP_MS, (now - rest.since) / 8));
}

/** What is left of a rest at the begin of a tick; `undefined`: an operator has acted since the last poll. */
export async function restNow(
  { rest, checkedAt }: LoopItem,
  credentials: Credentials | undefined,
): Promise<Rest | undefined> {
  if (rest === undefined) return undefined;
  const stored = await credentials?.stored();
  // Where none was in use, the secret could not be read, and now it can.
  const isReplaced = stored !== undefined && stored !== rest.credentials;
  if (isReplaced) credentials!.renew(stored);
  const isChecked = checkedAt !== undefined && checkedAt >= rest.at;
  return isReplaced || isChecked ? undefined : rest;
}

/** Another execution goes on where the last one stopped; it was woken for a reason, so the next poll is brought forward. */
export function inherited(rest: Rest | undefined): Pick<SoftState, 'failures' | 'retryAt'> {
  if (rest === undefined || rest.times === 0) return { failures: 0 };
  return { failures: rest.times, retryAt: rest.at + restMs(1) };
}

/** The connection failed until an operator acted, and does not any more. */
export function isRepaired(before: Rest | undefined, { asked, failed }: Judged): boolean {
  return before !== undefined && before.times > 0 && asked && failed === undefined;
}

/** Jobs of which nothing is known need not wait their time out. */
export function pollAtOnce(jobs: readonly ActiveJob[], looks: Looks): void {
  for (const job of jobs) {
    const look = looks.get(job.id);
    if (job.unknown && look) looks.set(job.id, { ...look, waitSeconds: 0 });
  }
}

/** What to remember after a tick, while the connection or single jobs fail until an operator acts. */
export function restAfter(
  before: Rest | undefined,
  judged: Judged,
  jobs: readonly ActiveJob[],
  started: number,
  credentials: Credentials | undefined,
): Rest | undefined {
  if (judged.permanentTimes === 0 && jobs.every((job) => job.unknown?.permanentSince === undefined)) return undefined;
  if (before !== undefined && !judged.asked) return before;
  const inUse = credentials?.inUse();
  return {
    since: before?.since ?? started,
    at: started,
    times: judged.permanentTimes,
    ...(inUse !== undefined && { credentials: inUse }),
  };
}
