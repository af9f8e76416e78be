import type { CheckFailure } from '../job/outcome.ts';
import { HttpFailure, type HttpFailureCode } from './client.ts';

/**
 * What a missing answer means for a look. Only TLS is a matter for an operator: a certificate that is not trusted today
 * will not be trusted by trying again.
 */
const KIND: Record<HttpFailureCode, CheckFailure['kind']> = {
  dns: 'transient',
  refused: 'transient',
  unreachable: 'transient',
  tls: 'permanent',
  timeout: 'transient',
  reset: 'transient',
  too_large: 'transient',
  coding: 'transient',
  aborted: 'transient',
};

/** Anything that a request may reject with, as a check failure; errors that know what they mean say it in `failure`. */
export function checkFailureOf(error: unknown): CheckFailure {
  if (error instanceof HttpFailure)
    return { kind: KIND[error.code], code: `http.${error.code}`, message: error.message };
  if (error instanceof Error && 'failure' in error) return error.failure as CheckFailure;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'transient', code: error instanceof Error ? error.name : 'Error', message };
}

/** Longer than any platform means it, and short enough for every sum with a time to stay one. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** Seconds that a Retry-After header asks for, a day at most: a number, or a date against `now`. */
export function retryAfterSeconds(header: string | string[] | undefined, now: number): number | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, seconds), MAX_RETRY_AFTER_SECONDS);
}
