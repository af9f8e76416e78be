import { isTerminal, type Job, jobName } from '../../client/index.ts';
import { durationText } from '../duration.ts';
import { type Paint, printable } from '../output.ts';
import { agoText, partLine, statusColor } from './job.ts';

/** What was seen of a job, and when; from APIs that keep it. */
interface Sight {
  at: string;
  status?: string;
  progress?: number;
  message?: string;
  reason?: string;
}

const MEANINGS: Readonly<Record<Job['status'], string>> = {
  SUBMITTING: 'the platform was asked, and has not said yet that it took the job',
  QUEUED: 'the platform took it and has not begun',
  RUNNING: 'the platform says that it is at work',
  SUCCEEDED: 'the platform says that it is done',
  PARTIALLY_SUCCEEDED: 'the platform says that some of it is done and some is not',
  FAILED: 'the platform says that it failed',
  CANCELED: 'the platform says that it was canceled',
  SUPERSEDED: 'somebody else asked the platform for another state meanwhile',
  TIMED_OUT: 'its deadline passed before the platform said that it was over; the platform may still be at it',
  LOST: 'the platform does not know it any more, or it cannot be known whether it ever got it',
};

export interface Explanation {
  job: string;
  operation: string;
  status: Job['status'];
  meaning: string;
  reasons: string[];
  parts: NonNullable<Job['parts']>;
  seen: Sight[];
}

/** Why a job has the status that it has, and what was seen, in the order of time. */
export function explanationOf(job: Job, now: number): Explanation {
  const { operation, status, parts = [] } = job;
  const meaning = MEANINGS[status];
  return { job: jobName(job), operation, status, meaning, reasons: reasons(job, now), parts, seen: sights(job) };
}

export function explainLines({ job, operation, status, ...why }: Explanation, paint: Paint): string[] {
  return [
    `${paint('bold', job)}  ${operation}`,
    `${paint(statusColor(status), status)}: ${why.meaning}.`,
    ...why.reasons.map((reason) => `  - ${printable(reason)}`),
    ...(why.parts.length > 0 ? ['parts', ...why.parts.map((part) => `  ${partLine(part, paint)}`)] : []),
    'seen',
    ...why.seen.map((sight) => `  ${sightLine(sight)}`),
  ];
}

function reasons(job: Job, now: number): string[] {
  const { error, unknownSince, unknownReason, cancelRequestedAt } = job;
  const open = !isTerminal(job.status);
  const said: string[] = [];
  if (error) said.push(`the error is ${error.code}: ${error.message}`);
  if (error?.details !== undefined) said.push(`its details are ${JSON.stringify(error.details)}`);
  if (error?.outcomeUncertain) said.push('it may have had effects all the same: look at the resource first');
  if (error?.retryable !== undefined) {
    said.push(error.retryable ? 'the same job may go through another time' : 'the same job would fail again');
  }
  if (unknownSince !== undefined) {
    said.push(`no look has told its state since ${unknownSince} (${agoText(unknownSince, now)}): ${unknownReason}`);
    said.push('a look that fails ends no job: it is looked at again, and its deadline stands');
  }
  if (cancelRequestedAt !== undefined) {
    const asked = `a cancel was asked for ${agoText(cancelRequestedAt, now)}`;
    said.push(open ? `${asked}; the job is CANCELED when the platform says so` : asked);
  }
  if (open) said.push(`it is TIMED_OUT ${agoText(job.deadline, now)} unless it is over by then`);
  if (open && job.message) said.push(`the platform says: ${job.message}`);
  if (!open && job.completedAt) {
    said.push(`it took ${durationText(Date.parse(job.completedAt) - Date.parse(job.createdAt))} from submit to end`);
  }
  if (job.looks)
    said.push(`it ${open ? 'has been' : 'was'} looked at ${job.looks === 1 ? 'once' : `${job.looks} times`}`);
  if (job.resultTruncated) said.push('the result was too large to be kept whole');
  return said;
}

/** The API's own list where it has one, else what the job's times tell. */
function sights(job: Job): Sight[] {
  const { timeline } = job as Job & { timeline?: Sight[] };
  if (timeline !== undefined) return timeline;
  const times: [string | undefined, string][] = [
    [job.createdAt, 'submitted'],
    [job.startedAt, 'started, by the clock of the platform where it tells'],
    [job.cancelRequestedAt, 'cancel requested'],
    [job.unknownSince, 'looks tell nothing from here on'],
    [job.completedAt, job.status],
  ];
  return times
    .flatMap(([at, message]) => (at === undefined ? [] : [{ at, message }]))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function sightLine({ at, status, progress, message, reason }: Sight): string {
  const percent = progress === undefined ? undefined : `${progress} %`;
  return [at, status, percent, message, reason].flatMap((part) => (part ? [printable(part)] : [])).join('  ');
}
