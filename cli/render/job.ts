import { isTerminal, type Job, jobName } from '../../client/index.ts';
import { durationText } from '../duration.ts';
import { type Color, type Paint, printable } from '../output.ts';
import { errorText } from './error.ts';
import { cut, table } from './table.ts';

const COLORS: Partial<Record<Job['status'], Color>> = {
  SUCCEEDED: 'green',
  PARTIALLY_SUCCEEDED: 'yellow',
  CANCELED: 'yellow',
  SUPERSEDED: 'yellow',
  FAILED: 'red',
  TIMED_OUT: 'red',
  LOST: 'red',
};

export function statusColor(status: string): Color {
  return COLORS[status as Job['status']] ?? 'cyan';
}

/** One line: what somebody who reads a log wants to know of a change. */
export function changeLine(job: Job, paint: Paint): string {
  const { status, progress } = job;
  const percent = progress === undefined || isTerminal(status) ? [] : [`${progress} %`];
  const said = saying(job);
  return [jobName(job), paint(statusColor(status), status), ...percent, ...(said === '' ? [] : [said])].join('  ');
}

/** What is being done, why nothing is known, or why it ended so. */
export function saying({ status, message = '', error, unknownSince, unknownReason }: Job): string {
  if (error !== undefined && isTerminal(status)) return printable(`${error.code}: ${error.message}`);
  if (unknownSince !== undefined) return printable(`unknown since ${unknownSince}: ${unknownReason}`);
  return printable(message);
}

/** All of a job, a field a line. */
export function jobLines(job: Job, paint: Paint, now: number): string[] {
  const { operation, platformJobId, resource, result, error, parts = [], labels = {}, message } = job;
  const ago = (time: string) => `${time} (${agoText(time, now)})`;
  const fields: [string, string | undefined][] = [
    ['operation', operation],
    ['message', message],
    ['error', error && errorText(error)],
    ['unknown since', job.unknownSince && `${ago(job.unknownSince)}: ${job.unknownReason}`],
    ['platform job', platformJobId],
    ['resource', resource && `${resource.type} ${resource.id}`],
    ['created', ago(job.createdAt)],
    ['started', job.startedAt && ago(job.startedAt)],
    ['completed', job.completedAt && ago(job.completedAt)],
    ['cancel asked', job.cancelRequestedAt && ago(job.cancelRequestedAt)],
    ['deadline', isTerminal(job.status) ? undefined : ago(job.deadline)],
    [
      'labels',
      Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ') || undefined,
    ],
    ['result', result === undefined ? undefined : JSON.stringify(result) + (job.resultTruncated ? ' (cut)' : '')],
  ];
  const shown = fields.filter((field): field is [string, string] => field[1] !== undefined);
  const progress = job.progress === undefined || isTerminal(job.status) ? '' : `  ${job.progress} %`;
  return [
    `${paint('bold', jobName(job))}  ${paint(statusColor(job.status), job.status)}${progress}`,
    ...shown.map(([name, value]) => `  ${paint('dim', name.padEnd(13))}  ${printable(value)}`),
    ...(parts.length > 0 ? [`  ${paint('dim', 'parts')}`] : []),
    ...parts.map((part) => `    ${partLine(part, paint)}`),
  ];
}

type Part = NonNullable<Job['parts']>[number];

export function partLine({ id, name, status, message = '' }: Part, paint: Paint): string {
  const text = printable(message);
  const called = printable(name ?? id);
  return [paint(statusColor(status), status.padEnd(9)), called, ...(text === '' ? [] : [text])].join('  ');
}

export function agoText(time: string, now: number): string {
  const ms = now - Date.parse(time);
  return ms >= 0 ? `${durationText(ms)} ago` : `in ${durationText(-ms)}`;
}

const SAYING_WIDTH = 80;

/** `named`: of several connections, so that each job is shown with its whole name. */
export function jobTable(jobs: readonly Job[], paint: Paint, now: number, named = false): string[] {
  const rows = jobs.map((job) => [
    named ? jobName(job) : job.id,
    job.status,
    job.progress === undefined || isTerminal(job.status) ? '' : `${job.progress} %`,
    job.operation,
    durationText(now - Date.parse(job.createdAt)),
    cut(saying(job), SAYING_WIDTH),
  ]);
  return table([named ? 'JOB' : 'ID', 'STATUS', '', 'OPERATION', 'AGE', ''], rows, (cell, row, column) => {
    if (row < 0) return paint('dim', cell);
    return column === 1 ? paint(statusColor(cell), cell) : cell;
  });
}
