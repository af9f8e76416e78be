import { createHash } from 'node:crypto';
import type { CheckOutcome, Observation } from '../../job/outcome.ts';
import type { Entry } from './answer.ts';
import { isExplained } from './errors.ts';
import type { Watch } from './handle.ts';
import { type Asked, endOf, endsExecuting, outcomeOf } from './mapping.ts';

/** "Not found", and a failure that names no machine, within two minutes after the request say nothing. */
export const CREATION_GRACE_SECONDS = 120;
/** How long they must have been said. */
export const NOT_FOUND_GRACE_SECONDS = 60;

export interface Judged {
  outcome: CheckOutcome;
  /** To be kept with the job until the next poll. */
  watch?: Watch | undefined;
}

interface Moment {
  now: number;
  createdAt: number;
  stallMs: number;
}

/**
 * What an entry says of a job, given what was said before. Two kinds of ends are not believed at once. One leaves machines
 * executing: they may still come (HF-T5), or the provider never asks its cloud again for a request that has ended. The other
 * is a failure without a machine and without a reason: the provider may not have begun.
 */
export function judge(entry: Entry, asked: Asked, before: Watch | undefined, moment: Moment): Judged {
  if (endsExecuting(entry, asked.kind)) return judgeExecuting(entry, asked, before, moment);
  const outcome = outcomeOf(entry, asked.kind, asked.wanted, asked.capacityUnits);
  if (outcome.kind === 'not_found' && before && isOfEmpty(before)) return { outcome: forgotten(entry.requestId) };
  return isEmptyFailure(entry, asked, outcome) ? judgeEmpty(entry, outcome, before, moment) : { outcome };
}

function judgeExecuting(entry: Entry, asked: Asked, before: Watch | undefined, { now, stallMs }: Moment): Judged {
  const watch = watchOf(`x ${digestOf(entry)}`, before, now);
  if (now - watch.since >= stallMs) return { outcome: endOf(entry, asked) };
  return { outcome: outcomeOf(entry, asked.kind, asked.wanted, asked.capacityUnits), watch };
}

function judgeEmpty(entry: Entry, end: Observation, before: Watch | undefined, { now, createdAt }: Moment): Judged {
  const watch = watchOf(`${EMPTY}${entry.status}`, before, now);
  const isOld = now - createdAt >= CREATION_GRACE_SECONDS * 1000;
  if (isOld && now - watch.since >= NOT_FOUND_GRACE_SECONDS * 1000) return { outcome: end };
  const message = `The provider says "${entry.status}" and names no machine; it is asked again: ${end.message}`;
  const outcome: Observation = { kind: 'observed', status: 'RUNNING', platformJobId: entry.requestId, message };
  return { outcome, watch };
}

const EMPTY = 'empty ';

function isOfEmpty({ said }: Watch): boolean {
  return said.startsWith(EMPTY);
}

/** A failure was said, and then that the request is not known: ends are told once (HF-T4). */
export function forgotten(requestId: string): Observation {
  const message = 'The provider said that it failed, named no machine, and does not know the request any more';
  const error = { code: 'complete_with_error', message, outcomeUncertain: true };
  return { kind: 'observed', status: 'FAILED', platformJobId: requestId, error };
}

export function isHeldFailure(watch: Watch | undefined): boolean {
  return watch !== undefined && isOfEmpty(watch);
}

/** A provider that says why it made nothing has surely begun. Of a return, nothing that it says explains an empty list. */
function isEmptyFailure({ machines, message }: Entry, { kind }: Asked, outcome: CheckOutcome): outcome is Observation {
  const failed = outcome.kind === 'observed' && outcome.status === 'FAILED' && machines.length === 0;
  return failed && (kind === 'return' || !isExplained(message));
}

/** The watch after this answer: as it was while the same is said. */
export function watchOf(said: string, before: Watch | undefined, now: number): Watch {
  return before?.said === said ? before : { said, since: now };
}

/** The machines and what is said of them, without what changes with every answer: messages, and times of launch. */
export function digestOf({ status, machines }: Entry): string {
  const lines = machines.map((machine) => [machine.machineId, machine.name, machine.result, machine.status].join('\t'));
  return createHash('sha256')
    .update([status, ...lines.sort()].join('\n'))
    .digest('base64url')
    .slice(0, 16);
}
