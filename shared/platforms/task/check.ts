import type { CheckOutcome } from '../../job/outcome.ts';
import type { JobRef } from '../adapter.ts';
import { heartbeatBy, readHandle } from './handle.ts';

/** There is nobody to ask: a look only sees whether the worker still reports. */
export function check(jobs: readonly JobRef[], now: number): Map<string, CheckOutcome> {
  return new Map(jobs.map((job) => [job.id, look(job, now)]));
}

function look(job: JobRef, now: number): CheckOutcome {
  const handle = readHandle(job.handle);
  const by = heartbeatBy(handle);
  if (by === undefined || now < by) {
    return { kind: 'observed', status: handle.state === 'running' ? 'RUNNING' : 'QUEUED' };
  }
  const message = `No report came for ${handle.heartbeatSeconds} s, so the worker is taken for dead.`;
  return { kind: 'observed', status: 'LOST', error: { code: 'HeartbeatTimeout', message, outcomeUncertain: true } };
}
