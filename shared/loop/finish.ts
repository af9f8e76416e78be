import { type BusEvent, type EventBus, JOB_STATE_CHANGE } from '../events/bus.ts';
import { type Job, jobName } from '../job/job.ts';
import { jobStateChange, present } from '../job/present.ts';
import type { Log } from '../platforms/adapter.ts';
import type { Store } from '../store/store.ts';
import { eachOf } from './concurrency.ts';
import type { Callbacks } from './executions.ts';

export interface FinishPorts {
  store: Store;
  bus: EventBus;
  callbacks: Callbacks;
  now(): number;
  log: Log;
  /** How long a finished job stays readable. */
  keepFinishedSeconds: number;
}

/** Of jobs: they are published, and let go, so many at a time, so that a large backlog gets smaller with every tick. */
const CHUNK = 100;
const CHUNKS_AT_ONCE = 4;
const WRITES_AT_ONCE = 16;

/**
 * The last steps of jobs that have ended: put the event on the bus, complete the caller's task token, and only then let the
 * job go. A crash anywhere before the last write repeats from there, with the same event id. What is not done by `endBy`
 * is left to the next tick. Answers the jobs that are settled now.
 */
export async function finish(ports: FinishPorts, jobs: readonly Job[], endBy: number): Promise<Job[]> {
  const settled: Job[] = [];
  const chunks = Array.from({ length: Math.ceil(jobs.length / CHUNK) }, (_, i) =>
    jobs.slice(i * CHUNK, (i + 1) * CHUNK),
  );
  await eachOf(chunks, CHUNKS_AT_ONCE, async (chunk) => {
    if (ports.now() > endBy) return;
    const told = await announce(ports, chunk);
    await eachOf(told, WRITES_AT_ONCE, async (job) => {
      const released = await release(ports, job);
      if (released) settled.push(released);
    });
  });
  return settled;
}

/** Those whose event the bus has, now or from before. */
async function announce(ports: FinishPorts, jobs: readonly Job[]): Promise<Job[]> {
  const owing = jobs.filter((job) => job.owed !== undefined);
  const taken = owing.length === 0 ? [] : await ports.bus.publish(owing.map(eventOf));
  return [...jobs.filter((job) => job.owed === undefined), ...owing.filter((_, i) => taken[i])];
}

async function release(ports: FinishPorts, job: Job): Promise<Job | undefined> {
  try {
    const told = job.taskTokens === undefined ? job : await callBack(ports, job, job.taskTokens);
    if (told === undefined) return undefined;
    const { owed: _owed, activeSince: _activeSince, taskTokens: _taskTokens, ...rest } = told;
    const ttl = Math.floor(ports.now() / 1000) + ports.keepFinishedSeconds;
    // Somebody else wrote it: the same last step, by another loop.
    return await ports.store.updateJob(told, { ...rest, ttl });
  } catch (error) {
    ports.log.warn('the end of a job is not settled yet, will be repeated', {
      job: jobName(job),
      error: String(error),
    });
    return undefined;
  }
}

/** First noted that the bus has the event: a callback that fails is repeated by itself. */
async function callBack(ports: FinishPorts, job: Job, taskTokens: readonly string[]): Promise<Job | undefined> {
  const { owed, ...rest } = job;
  const noted = owed === undefined ? job : await ports.store.updateJob(job, rest);
  if (noted) for (const taskToken of taskTokens) await ports.callbacks.complete(taskToken, present(noted));
  return noted;
}

function eventOf(job: Job): BusEvent {
  return {
    detailType: JOB_STATE_CHANGE,
    detail: jobStateChange(job, job.owed!),
    resource: jobName(job),
  };
}
