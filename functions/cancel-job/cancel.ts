import { requireJob } from '../../shared/api/lookup.ts';
import { Problem } from '../../shared/api/problem.ts';
import { isTerminal, type Job, jobName } from '../../shared/job/job.ts';
import { safeError } from '../../shared/job/result.ts';
import { afterCancel, refusalOf } from '../../shared/loop/after-cancel.ts';
import { refOf } from '../../shared/loop/look.ts';
import { endOf, patiently, type RequestPatience } from '../../shared/loop/patience.ts';
import { type WakePorts, wake } from '../../shared/loop/wake.ts';
import type { OperatorLog } from '../../shared/observe/log.ts';
import type { CallOptions, CancelOutcome, PlatformConnection } from '../../shared/platforms/adapter.ts';
import type { ConnectionRef } from '../../shared/store/store.ts';

export interface CancelPorts extends WakePorts, RequestPatience {
  log: OperatorLog;
}

const PLATFORM_MS = 15_000;
const WRITE_TRIES = 4;

/**
 * A request, not an outcome: the job is CANCELED only when the platform says so. Repeating it is the same request. What
 * cannot be told to the platform now, the loop tells it; what is refused is answered, and not told again.
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
  const endBy = endOf(ports);
  const outcome = await ask(ports, platform, requested, { signal: AbortSignal.timeout(PLATFORM_MS) });
  const answered = await note(ports, requested, outcome, endBy);
  const refusal = refusalOf(outcome);
  if (refusal) throw new Problem('cancel-refused', refusal.message, { extra: { error: safeError(refusal) } });
  return woken(ports, answered);
}

async function ask(
  { log }: CancelPorts,
  platform: PlatformConnection,
  job: Job,
  options: CallOptions,
): Promise<CancelOutcome> {
  try {
    return await platform.cancel!(refOf(job), options);
  } catch (error) {
    // An adapter that throws says nothing about what the platform did: the loop asks again.
    log.warn('an adapter threw instead of answering', { job: jobName(job), error: String(error) });
    return { kind: 'transient', code: 'AdapterError', message: 'The platform could not be asked.' };
  }
}

/** Where the platform's answer cannot be written, the request stays noted, and the loop asks again. */
async function note(ports: CancelPorts, job: Job, outcome: CancelOutcome, endBy: number): Promise<Job> {
  const change = (current: Job) => afterCancel(current, outcome, ports.now()) as Job;
  try {
    return await patiently(ports, endBy, () => write(ports, job, change));
  } catch (error) {
    const handle = outcome.kind === 'accepted' ? outcome.handle : undefined;
    const said = { job: jobName(job), answer: outcome.kind, handle, error: String(error) };
    ports.log.error("the platform's answer to a cancel is not written", said);
    return woken(ports, job);
  }
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
