import { isTerminal, type Json } from '../../shared/job/job.ts';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import { presentable, safeError } from '../../shared/job/result.ts';
import type { JobRef } from '../../shared/platforms/adapter.ts';
import type { Outcomes, Scene } from './tape.ts';
import { hold } from './target.ts';

const KINDS: Record<Scene['call'], RegExp> = {
  submit: /^(accepted|pending|refused|unavailable|unknown)$/,
  check: /^(observed|transient|permanent|not_found)$/,
  cancel: /^(accepted|over|refused|transient|permanent|not_found)$/,
  find: /^(accepted|absent|ambiguous|transient|permanent|not_found)$/,
};

/** A handle travels in every tick and stands in the table: a few hundred bytes, whatever a platform calls its jobs. */
const MAX_HANDLE = 4_000;
/** Of an item in the table, which may have 400 KB. */
const MAX_STORED = 150_000;
/** A message goes into logs and answers. */
const MAX_MESSAGE = 16_000;
const STATUSES = /^(QUEUED|RUNNING|SUCCEEDED|PARTIALLY_SUCCEEDED|FAILED|CANCELED|SUPERSEDED|LOST)$/;

/** What must hold of an adapter's answer whatever the platform says. */
export function holdOutcomes(scene: Scene, told: Outcomes): void {
  const outcomes = told instanceof Map ? [...told.values()] : [told];
  for (const outcome of outcomes) holdOutcome(scene, outcome as Told);
  if (!(told instanceof Map)) return;
  const asked = scene.jobs.map(({ id }) => id);
  for (const id of told.keys()) hold(asked.includes(id), `an outcome for ${id}, which was not asked for`);
}

interface Told {
  kind: string;
  handle?: Json;
  message?: string;
  error?: { code: string; message: string };
  platformJobId?: string;
  retryAfterSeconds?: number;
  lookBy?: number;
}

function holdOutcome(scene: Scene, told: Told): void {
  const text = JSON.stringify(told);
  hold(KINDS[scene.call].test(told.kind), `the kind of the outcome is ${told.kind}`);
  holdJson(told as never, '$');
  for (const secret of Object.values(scene.secret)) {
    hold(secret.length < 6 || !text.includes(secret), `the outcome holds the secret: ${text.slice(0, 300)}`);
  }
  if (told.handle !== undefined) {
    const size = JSON.stringify(told.handle).length;
    hold(size <= MAX_HANDLE, `the handle has ${size} characters`);
  }
  const { retryAfterSeconds: wait = 0, lookBy = 0 } = told;
  hold(wait >= 0 && wait <= 86_400 * 366, `retryAfterSeconds is ${wait}`);
  hold(Math.abs(lookBy - scene.now) < 86_400_000 * 366 || lookBy === 0, `lookBy is ${lookBy}`);
  if (told.kind === 'observed') holdObservation(told as never);
  else if (told.message !== undefined) {
    hold(told.message.length <= MAX_MESSAGE, `the message has ${told.message.length} characters`);
  }
  if (told.error !== undefined) holdError(told.error);
}

function holdError(error: { code: string; message: string }): void {
  hold(
    typeof error.code === 'string' && error.code !== '',
    `an error without a code: ${JSON.stringify(error).slice(0, 200)}`,
  );
  hold(
    typeof error.message === 'string' && error.message !== '',
    `the error ${error.code.slice(0, 80)} without a message`,
  );
  holdSize('the stored error', safeError(error));
}

function holdObservation(told: Extract<CheckOutcome, { kind: 'observed' }>): void {
  hold(STATUSES.test(told.status), `the status is ${told.status}`);
  const { progress, startedAt, completedAt } = told;
  hold(progress === undefined || (progress >= 0 && progress <= 100), `progress is ${progress}`);
  for (const at of [startedAt, completedAt]) {
    hold(at === undefined || !Number.isNaN(new Date(at).getTime()), `a time of the job is ${at}`);
  }
  if (told.status === 'FAILED') hold(told.error !== undefined, 'FAILED without an error');
  holdSize('what is stored of the look', presentable(told));
}

function holdSize(what: string, value: unknown): void {
  const size = Buffer.byteLength(JSON.stringify(value));
  hold(size <= MAX_STORED, `${what} has ${size} bytes`);
}

/** A peer's JSON as it came; it is kept as text, which has neither infinities nor a negative zero. */
const AS_IT_CAME = ['result', 'details'];

/** Kept as JSON and read again it must be the same; JSON has no NaN, no infinity and no negative zero. */
function holdJson(value: unknown, at: string): void {
  if (typeof value === 'number') {
    hold(Number.isFinite(value) && !Object.is(value, -0), `${at} is ${Object.is(value, -0) ? '-0' : value}`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      if (!AS_IT_CAME.includes(key)) holdJson(inner, `${at}.${key.slice(0, 40)}`);
  } else {
    hold(['string', 'boolean', 'undefined'].includes(typeof value) || value === null, `${at} is a ${typeof value}`);
  }
}

/** Has a status that ends a job. */
export function isOver(outcome: CheckOutcome | undefined): boolean {
  return outcome?.kind === 'observed' && isTerminal(outcome.status);
}

/** Words that only this job's handle has: its id at the platform, and what it works on. */
export function canariesOf(job: JobRef, others: readonly JobRef[]): string[] {
  const words = (of: JobRef) => JSON.stringify(of.handle).match(/[\w-]*\d[\w-]*/g) ?? [];
  const theirs = new Set(others.flatMap(words));
  return [...new Set(words(job))].filter((word) => word.length >= 4 && !theirs.has(word));
}

/** `vm-10` is not in `vm-109`. */
export function mentions(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text);
}
