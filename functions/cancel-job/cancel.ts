import { requireJob } from '../../shared/api/lookup.ts';
import { Problem } from '../../shared/api/problem.ts';
import { isTerminal, type Job } from '../../shared/job/job.ts';
import { safeError } from '../../shared/job/result.ts';
import { refOf } from '../../shared/loop/look.ts';
import { afterCancel } from '../../shared/loop/settle.ts';
import { type WakePorts, wake } from '../../shared/loop/wake.ts';
import type { PlatformConnection } from '../../shared/platforms/adapter.ts';
import type { ConnectionRef } from '../../shared/store/store.ts';

export interface CancelPorts extends WakePorts {
  now(): number;
}

const PLATFORM_MS = 15_000;
const WRITE_TRIES = 4;

/**
 * A request, not an outcome: the job is CANCELED only when the platform says so. Repeating it is the same request. What
 * cannot be told to the platform now, the loop tells it.
 */
export async function cancelJob(
  ports: CancelPorts,
  platform: PlatformConnection,
  of: ConnectionRef,
  id: string,
): Promise<Job> {
  const job = await requireJob(ports.store, of, id);
  refuseIfOver(job);
  if (platform.cancel === undefined) {
    throw new Problem('cancel-not-supported', `${of.platform} has no way to cancel a job. It goes on to its own end.`);
  }
  // The request that was made before may have died before it woke the loop.
  if (job.cancelRequestedAt !== undefined) return job.cancelSentAt === undefined ? woken(ports, job) : job;

  const requested = await write(ports, job, (current) => ({ ...current, cancelRequestedAt: ports.now() }));
  refuseIfOver(requested);
  if (requested.handle === undefined) return woken(ports, requested);
  const outcome = await platform.cancel(refOf(requested), { signal: AbortSignal.timeout(PLATFORM_MS) });
  const answered = await write(ports, requested, (current) => afterCancel(current, outcome, ports.now()) as Job);
  if (outcome.kind === 'refused') {
    throw new Problem('cancel-refused', outcome.error.message, { extra: { error: safeError(outcome.error) } });
  }
  return woken(ports, answered);
}

async function woken(ports: CancelPorts, job: Job): Promise<Job> {
  await wake(ports, job, ports.now() + 2_000, ports.now());
  return job;
}

function refuseIfOver(job: Job): void {
  if (!isTerminal(job.status)) return;
  throw new Problem('job-over', `The job ended as ${job.status} and cannot be canceled any more.`, {
    extra: { jobStatus: job.status },
  });
}

async function write(ports: CancelPorts, job: Job, change: (current: Job) => Job): Promise<Job> {
  let current = job;
  for (let tries = 0; tries < WRITE_TRIES; tries++) {
    if (isTerminal(current.status)) return current;
    const after = change(current);
    const written = after === current ? current : await ports.store.updateJob(current, after);
    if (written) return written;
    current = await requireJob(ports.store, job, job.id);
  }
  throw new Error(`${job.id} is written by others all the time; the cancel was not noted`);
}
