/** It may quote what a platform said, or a caller. */
const MAX_DETAIL = 2000;

/**
 * An error as the API answers it: `application/problem+json` (RFC 9457). `detail` says what, where and what to do; it is
 * shown to the caller, so it never holds a secret.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly problem: ProblemName;
  readonly extra: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    problem: ProblemName,
    detail: string,
    options: { extra?: Record<string, unknown>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail.slice(0, MAX_DETAIL), { cause: options.cause });
    this.problem = problem;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return PROBLEMS[this.problem].status;
  }

  toJSON(): Record<string, unknown> {
    const { status, title } = PROBLEMS[this.problem];
    return { ...this.extra, type: `urn:pollux:problem:${this.problem}`, title, status, detail: this.message };
  }
}

export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'unknown-connection': { status: 404, title: 'No such connection' },
  'unknown-job': { status: 404, title: 'No such job' },
  'unknown-at-platform': { status: 404, title: 'The platform does not know this job' },
  'unknown-route': { status: 404, title: 'No such path' },
  'method-not-allowed': { status: 405, title: 'The path does not take this method' },
  'job-over': { status: 409, title: 'The job is over' },
  'cancel-refused': { status: 409, title: 'The platform refuses to cancel this job' },
  'report-refused': { status: 409, title: 'The report is against the rules' },
  'idempotency-conflict': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'platform-refused': { status: 422, title: 'The platform refused the request' },
  'internal-error': { status: 500, title: 'Something went wrong in Pollux' },
  'cancel-not-supported': { status: 501, title: 'This platform cannot cancel jobs' },
  'platform-unavailable': { status: 503, title: 'The platform cannot be reached' },
  'job-unconfirmed': { status: 503, title: 'The platform has not confirmed the job yet' },
  'connection-unusable': { status: 503, title: 'The connection cannot be used until it is repaired' },
} as const;

export type ProblemName = keyof typeof PROBLEMS;
