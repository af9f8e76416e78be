import type { ActiveJob } from '../job.ts';
import { nextGap, type PlanLimits } from './plan.ts';

/** A canceled job usually ends within seconds, so the next look comes this long after the platform took the request. */
const AFTER_CANCEL_MS = 2_000;
const UNKNOWN_MIN_MS = 5_000;
const UNKNOWN_MAX_MS = 300_000;

/** When a job is to be looked at. All epoch milliseconds. */
export interface Due {
  /** No later than this. */
  at: number;
  /** When the loop is awake anyway, from this moment on. */
  from: number;
}

/**
 * When to look at a job that was last looked at (or tried to be) at `lastLook`; `undefined`: never by this execution.
 *
 * A job whose state is unknown is tried again after as long as it has been unknown so far: a doubling back-off from
 * 5 s to 5 min that needs no counter and survives a restart, spread over its upper half so that jobs drift apart.
 */
export function dueAt(job: ActiveJob, lastLook: number | undefined, limits: PlanLimits): Due {
  const last = lastLook ?? job.createdAt;
  if (job.unknown && lastLook !== undefined) {
    const unknownFor = Math.max(lastLook - job.unknown.since, UNKNOWN_MIN_MS);
    const wait = Math.min(unknownFor, UNKNOWN_MAX_MS) * (0.5 + spread(job.id, lastLook) / 2);
    return { at: last + wait, from: last + wait };
  }
  const age = (last - job.createdAt) / 1000;
  const gap = nextGap(job.operation, age, limits) * 1000;
  const planned = { at: last + gap, from: last + gap * limits.pullForwardAfter };
  const due = job.lookBy !== undefined && job.lookBy > last ? soonest(planned, job.lookBy) : planned;
  if (job.cancelSentAt !== undefined && job.cancelSentAt >= last)
    return soonest(due, job.cancelSentAt + AFTER_CANCEL_MS);
  return due;
}

/** When a job that is submitted now should first be looked at, in milliseconds from now. */
export function firstLookMs(operation: string, limits: PlanLimits): number {
  return nextGap(operation, 0, limits) * 1000;
}

/** 0..1, the same whenever it is asked: a plan made at the end of one tick must hold at the start of the next. */
function spread(jobId: string, lastLook: number): number {
  let hash = Math.floor(lastLook / 1000);
  for (let i = jobId.length - 6; i < jobId.length; i++) hash = (hash * 31 + jobId.charCodeAt(i)) % 1_000_003;
  return (hash % 1000) / 1000;
}

function soonest(due: Due, at: number): Due {
  return { at: Math.min(due.at, at), from: Math.min(due.from, at) };
}
