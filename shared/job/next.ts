import { isDeepStrictEqual } from 'node:util';
import {
  type ActiveJob,
  isTerminal,
  type Job,
  type JobError,
  type OpenStatus,
  type TerminalStatus,
  type Unknown,
} from './job.ts';
import type { CheckFailure, CheckOutcome, Observation } from './outcome.ts';
import { hasParts } from './parts.ts';
import { tookOf } from './took.ts';

/** How long `not_found` must have lasted before it means LOST, from the adapter's bounds. */
export interface LossRules {
  creationGraceSeconds: number;
  notFoundGraceSeconds: number;
}

/** Progress is written when it moved by this many points, */
const NOTICEABLE_PROGRESS = 5;
/** or, as any other small change, when the last write is this old. */
const STALE_MS = 30_000;

/** What is known of a job besides itself. */
export interface Seen {
  /** When a look last told its state. */
  lastSeenAt?: number | undefined;
  looks?: number | undefined;
}

/**
 * What a job becomes when its deadline has passed or a look had this outcome. Returns the very same object when there is
 * nothing to write, so that a look that learned nothing costs no write. A terminal job never changes.
 *
 * The outcome of the look wins over the deadline: a job that is seen to have ended in time has ended.
 */
export function next<J extends ActiveJob>(
  job: J,
  outcome: CheckOutcome | undefined,
  now: number,
  rules: LossRules,
  { lastSeenAt, looks }: Seen = {},
): J {
  if (isTerminal(job.status)) return job;
  const looked = outcome === undefined ? job : applyOutcome(job, outcome, now, rules, lastSeenAt);
  const late = !isTerminal(looked.status) && now >= looked.deadline;
  const after = late ? end(looked, 'TIMED_OUT', now, deadlineExceeded(looked)) : looked;
  if (after === job) return job;
  const counted = looks === undefined ? after : { ...after, looks };
  if (!isTerminal(counted.status)) return counted;
  const seen = outcome?.kind === 'observed' ? outcome : undefined;
  const took = tookOf(job, counted.status, now, lastSeenAt, seen);
  return took === undefined ? counted : { ...counted, took };
}

function deadlineExceeded(job: ActiveJob): JobError {
  return {
    code: 'DeadlineExceeded',
    message: `The deadline passed before ${job.platform} reported an end. The operation may still be under way there.${lastWords(job)}`,
    outcomeUncertain: true,
  };
}

/** What was missing to the end, as far as the platform told. */
function lastWords({ message, unknown }: ActiveJob): string {
  if (unknown) return ` The last poll failed: ${unknown.reason}`;
  return message === undefined ? '' : ` It reported last: ${message}`;
}

function applyOutcome<J extends ActiveJob>(
  job: J,
  outcome: CheckOutcome,
  now: number,
  rules: LossRules,
  lastSeenAt: number | undefined,
): J {
  return outcome.kind === 'observed' ? observe(job, outcome, now) : fail(job, outcome, now, rules, lastSeenAt);
}

function observe<J extends ActiveJob>(job: J, seen: Observation, now: number): J {
  const known = forget(job, ['unknown', 'submitUnknownAt']);
  const learned: Partial<Job> = {
    ...defined({
      handle: seen.handle,
      lookBy: seen.lookBy,
      platformJobId: seen.platformJobId,
      resource: seen.resource,
      startedAt: job.startedAt === undefined ? seen.startedAt : undefined,
    }),
  };
  const parts = seen.parts === undefined || hasParts(job, seen.parts) ? undefined : seen.parts;
  if (isTerminal(seen.status)) {
    const details = defined({
      result: seen.result,
      resultTruncated: seen.resultTruncated,
      parts,
      message: seen.message,
    });
    const progress = seen.status === 'SUCCEEDED' ? 100 : (seen.progress ?? job.progress);
    return end(
      { ...known, ...learned, ...details, ...defined({ progress }) },
      seen.status,
      seen.completedAt ?? now,
      seen.error,
    );
  }
  const status = openStatus(job, seen, seen.status);
  const visible = defined({ progress: seen.progress, message: seen.message });
  const changed = { ...known, ...learned, ...visible, status, ...defined({ parts }) };
  if (!worthWriting(job, changed, now)) return job;
  return { ...changed, updatedAt: now };
}

/**
 * A platform may step back (a task that is queued again); a job does not. A submit that goes on at the platform (a script,
 * a workflow) is over when it has told the handle of what it started.
 */
function openStatus(job: ActiveJob, seen: Observation, status: Exclude<OpenStatus, 'SUBMITTING'>): OpenStatus {
  if (job.status === 'SUBMITTING' && job.handle !== undefined && seen.handle === undefined) return 'SUBMITTING';
  return job.status === 'RUNNING' ? 'RUNNING' : status;
}

function fail<J extends ActiveJob>(
  job: J,
  failure: CheckFailure,
  now: number,
  rules: LossRules,
  lastSeenAt: number | undefined,
): J {
  const reason = `${failure.code}: ${failure.message}`.slice(0, 500);
  const seen = job.unknown ? job.unknown.lastSeenAt : lastSeenAt;
  const unknown: Unknown = {
    since: job.unknown?.since ?? now,
    reason,
    ...(seen !== undefined && { lastSeenAt: seen }),
  };
  if (failure.kind === 'permanent') unknown.permanentSince = job.unknown?.permanentSince ?? now;
  if (failure.kind !== 'not_found') {
    // The first failure is news; the tenth of the same is not.
    return same(job.unknown, unknown) ? job : { ...job, unknown };
  }
  if (now < job.createdAt + rules.creationGraceSeconds * 1000) return job;
  // Said again without another answer in between.
  const notFoundSince = job.unknown?.notFoundSince;
  if (notFoundSince === undefined) return { ...job, unknown: { ...unknown, notFoundSince: now } };
  if (now < notFoundSince + rules.notFoundGraceSeconds * 1000) return job;
  return end(forget(job, ['unknown']), 'LOST', now, {
    code: failure.code,
    message: failure.message,
    outcomeUncertain: true,
  });
}

/** The end of a job: the event it owes is stored in the same write, and stays until the bus has it. */
export function end<J extends ActiveJob>(job: J, status: TerminalStatus, completedAt: number, error?: JobError): J {
  if (isTerminal(job.status)) return job;
  const previousStatus = job.status as OpenStatus;
  const owed = { eventId: `${job.id}-${status}`, previousStatus };
  return { ...job, status, completedAt, owed, ...defined({ error }) };
}

const VISIBLE = ['message', 'parts'] as const satisfies readonly (keyof Job)[];
const IMPORTANT = [
  'status',
  'handle',
  'lookBy',
  'platformJobId',
  'resource',
  'startedAt',
] as const satisfies readonly (keyof Job)[];

function worthWriting(before: Partial<Job>, after: Partial<Job>, now: number): boolean {
  if (before.unknown !== after.unknown || before.submitUnknownAt !== after.submitUnknownAt) return true;
  if (IMPORTANT.some((key) => !same(before[key], after[key]))) return true;
  const moved = Math.abs((after.progress ?? 0) - (before.progress ?? 0));
  if (moved >= NOTICEABLE_PROGRESS) return true;
  const small = moved > 0 || VISIBLE.some((key) => !same(before[key], after[key]));
  return small && now - (before.updatedAt ?? 0) >= STALE_MS;
}

/** The store does not keep the order of a map's keys. */
function same(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

function forget<J extends Partial<Job>>(job: J, keys: (keyof Job)[]): J {
  const rest = { ...job };
  for (const key of keys) delete rest[key];
  return rest;
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
