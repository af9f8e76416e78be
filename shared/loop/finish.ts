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
  log: Log;
}

const WRITE_CONCURRENCY = 24;
/** A finished job stays readable for 30 days. */
export const KEEP_FINISHED_SECONDS = 30 * 86_400;

/**
 * The last step of a job that has ended: put its event on the bus, complete the caller's task token, and only then let
 * the job go. A crash anywhere before the last write repeats all of it, with the same event id. Answers the jobs that are
 * settled now.
 */
export async function finish(ports: FinishPorts, jobs: readonly Job[], now: number): Promise<Job[]> {
  const owing = jobs.filter((job) => job.owed !== undefined);
  if (owing.length === 0) return [];
  const taken = await ports.bus.publish(owing.map(eventOf));
  const settled: Job[] = [];
  await eachOf(
    owing.filter((_, i) => taken[i]),
    WRITE_CONCURRENCY,
    async (job) => {
      if (await release(ports, job, now)) settled.push(job);
    },
  );
  return settled;
}

async function release(ports: FinishPorts, job: Job, now: number): Promise<boolean> {
  try {
    if (job.taskToken !== undefined) await ports.callbacks.complete(job.taskToken, present(job));
    const { owed: _owed, activeSince: _activeSince, taskToken: _taskToken, ...rest } = job;
    const done = await ports.store.updateJob(job, { ...rest, ttl: Math.floor(now / 1000) + KEEP_FINISHED_SECONDS });
    // Somebody else wrote it: the same last step, by another loop.
    return done !== undefined;
  } catch (error) {
    ports.log.warn('the end of a job is not settled yet, will be repeated', {
      job: jobName(job),
      error: String(error),
    });
    return false;
  }
}

function eventOf(job: Job): BusEvent {
  return {
    detailType: JOB_STATE_CHANGE,
    detail: jobStateChange(job, job.owed!),
    resource: jobName(job),
  };
}
