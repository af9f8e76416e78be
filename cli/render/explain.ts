import { isTerminal, type Job, jobName } from '../../client/index.ts';
import { durationText } from '../duration.ts';
import { type Paint, printable } from '../output.ts';
import { errorText } from './error.ts';
import { agoText, partLine, statusColor } from './job.ts';
import { blindSpells, type Sight, sightLine, sightsOf } from './sights.ts';

export interface Explanation {
  job: string;
  operation: string;
  status: Job['status'];
  meaning: string;
  reasons: string[];
  /** What to do about it. */
  next?: string;
  parts: NonNullable<Job['parts']>;
  seen: Sight[];
}

/** Who it is that says how the job goes. */
const speaker = ({ platform }: Pick<Job, 'platform'>) => (platform === 'task' ? 'the worker' : 'the platform');

const MEANINGS: Readonly<Record<Job['status'], string>> = {
  SUBMITTING: 'the platform was asked, and has not said yet that it took the job',
  QUEUED: 'the platform took it and has not begun',
  RUNNING: '{who} says that it is at work',
  SUCCEEDED: '{who} says that it is done',
  PARTIALLY_SUCCEEDED: '{who} says that some of it is done and some is not',
  FAILED: '{who} says that it failed',
  CANCELED: '{who} says that it was canceled',
  SUPERSEDED: 'somebody else asked the platform for another state meanwhile',
  TIMED_OUT: 'its deadline passed before {who} said that it was over; {who} may still be at it',
  LOST: 'the platform does not know it any more, or it cannot be known whether it ever got it',
};

/** Where there is no platform that could say so. */
const MEANINGS_OF_TASKS: Partial<typeof MEANINGS> = {
  QUEUED: 'its worker has not reported yet',
  LOST: 'its worker has not reported for as long as it was to at most',
};

/** Why a job has the status that it has, and what was seen, in the order of time. */
export function explanationOf(job: Job, now: number): Explanation {
  const { operation, status, parts = [] } = job;
  const seen = sightsOf(job);
  const isStarted = !wasNotStarted(job, seen);
  const next = nextStep(job, isStarted);
  return {
    job: jobName(job),
    operation,
    status,
    meaning: isStarted ? (special(job, seen) ?? meaningOf(job)) : notStarted(job),
    reasons: [...reasons(job, now), ...(isStarted ? times(job, seen) : [])],
    ...(next !== undefined && { next }),
    parts,
    seen,
  };
}

export function explainLines({ job, operation, status, ...why }: Explanation, paint: Paint): string[] {
  const isWorkers = job.startsWith('task/');
  return [
    `${paint('bold', job)}  ${operation}`,
    `${paint(statusColor(status), status)}: ${why.meaning}.`,
    ...why.reasons.map((reason) => `  - ${printable(reason)}`),
    ...(why.next === undefined ? [] : [`next: ${why.next}`]),
    ...(why.parts.length > 0 ? ['parts', ...why.parts.map((part) => `  ${partLine(part, paint)}`)] : []),
    'seen',
    ...why.seen.map((sight) => `  ${sightLine(sight, isWorkers)}`),
  ];
}

/** It failed before the platform had it: nothing but the submit was ever seen of it. */
function wasNotStarted({ status, looks, startedAt, platformJobId, error }: Job, seen: readonly Sight[]): boolean {
  if (status !== 'FAILED' || error?.outcomeUncertain) return false;
  if (looks !== undefined || startedAt !== undefined || platformJobId !== undefined) return false;
  const statuses = seen.flatMap((sight) => sight.status ?? []);
  return statuses.join() === 'SUBMITTING,FAILED';
}

function notStarted({ neverSubmitted }: Job): string {
  const why = neverSubmitted ? 'could not be reached or logged in to' : 'refused the submit';
  return `nothing was started, the platform ${why}`;
}

/** What the status alone would say wrongly. */
function special({ status, unknownSince, error }: Job, [first]: readonly Sight[]): string | undefined {
  // A submitted job begins as SUBMITTING. Nobody has reached the platform about an adopted one before a poll told its state.
  if (status === 'QUEUED' && first?.status === 'QUEUED' && unknownSince !== undefined)
    return 'it was adopted, and no poll has told yet whether the platform knows it';
  if (error?.code === 'ConnectionRemoved')
    return 'its connection was removed while it was open, so nobody can ask about it';
  return undefined;
}

function meaningOf(job: Job): string {
  const meaning = (job.platform === 'task' ? MEANINGS_OF_TASKS[job.status] : undefined) ?? MEANINGS[job.status];
  return meaning.replaceAll('{who}', speaker(job));
}

function reasons(job: Job, now: number): string[] {
  const { platform, status, error, unknownSince, unknownReason, cancelRequestedAt } = job;
  const who = speaker(job);
  const open = !isTerminal(status);
  const said: string[] = [];
  if (error) said.push(`the error is ${errorText(error)}`);
  if (error?.details !== undefined) said.push(`its details are ${JSON.stringify(error.details)}`);
  if (error?.outcomeUncertain) said.push('it may have had effects all the same');
  if (unknownSince !== undefined) {
    said.push(`no look has told its state since ${unknownSince} (${agoText(unknownSince, now)}): ${unknownReason}`);
    said.push('a look that fails ends no job: it is looked at again, and its deadline stands');
  }
  const isPlatforms = status === 'FAILED' || status === 'LOST' || unknownSince !== undefined;
  if (isPlatforms && platform !== 'task') said.push(`what its errors mean: docs/platforms/${platform}.md`);
  if (cancelRequestedAt !== undefined) {
    const asked = `a cancel was asked for ${agoText(cancelRequestedAt, now)}`;
    said.push(open ? `${asked}; the job is CANCELED when ${who} says so` : asked);
  }
  if (open) said.push(`it is TIMED_OUT ${agoText(job.deadline, now)} unless it is over by then`);
  if (open && job.message) said.push(`${who} says: ${job.message}`);
  if (job.resultTruncated) said.push('the result was too large to be kept whole');
  return said;
}

/** How long it took, and what of that was seen. */
function times(job: Job, seen: readonly Sight[]): string[] {
  const { status, completedAt, looks } = job;
  const open = !isTerminal(status);
  const said: string[] = [];
  if (!open && completedAt) {
    const took = between(job.createdAt, completedAt);
    const worked = between(job.startedAt ?? job.createdAt, completedAt);
    said.push(`it took ${took} from submit to end${worked === took ? '' : `, ${worked} of them at work`}`);
  }
  if (looks) {
    const often = `it ${open ? 'has been' : 'was'} looked at ${looks === 1 ? 'once' : `${looks} times`}`;
    const end = open ? undefined : seen.find((sight) => sight.status === status)?.at;
    // The end is by the platform's clock, which may be another one.
    const isAfter = end !== undefined && completedAt !== undefined && Date.parse(end) > Date.parse(completedAt);
    said.push(isAfter ? `${often}; its end was seen ${between(completedAt, end)} after it` : often);
  }
  const blind = job.unknownSince === undefined ? blindSpells(seen) : undefined;
  if (blind) said.push(`looks did not tell its state for ${durationText(blind.ms)} in all: ${blind.reason}`);
  return said;
}

function between(from: string, to: string): string {
  return durationText(Date.parse(to) - Date.parse(from));
}

function nextStep(job: Job, isStarted: boolean): string | undefined {
  const { platform, connection, platformJobId, status, error, unknownSince } = job;
  const check = `pollux connections check ${platform}/${connection}`;
  if (unknownSince !== undefined) return `${check} asks the platform now`;
  if (status === 'LOST' || status === 'TIMED_OUT') return 'look at the resource before you submit it again';
  if (status !== 'FAILED') return undefined;
  if (!isStarted && job.neverSubmitted) return `${check} says when it works; then submit it again`;
  const first = error?.outcomeUncertain ? 'look at the resource, then ' : '';
  if (error?.retryable === true) return `${first}submit it again: another try may go through`;
  if (!isStarted) return 'put right what the error names, and submit it again';
  if (error?.retryable === false) return `${first}put right what the error names: the same job would fail again`;
  const where = platformJobId === undefined ? '' : `, where it is ${platformJobId}`;
  return `${first}look it up at ${speaker(job)}${where}: the error does not tell whether another try helps`;
}
