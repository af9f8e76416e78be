import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import { Problem } from '../../shared/api/problem.ts';
import type { SubmitBody } from '../../shared/api/requests.ts';
import { isTerminal, type Job, type JobError, jobName } from '../../shared/job/job.ts';
import { next } from '../../shared/job/next.ts';
import { present } from '../../shared/job/present.ts';
import { presentable, safeError } from '../../shared/job/result.ts';
import { Plans } from '../../shared/job/schedule/plan.ts';
import type { OperationStats } from '../../shared/job/schedule/stats.ts';
import { planLimits } from '../../shared/loop/limits.ts';
import { endOf, patiently, type RequestPatience } from '../../shared/loop/patience.ts';
import { type WakePorts, wake } from '../../shared/loop/wake.ts';
import type { OperatorLog } from '../../shared/observe/log.ts';
import { ENDED_METRICS, type Metrics } from '../../shared/observe/metrics.ts';
import type { Accepted, AdapterRuntime, SubmitOutcome } from '../../shared/platforms/adapter.ts';
import type { OpenConnection } from '../../shared/platforms/connect.ts';
import { SUBMIT_SECONDS } from '../../shared/platforms/submit-time.ts';
import type { ConnectionRef } from '../../shared/store/store.ts';
import { addTaskToken } from './task-token.ts';

export interface SubmitPorts extends WakePorts, RequestPatience {
  log: OperatorLog;
  metrics: Metrics;
  /** How long a finished job stays readable. */
  keepFinishedSeconds: number;
  /** What is remembered of how long the operation takes there. Never rejects. */
  stats(of: ConnectionRef, operation: string): Promise<OperationStats>;
}

export interface Submission extends SubmitBody {
  of: ConnectionRef;
  idempotencyKey: string | undefined;
  submitter: string;
}

export interface Submitted {
  job: Job;
  /** False: an earlier request with the same Idempotency-Key made it. */
  isNew: boolean;
  firstLookSeconds: number;
}

/** The platform's share of the function's 25 s. What is left is for the table. */
const PLATFORM_MS = SUBMIT_SECONDS * 1000;
const KEY_SECONDS = 86_400;
const DEFAULT_DEADLINE_SECONDS = 86_400;
const WRITE_TRIES = 4;

/**
 * Intent first, then the platform, then what it answered: whatever dies in between, the job is in the table, and the
 * loop finds out what became of it. The platform is asked once; an unanswered submit is looked for, never repeated. Its
 * answer is written for as long as there is time, and the loop is woken whatever became of that.
 */
export async function submitJob(
  ports: SubmitPorts,
  adapter: AdapterRuntime,
  connection: OpenConnection,
  submission: Submission,
): Promise<Submitted> {
  const { of, request } = submission;
  const draft = newJob(ports, connection, submission);
  const [id, stats] = await Promise.all([claim(ports, submission, draft.id), ports.stats(of, submission.operation)]);
  const firstLookSeconds = new Plans(planLimits(adapter, connection.options), () => stats).gapSeconds(draft, 0);
  const earlier = id === draft.id ? undefined : await ports.store.getJob(of, id);
  if (earlier?.neverSubmitted && submission.idempotencyKey) {
    // Whoever found the platform unavailable could not give the key back.
    await ports.store.releaseKey(of, submission.idempotencyKey, id);
    return submitJob(ports, adapter, connection, submission);
  }
  if (earlier) return existing(ports, earlier, submission, firstLookSeconds);

  const job = { ...draft, id };
  if (submission.adopt) return adopt(ports, adapter, connection, submission, job, firstLookSeconds);

  const intent = connection.platform.intent(request, job);
  if (intent !== undefined) job.intent = intent;
  if (!(await ports.store.createJob(job)))
    return existing(ports, await ports.store.getJob(of, id), submission, firstLookSeconds);

  const endBy = endOf(ports);
  const outcome = await submitOnce(connection, request, job);
  // Nothing was started, so the same key may try again. Given back first, lest a crash leave it on a job that is FAILED;
  // where that fails, whoever brings it again takes it from the job.
  if (outcome.kind === 'unavailable') await giveBack(ports, job, submission.idempotencyKey);
  const stored = await settle(ports, job, outcome, endBy);
  if (!isTerminal(stored.status)) {
    const needed = stored.handle ? firstLookSeconds * 1000 : 0;
    await wake(ports, of, Math.max(ports.now(), stored.createdAt + needed), ports.now());
  }
  if (outcome.kind === 'refused') {
    throw new Problem('platform-refused', outcome.error.message, {
      extra: { error: safeError(outcome.error), job: present(stored) },
    });
  }
  if (outcome.kind === 'unavailable') {
    await noteUnavailable(ports, of, outcome.error);
    throw notTaken(safeError(unavailable(outcome.error)), outcome.retryAfterSeconds);
  }
  ports.metrics.count('JobsSubmitted', 1, of);
  return { job: stored, isNew: true, firstLookSeconds };
}

async function adopt(
  ports: SubmitPorts,
  adapter: AdapterRuntime,
  connection: OpenConnection,
  submission: Submission,
  draft: Job,
  firstLookSeconds: number,
): Promise<Submitted> {
  const { of, request } = submission;
  const adopted: Job = { ...draft, ...connection.platform.adopt(request), status: 'QUEUED', adopted: true };
  const ref = { id: adopted.id, operation: adopted.operation, handle: adopted.handle!, createdAt: adopted.createdAt };
  const endBy = endOf(ports);
  const outcomes = await connection.platform.check([ref], { signal: AbortSignal.timeout(PLATFORM_MS) });
  const outcome = outcomes.get(adopted.id);
  if (outcome?.kind === 'not_found') {
    throw new Problem('unknown-at-platform', `${of.platform}/${of.connection} does not know it: ${outcome.message}`);
  }
  const job = outcome ? next(adopted, presentable(outcome), ports.now(), adapter.bounds) : adopted;
  // What was seen may be an end that the platform tells once.
  if (!(await patiently(ports, endBy, () => ports.store.createJob(job))))
    return existing(ports, await ports.store.getJob(of, draft.id), submission, firstLookSeconds);
  // One that has ended already is announced by the loop, like every other.
  const neededAt = ports.now() + (isTerminal(job.status) ? 0 : firstLookSeconds * 1000);
  await wake(ports, of, neededAt, ports.now());
  ports.metrics.count('JobsSubmitted', 1, of);
  if (isTerminal(job.status)) {
    ports.metrics.count('JobsFinished', 1, of);
    ports.metrics.count(ENDED_METRICS[job.status], 1, of);
  }
  return { job, isNew: true, firstLookSeconds };
}

function newJob(ports: SubmitPorts, connection: OpenConnection, { of, operation, common, submitter }: Submission): Job {
  const now = ports.now();
  const seconds = common.deadlineSeconds ?? connection.options.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS;
  return {
    ...of,
    id: ulid(now),
    operation,
    status: 'SUBMITTING',
    rev: 1,
    createdAt: now,
    activeSince: now,
    deadline: now + seconds * 1000,
    submitter,
    ...(common.labels && { labels: common.labels }),
    ...(common.taskToken && { taskTokens: [common.taskToken] }),
  };
}

/** The id that the job has to have: ours, or that of the request which used this Idempotency-Key before. */
async function claim(ports: SubmitPorts, submission: Submission, jobId: string): Promise<string> {
  const key = submission.idempotencyKey;
  if (key === undefined) return jobId;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem('invalid-request', 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.');
  }
  // Without the task token, which is another one in each attempt of the same task.
  const { taskToken: _, ...common } = submission.common;
  const requestHash = hashOf([submission.request, common]);
  const ttl = Math.floor(ports.now() / 1000) + KEY_SECONDS;
  const held = await ports.store.claimKey(submission.of, key, { jobId, requestHash, ttl });
  if (held.requestHash !== requestHash) {
    throw new Problem(
      'idempotency-conflict',
      `The key was used for another request, which made the job ${held.jobId}.`,
    );
  }
  return held.jobId;
}

async function submitOnce(connection: OpenConnection, request: unknown, job: Job): Promise<SubmitOutcome> {
  try {
    return await connection.platform.submit(request, job.intent, { signal: AbortSignal.timeout(PLATFORM_MS) });
  } catch (error) {
    // An adapter that throws says nothing about what the platform did.
    return {
      kind: 'unknown',
      error: { code: 'AdapterError', message: error instanceof Error ? error.message : String(error) },
    };
  }
}

/** The job as it is after the platform's answer; as it was, where that could not be written. */
async function settle(ports: SubmitPorts, job: Job, outcome: SubmitOutcome, endBy: number): Promise<Job> {
  const change = changeBy(ports, job, outcome);
  try {
    return await patiently(ports, endBy, () => write(ports, job, change));
  } catch (error) {
    ports.metrics.count('WritesFailed', 1, job);
    const handle = 'handle' in outcome ? outcome.handle : undefined;
    const platformJobId = 'platformJobId' in outcome ? outcome.platformJobId : undefined;
    // The last that is known of it: with the handle an operator can find what runs there.
    const message =
      handle === undefined ? "the platform's answer is not written" : 'accepted by the platform, and not written';
    ports.log.error(message, { job: jobName(job), answer: outcome.kind, handle, platformJobId, error: String(error) });
    return job;
  }
}

function changeBy(ports: SubmitPorts, job: Job, outcome: SubmitOutcome): (current: Job) => Job {
  const now = ports.now();
  switch (outcome.kind) {
    case 'accepted':
      return (current) => ({ ...current, ...acceptedFields(outcome), status: 'QUEUED' });
    case 'pending':
      return (current) => ({ ...current, handle: outcome.handle });
    case 'unknown': {
      const reason = `${outcome.error.code}: ${outcome.error.message}`.slice(0, 500);
      ports.log.warn('submit unanswered, will be looked for', { job: jobName(job), reason });
      ports.metrics.count('SubmitsUnanswered', 1, job);
      return (current) => ({ ...current, submitUnknownAt: now, unknown: { since: now, reason } });
    }
    case 'refused':
      return refused(ports, job, outcome.error, { refused: true });
    case 'unavailable':
      return refused(ports, job, unavailable(outcome.error), { neverSubmitted: true });
  }
}

function unavailable(error: JobError): JobError {
  return { ...error, retryable: error.retryable ?? true };
}

const RETRY_AFTER_SECONDS = 30;

function notTaken(error: JobError, retryAfterSeconds = RETRY_AFTER_SECONDS): Problem {
  const said = sentence(error.message);
  if (error.retryable === false) {
    const until = 'It fails in the same way until the connection is repaired (its url, its certificate or its secret)';
    return new Problem('connection-unusable', `${said} Nothing was started. ${until}; then it may be sent again.`, {
      extra: { error },
    });
  }
  return new Problem('platform-unavailable', `${said} Nothing was started, so the same request may be sent again.`, {
    extra: { error },
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

/** Shown as the connection's health until a tick, or a check, has found out more. */
async function noteUnavailable(ports: SubmitPorts, of: ConnectionRef, error: JobError): Promise<void> {
  const { code, message } = safeError(error);
  try {
    await ports.store.noteUnavailable(of, { at: ports.now(), reason: `${code}: ${message}`.slice(0, 500) });
  } catch (failure) {
    ports.log.warn('it is not noted that a connection was not reached', { error: String(failure) });
  }
}

async function giveBack(ports: SubmitPorts, job: Job, key: string | undefined): Promise<void> {
  if (key === undefined) return;
  try {
    await ports.store.releaseKey(job, key, job.id);
  } catch (error) {
    ports.log.warn('an Idempotency-Key could not be given back', { job: jobName(job), error: String(error) });
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function acceptedFields({ handle, lookBy, platformJobId, resource }: Accepted): Partial<Job> {
  return {
    handle,
    ...(lookBy !== undefined && { lookBy }),
    ...(platformJobId !== undefined && { platformJobId }),
    ...(resource && { resource }),
  };
}

/** It was never accepted, so it ends without an event and unlisted, and stays readable for whoever holds its id or key. */
function refused(
  ports: SubmitPorts,
  job: Job,
  error: JobError,
  mark: Pick<Job, 'neverSubmitted' | 'refused'>,
): (current: Job) => Job {
  const now = ports.now();
  ports.metrics.count('JobsRefused', 1, job);
  return ({ activeSince: _active, taskTokens: _tokens, ...current }) => ({
    ...current,
    ...mark,
    status: 'FAILED',
    completedAt: now,
    error: safeError(error),
    ttl: Math.floor(now / 1000) + ports.keepFinishedSeconds,
  });
}

/** Writes onto the newest version: a cancel, or the loop's deadline, may have written the job meanwhile. */
async function write(ports: SubmitPorts, job: Job, change: (current: Job) => Job): Promise<Job> {
  let current = job;
  for (let tries = 0; tries < WRITE_TRIES; tries++) {
    const written = await ports.store.updateJob(current, change(current));
    if (written) return written;
    const found = await ports.store.getJob(job, job.id);
    if (found === undefined || isTerminal(found.status) || found.handle) return found ?? current;
    current = found;
  }
  throw new Error(
    `${jobName(job)} could not be written in ${WRITE_TRIES} tries; the loop will find it at the platform`,
  );
}

async function existing(
  ports: SubmitPorts,
  found: Job | undefined,
  { of, common }: Submission,
  firstLookSeconds: number,
): Promise<Submitted> {
  if (!found) throw new Error(`a job of ${of.platform}/${of.connection} was there a moment ago and is gone`);
  return { job: await addTaskToken(ports, found, common.taskToken), isNew: false, firstLookSeconds };
}

function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('base64url');
}

/** Key order is no difference between two requests. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
