import { setTimeout as sleep } from 'node:timers/promises';
import { retryAfterSeconds } from '../shared/http/failure.ts';
import { NoAnswerError, PolluxError } from './error.ts';
import type { Authorize } from './sign.ts';

export interface ApiRequest {
  method: 'GET' | 'POST';
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  /**
   * What may be sent again: `always`, or only when it was surely not carried out (429, and 503 from Pollux itself), because a
   * second time would not be the same.
   */
  repeat: 'always' | 'if-not-done';
  signal: AbortSignal | undefined;
}

export interface ApiAnswer {
  status: number;
  header(name: string): string | null;
  /** `undefined` without a body. */
  body: unknown;
}

export interface Retry {
  /** Of the request that failed: 1 for the first. */
  attempt: number;
  waitMs: number;
  error: PolluxError | NoAnswerError;
}

export interface TransportOptions {
  url: URL;
  fetch: typeof fetch;
  authorize: Authorize | undefined;
  /** Requests after the first. */
  retries: number;
  onRetry(retry: Retry): void;
}

/** API Gateway waits 30 s for a function. */
const TIMEOUT_MS = 35_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 10_000;
/** Longer than this only the caller can know whether to wait. */
const MAX_RETRY_AFTER_MS = 60_000;
const REPEATED = new Set([429, 500, 502, 503, 504]);

export type Send = (request: ApiRequest) => Promise<ApiAnswer>;

/** Sends, and sends again what may be: full jitter over a doubling range, and never sooner than `Retry-After` asks. */
export function transport(options: TransportOptions): Send {
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(options, request);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (attempt > options.retries || !mayRepeat(error, request)) throw error;
        const waitMs = waitBefore(error, attempt);
        if (waitMs === undefined) throw error;
        options.onRetry({ attempt, waitMs, error });
        await sleep(waitMs, undefined, { signal: request.signal });
      }
    }
  };
}

export function isTemporary(error: unknown): error is PolluxError | NoAnswerError {
  return (
    error instanceof NoAnswerError || (error instanceof PolluxError && REPEATED.has(error.status) && error.mayPass)
  );
}

function mayRepeat(error: unknown, { repeat }: ApiRequest): error is PolluxError | NoAnswerError {
  if (!isTemporary(error)) return false;
  return repeat === 'always' || (error instanceof PolluxError && !error.mayBeDone);
}

function waitBefore(error: PolluxError | NoAnswerError, attempt: number): number | undefined {
  const asked = error instanceof PolluxError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  if (asked > MAX_RETRY_AFTER_MS) return undefined;
  const range = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (attempt - 1));
  return Math.max(asked, Math.random() * range);
}

async function once({ url: base, fetch, authorize }: TransportOptions, request: ApiRequest): Promise<ApiAnswer> {
  const url = new URL(base.pathname.replace(/\/$/, '') + request.path, base);
  // `+` for a blank is a form's way: signatures know %20 alone.
  url.search = new URLSearchParams(request.query).toString().replaceAll('+', '%20');
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const plain = { ...request.headers, ...(body !== undefined && { 'content-type': 'application/json' }) };
  const headers = authorize ? await authorize({ method: request.method, url, headers: plain, body }) : plain;
  const what = `${request.method} ${url.origin}${url.pathname}`;
  const { response, text } = await exchange(fetch, url, what, {
    method: request.method,
    headers,
    ...(body !== undefined && { body }),
    // A redirect would take the credentials elsewhere.
    redirect: 'error',
    signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(request.signal ? [request.signal] : [])]),
  });
  if (response.ok || response.status === 304) {
    const parsed = text === '' ? undefined : parse(text);
    if (text !== '' && parsed === undefined)
      throw new NoAnswerError(what, `${response.status} with a body that is no JSON`);
    return { status: response.status, header: (name) => response.headers.get(name), body: parsed };
  }
  const problem = parse(text) ?? { detail: text.trim().slice(0, 500) };
  throw new PolluxError(what, response.status, problem as Record<string, unknown>, {
    contentType: response.headers.get('content-type'),
    retryAfterSeconds: retryAfterSeconds(response.headers.get('retry-after') ?? undefined, Date.now()),
  });
}

async function exchange(
  send: typeof fetch,
  url: URL,
  what: string,
  init: RequestInit,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await send(url, init);
    return { response, text: await response.text() };
  } catch (cause) {
    throw new NoAnswerError(what, reasonOf(cause), { cause });
  }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing within ${TIMEOUT_MS / 1000} s`;
  const cause = error.cause as (Error & { code?: string }) | undefined;
  return cause?.message || cause?.code || error.message;
}

/** A JSON object; `undefined` for anything else. */
function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
