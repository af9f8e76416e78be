import { requireJob } from '../../shared/api/lookup.ts';
import { Problem } from '../../shared/api/problem.ts';
import { isTerminal, type Job, type OpenStatus } from '../../shared/job/job.ts';
import { next } from '../../shared/job/next.ts';
import { presentable, safeError } from '../../shared/job/result.ts';
import { refOf } from '../../shared/loop/look.ts';
import { type WakePorts, wake } from '../../shared/loop/wake.ts';
import type { AdapterRuntime, PlatformConnection, Report, ReportOutcome } from '../../shared/platforms/adapter.ts';
import type { ConnectionRef } from '../../shared/store/store.ts';

export interface ReportPorts extends WakePorts {
  now(): number;
}

const PLATFORM_MS = 15_000;
const WRITE_TRIES = 4;
const LOOK_SOON_MS = 1_000;

/**
 * What a worker says of its job. Refused once the job is over, as vim.Task does it: then the worker knows that nobody
 * waits for it any more. The answer shows the job, with `cancelRequestedAt` where a cancel was asked for.
 */
export async function reportJob(
  ports: ReportPorts,
  adapter: AdapterRuntime,
  platform: PlatformConnection,
  of: ConnectionRef,
  id: string,
  report: Report,
): Promise<Job> {
  for (let tries = 0; tries < WRITE_TRIES; tries++) {
    const job = await requireJob(ports.store, of, id);
    if (isTerminal(job.status)) {
      throw new Problem('job-over', `The job ended as ${job.status}; it takes no reports any more.`, {
        extra: { jobStatus: job.status },
      });
    }
    const outcome = await ask(platform, job, report, ports.now());
    if (outcome.kind === 'accepted') return lookSoon(ports, job);
    if (outcome.kind !== 'observed') throw refusal(outcome, of);
    const now = ports.now();
    // The worker says that it has ended, so this is when.
    const seen = { ...presentable(outcome), tookSeconds: (now - job.createdAt) / 1000 };
    const after = next(job, seen, now, adapter.bounds);
    // A small step of progress need not be written, a sign of life must: the handle has it, so it always differs.
    const written = after === job ? job : await ports.store.updateJob(job, after);
    if (written === undefined) continue;
    if (isTerminal(written.status)) await wake(ports, of, ports.now(), ports.now());
    else if (written.lookBy !== job.lookBy) await wake(ports, of, written.lookBy ?? written.deadline, ports.now());
    return written;
  }
  throw new Error(`${id} is written by others all the time; the report was not taken`);
}

/** The platform has the news: a look fetches them. The report itself is not repeated, whoever writes the job meanwhile. */
async function lookSoon(ports: ReportPorts, job: Job): Promise<Job> {
  const lookBy = ports.now() + LOOK_SOON_MS;
  let current = job;
  for (let tries = 0; tries < WRITE_TRIES && !isTerminal(current.status); tries++) {
    const written = await ports.store.updateJob(current, { ...current, lookBy });
    current = written ?? (await requireJob(ports.store, job, job.id));
    if (written) break;
  }
  await wake(ports, job, lookBy, ports.now());
  return current;
}

function ask(platform: PlatformConnection, job: Job, report: Report, now: number): Promise<ReportOutcome> {
  if (platform.report === undefined || job.handle === undefined) {
    const message = 'This job reports itself: the platform is asked about it.';
    return Promise.resolve({ kind: 'refused', error: { code: 'NotSupported', message } });
  }
  const reported = { ...refOf(job), status: job.status as OpenStatus };
  return platform.report(reported, report, { signal: AbortSignal.timeout(PLATFORM_MS), now });
}

function refusal(outcome: Exclude<ReportOutcome, { kind: 'observed' | 'accepted' }>, of: ConnectionRef): Problem {
  if (outcome.kind === 'refused') {
    return new Problem('report-refused', outcome.error.message, { extra: { error: safeError(outcome.error) } });
  }
  const said = `${of.platform}/${of.connection} did not take it: ${outcome.message}`;
  if (outcome.kind === 'permanent') {
    const error = safeError({ code: outcome.code, message: outcome.message, retryable: false });
    return new Problem('connection-unusable', said, { extra: { error } });
  }
  return new Problem('platform-unavailable', said, {
    headers: { 'retry-after': String(outcome.retryAfterSeconds ?? 30) },
  });
}
