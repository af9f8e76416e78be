import { NoAnswerError, PolluxError } from '../client/error.ts';
import type { Job, TerminalStatus } from '../client/types.ts';
import { names } from './render/error.ts';

/** Something about the command line that its user can put right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What the command line names is not there. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 8,
  unavailable: 9,
  forbidden: 10,
  internal: 70,
  stopped: 130,
};

/** How a job ended, for `watch` and `submit --wait`. */
export const EXIT_OF_STATUS: Readonly<Record<TerminalStatus, number>> = {
  SUCCEEDED: EXIT.ok,
  FAILED: EXIT.failed,
  PARTIALLY_SUCCEEDED: 3,
  CANCELED: 4,
  SUPERSEDED: 5,
  TIMED_OUT: 6,
  LOST: 7,
};

/** For the help. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'done; of watch and --wait: every job SUCCEEDED'],
  [EXIT.failed, 'a job FAILED, or several ended in different ways; connections check: something is wrong'],
  [EXIT.usage, 'the command line is wrong'],
  [EXIT_OF_STATUS.PARTIALLY_SUCCEEDED, 'PARTIALLY_SUCCEEDED'],
  [EXIT_OF_STATUS.CANCELED, 'CANCELED'],
  [EXIT_OF_STATUS.SUPERSEDED, 'SUPERSEDED'],
  [EXIT_OF_STATUS.TIMED_OUT, 'TIMED_OUT'],
  [EXIT_OF_STATUS.LOST, 'LOST'],
  [EXIT.refused, 'the API, or the platform behind it, said no'],
  [EXIT.unavailable, 'no answer, or one that says "later" (429, 5xx)'],
  [EXIT.forbidden, 'not allowed, or no credentials'],
  [EXIT.internal, 'an error of this program'],
  [EXIT.stopped, 'stopped by Ctrl-C; jobs go on'],
];

/** Of jobs that are over: 0 if all of them SUCCEEDED, their common code if they ended alike, else 1. */
export function exitCodeOf(jobs: readonly Job[]): number {
  const codes = new Set(jobs.map(({ status }) => EXIT_OF_STATUS[status as TerminalStatus] ?? EXIT.failed));
  codes.delete(EXIT.ok);
  const [first, ...others] = codes;
  return others.length > 0 ? EXIT.failed : (first ?? EXIT.ok);
}

/** What went wrong, as an exit code and what to say. */
export function verdictOn(error: unknown): { code: number; message: string } {
  if (error instanceof UsageError) return { code: EXIT.usage, message: error.message };
  if (error instanceof NotFoundError) return { code: EXIT.refused, message: error.message };
  if (error instanceof NoAnswerError) return { code: EXIT.unavailable, message: error.message };
  if (error instanceof PolluxError) return { code: codeOf(error), message: explained(error) };
  // The AWS libraries' own: no profile of that name, a session that has ended.
  if (error instanceof Error && /Credentials|Token|SSO/.test(error.name)) {
    return { code: EXIT.forbidden, message: `no AWS credentials: ${error.message}` };
  }
  return { code: EXIT.internal, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function codeOf({ status, mayPass }: PolluxError): number {
  if (status === 401 || status === 403) return EXIT.forbidden;
  const later = status === 429 || (status >= 500 && status !== 501);
  return later && mayPass ? EXIT.unavailable : EXIT.refused;
}

function explained({ status, title, detail, errors, problem }: PolluxError): string {
  const { code: said } = (problem.error ?? {}) as { code?: unknown };
  const code = said === undefined || names(detail, String(said)) ? '' : ` [${String(said)}]`;
  // The detail of invalid-request is the same list on one line.
  if (errors.length > 0) {
    const lines = errors.map(
      ({ field, message }) => `  ${field === '' ? '' : `${field}: `}${message}${optionFor(field)}`,
    );
    return [`${title} (${status}):`, ...lines].join('\n');
  }
  const head = title === `HTTP ${status}` ? title : `${title} (${status})`;
  return detail === title ? head : `${head}: ${detail}${code}`;
}

/** Which option of submit and adopt makes a field of the body. */
const OPTION_OF_FIELD: Readonly<Record<string, string>> = {
  operation: '--operation NAME',
  target: '--target TYPE:ID',
  arguments: '--param NAME=VALUE',
  parameters: '--param NAME=VALUE',
  labels: '--label NAME=VALUE',
  deadlineSeconds: '--deadline 90s|15m|2h|1d',
  taskToken: '--task-token TOKEN',
  adopt: '--task ID or --adopt NAME=VALUE',
};

function optionFor(field: string): string {
  const [first = ''] = field.split('.');
  return Object.hasOwn(OPTION_OF_FIELD, first) ? ` (${OPTION_OF_FIELD[first]})` : '';
}
