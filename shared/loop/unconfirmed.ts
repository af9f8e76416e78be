import type { ActiveJob } from '../job/job.ts';
import { end, next } from '../job/next.ts';
import type { Due } from '../job/schedule/due.ts';
import type { Bounds, FindOutcome } from '../platforms/adapter.ts';

/**
 * Jobs whose submit ended without an answer, or whose submitter died between the call and writing down its answer. They
 * are never submitted again: they are looked for at the platform.
 */

/** No submit function runs longer than 30 s (API Gateway's limit), so after this no submit can be under way any more. */
export const SUBMIT_QUIET_MS = 60_000;
/** A request that was cut off may still be carried out a moment later; looking at once would see nothing. */
const FIRST_FIND_MS = 3_000;
const MAX_FIND_GAP_MS = 60_000;

/** When to look for it; after each try, again after as long as it has been looked for so far. */
export function findableFrom(job: ActiveJob, lastLook: number | undefined): Due {
  const since = job.submitUnknownAt ?? job.createdAt + SUBMIT_QUIET_MS - FIRST_FIND_MS;
  const tried = lastLook !== undefined && lastLook > since;
  const at = tried
    ? lastLook + Math.min(MAX_FIND_GAP_MS, Math.max(FIRST_FIND_MS, lastLook - since))
    : since + FIRST_FIND_MS;
  return { at, from: at };
}

/** What becomes of it. `undefined`: the platform has no way to find it. */
export function afterFind(job: ActiveJob, found: FindOutcome | undefined, now: number, bounds: Bounds): ActiveJob {
  if (found?.kind === 'accepted') {
    const { submitUnknownAt: _over, unknown: _known, ...rest } = job;
    const { kind: _kind, ...accepted } = found;
    return { ...rest, ...accepted, status: 'QUEUED' };
  }
  if (found === undefined) return lost(job, now, 'The platform offers no way to find out whether it was submitted.');
  const windowOver = now >= (job.submitUnknownAt ?? job.createdAt) + bounds.findSubmittedSeconds * 1000;
  const answered = found.kind === 'absent' || found.kind === 'ambiguous';
  if (!answered) return next(job, found.kind === 'not_found' ? { ...found, kind: 'transient' } : found, now, bounds);
  return windowOver ? lost(job, now, found.message) : job;
}

function lost(job: ActiveJob, now: number, message: string): ActiveJob {
  return end(job, 'LOST', now, { code: 'SubmitUnconfirmed', message, outcomeUncertain: true });
}
