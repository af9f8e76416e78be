import { type ActiveJob, isTerminal, type JobError } from '../job/job.ts';
import type { CheckOutcome } from '../job/outcome.ts';
import type { CancelOutcome } from '../platforms/adapter.ts';

/** The platform took the request, or has no use for it any more; a refusal is noted so that it is not repeated. */
export function afterCancel(job: ActiveJob, outcome: CancelOutcome, now: number): ActiveJob {
  if (isTerminal(job.status)) return job;
  if (outcome.kind === 'over') return { ...job, cancelSentAt: now };
  if (outcome.kind === 'accepted')
    return { ...job, cancelSentAt: now, ...(outcome.handle && { handle: outcome.handle }) };
  const refusal = refusalOf(outcome);
  if (refusal === undefined) return job;
  const { cancelRequestedAt: _refused, ...rest } = job;
  return { ...rest, message: `Cancel refused: ${refusal.message}`.slice(0, 500) };
}

/** Why this cancel is of no use, now and later: it is told to whoever asked for it, and never sent again by itself. */
export function refusalOf(outcome: CancelOutcome): JobError | undefined {
  if (outcome.kind === 'refused') return outcome.error;
  if (outcome.kind !== 'permanent') return undefined;
  return { code: outcome.code, message: outcome.message, retryable: false };
}

/**
 * What a cancel by the loop has come to. A permanent failure is a refusal of this cancel (a missing privilege) only where a
 * look at the same job was answered meanwhile; else it is the connection that is out of order (a rotated password), and the
 * cancel is told again once that is repaired.
 */
export function cancelByLoop(
  outcome: CancelOutcome | undefined,
  look: CheckOutcome | undefined,
): CancelOutcome | undefined {
  if (outcome?.kind !== 'permanent') return outcome;
  const answered = look?.kind === 'observed' || look?.kind === 'not_found';
  return answered ? outcome : { ...outcome, kind: 'transient' };
}
