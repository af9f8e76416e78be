import type { ActiveJob } from '../job.ts';
import type { Look } from '../soft-state.ts';
import type { Plans } from './plan.ts';

/** A canceled job usually ends within seconds, so the next look comes this long after the platform took the request. */
const AFTER_CANCEL_MS = 2_000;
const UNKNOWN_MIN_SECONDS = 5;
const UNKNOWN_MAX_SECONDS = 300;
/** A failure that lasts until an operator acts: after a minute once more, then after twice as long each time. */
export const PERMANENT_FIRST_SECONDS = 60;
export const PERMANENT_MAX_SECONDS = 900;

/** When a job is to be looked at. All epoch milliseconds. */
export interface Due {
  /** No later than this. */
  at: number;
  /** When the loop is awake anyway, from this moment on. */
  from: number;
}

/** What a loop knows of its predecessor, which was asleep when this one took over. */
export interface Predecessor {
  /** The end of its last tick: what was due then has been looked at. */
  tickedAt: number;
  /** When it meant to tick again. */
  wakeAt: number;
}

/** When to look at a job, given the last look at it. */
export function dueAt(job: ActiveJob, look: Look | undefined, plans: Plans, predecessor?: Predecessor): Due {
  const last = look?.at ?? job.createdAt;
  const planned = look === undefined ? firstLook(job, plans, predecessor) : nextLook(job, look, plans);
  const due = job.lookBy !== undefined && job.lookBy > last ? soonest(planned, job.lookBy) : planned;
  if (job.cancelSentAt !== undefined && job.cancelSentAt >= last)
    return soonest(due, job.cancelSentAt + AFTER_CANCEL_MS);
  return due;
}

function nextLook(job: ActiveJob, look: Look, plans: Plans): Due {
  const wait = look.waitSeconds * 1000;
  // A look that failed waits its whole time out, or a busy loop would never let a platform rest.
  return { at: look.at + wait, from: look.at + wait * (job.unknown ? 1 : plans.limits.pullForwardAfter) };
}

/** A job without a record is new, or its last look was its predecessor's. */
function firstLook(job: ActiveJob, plans: Plans, predecessor: Predecessor | undefined): Due {
  const wait = plans.gapSeconds(job, 0) * 1000;
  const first = job.createdAt + wait;
  if (predecessor !== undefined && first <= predecessor.tickedAt) {
    const { tickedAt, wakeAt } = predecessor;
    return { at: wakeAt, from: tickedAt + (wakeAt - tickedAt) * plans.limits.pullForwardAfter };
  }
  return { at: first, from: job.createdAt + wait * plans.limits.pullForwardAfter };
}

/**
 * How long to wait after a look, in seconds. After one that failed: full jitter over a range that doubles with the time
 * for which nothing is known, from 5 s to 5 min. That needs no counter and survives a restart. After one that fails until
 * an operator acts: 1, 2, 4, 8, then 15 min, which is the time for which it has failed so, and a minute.
 */
export function waitAfterLook(
  job: ActiveJob,
  at: number,
  plans: Plans,
  random: () => number,
  progress = job.progress,
): number {
  if (job.unknown?.permanentSince !== undefined) {
    const failingFor = Math.max(0, (at - job.unknown.permanentSince) / 1000);
    return Math.min(PERMANENT_MAX_SECONDS, Math.round(failingFor) + PERMANENT_FIRST_SECONDS);
  }
  if (job.unknown) {
    const unknownFor = (at - job.unknown.since) / 1000;
    const range = Math.min(UNKNOWN_MAX_SECONDS, Math.max(UNKNOWN_MIN_SECONDS, 2 * unknownFor));
    return Math.max(1, Math.round(random() * range));
  }
  return plans.gapSeconds(job, (at - job.createdAt) / 1000, progress);
}

function soonest(due: Due, at: number): Due {
  return { at: Math.min(due.at, at), from: Math.min(due.from, at) };
}
