/** An answer of the API that is an error: `application/problem+json` (RFC 9457), or what a gateway in front of it says. */
export class PolluxError extends Error {
  override readonly name = 'PolluxError';
  /** Of HTTP. */
  readonly status: number;
  /** `urn:pollux:problem:<name>`; `about:blank` where it was not Pollux itself that answered. */
  readonly type: string;
  readonly title: string;
  /** What, where, and what to do. */
  readonly detail: string;
  /** Of `invalid-request`: every field that is wrong. */
  readonly errors: readonly { field: string; message: string }[];
  /** The whole problem: a platform's own error, the job that was refused. */
  readonly problem: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | undefined;
  /** Whether Pollux itself answered. A gateway in front of it answers in a form of its own. */
  readonly fromPollux: boolean;

  constructor(
    request: string,
    status: number,
    problem: Record<string, unknown>,
    { contentType, retryAfterSeconds }: { contentType?: string | null; retryAfterSeconds?: number | undefined } = {},
  ) {
    const title = text(problem.title) ?? `HTTP ${status}`;
    // API Gateway's own errors are { "message": "Forbidden" }.
    const detail = text(problem.detail) ?? text(problem.message) ?? title;
    super(`${request} was answered with ${status}: ${detail}`);
    this.status = status;
    this.type = text(problem.type) ?? 'about:blank';
    this.title = title;
    this.detail = detail;
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
    this.fromPollux = /^application\/problem\+json\s*(;|$)/i.test(contentType ?? '');
  }

  /** False where Pollux says that time does not help: the platform does not let it in, and somebody must repair that first. */
  get mayPass(): boolean {
    const error = this.problem.error as { retryable?: unknown } | null | undefined;
    return error?.retryable !== false;
  }

  /**
   * Whether the request may have been carried out all the same. API Gateway answers 503 `{"message":"Service Unavailable"}` of
   * type `application/json` when a function takes too long, and the function goes on; a 503 of Pollux's own says that nothing
   * was started.
   */
  get mayBeDone(): boolean {
    if (this.status === 503) return !this.fromPollux;
    // 408 and 499 are those of proxies.
    return this.status >= 500 ? this.status !== 501 : this.status === 408 || this.status === 499;
  }

  /** Whether this is the problem of that name: `error.is('platform-refused')`. */
  is(name: string): boolean {
    return this.type === `urn:pollux:problem:${name}`;
  }
}

/** No answer, or not the whole of one. Whether the API got the request is not known. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(request: string, reason: string, options?: { cause?: unknown }) {
    super(`${request} was not answered: ${reason}`, options);
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
