import { type BusEvent, type EventBus, JOB_STATE_CHANGE } from '../events/bus.ts';
import { type Job, jobName } from '../job/job.ts';
import { jobStateChange, present } from '../job/present.ts';
import type { OperatorLog } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Store } from '../store/store.ts';
import { eachOf } from './concurrency.ts';
import type { Callbacks } from './executions.ts';

export interface FinishPorts {
  store: Store;
  bus: EventBus;
  callbacks: Callbacks;
  now(): number;
  log: OperatorLog;
  metrics: Metrics;
  /** How long a finished job stays readable. */
  keepFinishedSeconds: number;
}

export interface Finished {
  /** The jobs that are let go now. */
  settled: Job[];
  /** Those for which a step failed, to be tried again later. What there was no time for is in neither list. */
  failed: Job[];
}

/** Of jobs: they are published, and let go, so many at a time, so that a large backlog gets smaller with every tick. */
const CHUNK = 100;
const CHUNKS_AT_ONCE = 4;
const WRITES_AT_ONCE = 16;
/** A missing permission may be granted within a day; most who wait have given up by then. */
const CALL_BACK_FOR_MS = 86_400_000;

/**
 * The last steps of jobs that have ended: put the event on the bus, complete the caller's task tokens, and only then let the
 * job go. A crash anywhere before the last write repeats from there, with the same event id. No event waits for a task token
 * of any job: those are completed when all events are out.
 */
export async function finish(ports: FinishPorts, jobs: readonly Job[], endBy: number): Promise<Finished> {
  const finished: Finished = { settled: [], failed: [] };
  const calledBackLater: Job[] = [];
  const chunks = Array.from({ length: Math.ceil(jobs.length / CHUNK) }, (_, i) =>
    jobs.slice(i * CHUNK, (i + 1) * CHUNK),
  );
  await eachOf(chunks, CHUNKS_AT_ONCE, async (chunk) => {
    if (ports.now() > endBy) return;
    const published = await publish(ports, chunk, finished.failed);
    await eachOf(published, WRITES_AT_ONCE, (job) =>
      step(ports, job, finished, async () => {
        if (job.taskTokens === undefined) return release(ports, job);
        const noted = await notePublished(ports, job);
        if (noted) calledBackLater.push(noted);
        return undefined;
      }),
    );
  });
  await eachOf(calledBackLater, WRITES_AT_ONCE, async (job) => {
    if (ports.now() > endBy) return;
    await step(ports, job, finished, () => callBack(ports, job, finished.failed));
  });
  return finished;
}

/** One job's step; answers the job when it is let go. One that fails keeps no other from being settled. */
async function step(
  ports: FinishPorts,
  job: Job,
  finished: Finished,
  work: () => Promise<Job | undefined>,
): Promise<void> {
  try {
    const released = await work();
    if (released) finished.settled.push(released);
  } catch (error) {
    finished.failed.push(job);
    ports.metrics.count('WritesFailed', 1, job);
    ports.log.warn('the end of a job is not settled yet, will be repeated', {
      job: jobName(job),
      error: String(error),
    });
  }
}

/** Those whose event the bus has, now or from before. */
async function publish(ports: FinishPorts, jobs: readonly Job[], failed: Job[]): Promise<Job[]> {
  const pending = jobs.filter((job) => job.owed !== undefined);
  const taken = pending.length === 0 ? [] : await ports.bus.publish(pending.map(eventOf));
  const refused = pending.filter((_, i) => !taken[i]);
  ports.metrics.count('PublishFailures', refused.length, jobs[0]);
  failed.push(...refused);
  return [...jobs.filter((job) => job.owed === undefined), ...pending.filter((_, i) => taken[i])];
}

/** `undefined`: somebody else wrote it, who does the same last step. */
async function release(ports: FinishPorts, job: Job): Promise<Job | undefined> {
  const {
    owed: _owed,
    activeSince: _activeSince,
    taskTokens: _taskTokens,
    callbackRefusedSince: _refusedSince,
    ...rest
  } = job;
  const ttl = Math.floor(ports.now() / 1000) + ports.keepFinishedSeconds;
  return ports.store.updateJob(job, { ...rest, ttl });
}

/** Written before the task tokens are completed: a callback that fails is repeated by itself. */
async function notePublished(ports: FinishPorts, job: Job): Promise<Job | undefined> {
  const { owed, ...rest } = job;
  return owed === undefined ? job : ports.store.updateJob(job, rest);
}

/** Completes what can be completed of its task tokens. The job is let go when none is left, or after a day of refusals. */
async function callBack(ports: FinishPorts, job: Job, failed: Job[]): Promise<Job | undefined> {
  const refused: string[] = [];
  let reason = '';
  for (const taskToken of job.taskTokens ?? []) {
    try {
      await ports.callbacks.complete(taskToken, present(job));
    } catch (error) {
      refused.push(taskToken);
      reason = String(error);
    }
  }
  if (refused.length === 0) return release(ports, job);
  ports.metrics.count('CallbacksRefused', refused.length, job);
  const since = job.callbackRefusedSince ?? ports.now();
  if (ports.now() >= since + CALL_BACK_FOR_MS) {
    ports.metrics.count('CallbacksGivenUp', refused.length, job);
    ports.log.error('a task token could not be completed for a day and is given up', { job: jobName(job), reason });
    return release(ports, job);
  }
  ports.log.warn('a task token could not be completed, will be repeated', { job: jobName(job), reason });
  const isNews = job.callbackRefusedSince === undefined || refused.length < job.taskTokens!.length;
  if (isNews) await ports.store.updateJob(job, { ...job, taskTokens: refused, callbackRefusedSince: since });
  failed.push(job);
  return undefined;
}

function eventOf(job: Job): BusEvent {
  return {
    detailType: JOB_STATE_CHANGE,
    detail: jobStateChange(job, job.owed!),
    resource: jobName(job),
  };
}
