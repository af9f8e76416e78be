import { requireJob } from '../../shared/api/lookup.ts';
import { Problem } from '../../shared/api/problem.ts';
import { isTerminal, type Job, jobName, type OpenStatus } from '../../shared/job/job.ts';
import { next } from '../../shared/job/next.ts';
import { presentable, safeError } from '../../shared/job/result.ts';
import { refOf } from '../../shared/loop/look.ts';
import { endOf, patiently, type RequestPatience } from '../../shared/loop/patience.ts';
import { type WakePorts, wake } from '../../shared/loop/wake.ts';
import type { AdapterRuntime, PlatformConnection, Report, ReportOutcome } from '../../shared/platforms/adapter.ts';
import type { ConnectionRef } from '../../shared/store/store.ts';

export interface ReportPorts extends WakePorts, RequestPatience {}

const PLATFORM_MS = 15_000;
const WRITE_TRIES = 4;
const LOOK_SOON_MS = 1_000;
/** A submit is under way for seconds; what was not confirmed then is looked for at once. */
const UNCONFIRMED_RETRY_SECONDS = 5;

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
  const endBy = endOf(ports);
  let reported: Job | undefined;
  for (let tries = 0; tries < WRITE_TRIES; tries++) {
    const job = await requireJob(ports.store, of, id);
    // A write of ours whose answer was lost.
    if (reported && job.status === reported.status && job.completedAt === reported.completedAt)
      return woken(ports, job);
    if (isTerminal(job.status)) {
      throw new Problem('job-over', `The job ended as ${job.status}; it takes no reports any more.`, {
        extra: { jobStatus: job.status },
      });
    }
    refuseIfUnconfirmed(platform, job, of);
    const outcome = await ask(platform, job, report, ports.now());
    if (outcome.kind === 'accepted') return lookSoon(ports, job, endBy);
    if (outcome.kind !== 'observed') throw refusal(outcome, of);
    const now = ports.now();
    // The worker says that it has ended, so this is when.
    const seen = { ...presentable(outcome), tookSeconds: (now - job.createdAt) / 1000 };
    const after = next(job, seen, now, adapter.bounds);
    // A small step of progress need not be written, a sign of life must: the handle has it, so it always differs.
    const written = after === job ? job : await patiently(ports, endBy, () => ports.store.updateJob(job, after));
    if (written === undefined) {
      if (isTerminal(after.status)) reported = after;
      continue;
    }
    if (isTerminal(written.status)) return woken(ports, written);
    if (written.lookBy !== job.lookBy) await wake(ports, of, written.lookBy ?? written.deadline, ports.now());
    return written;
  }
  throw new Error(`${id} is written by others all the time; the report was not taken`);
}

/** The platform has the news: a look fetches them. The report itself is not repeated, whoever writes the job meanwhile. */
async function lookSoon(ports: ReportPorts, job: Job, endBy: number): Promise<Job> {
  const lookBy = ports.now() + LOOK_SOON_MS;
  let current = job;
  try {
    for (let tries = 0; tries < WRITE_TRIES && !isTerminal(current.status); tries++) {
      const before = current;
      const written = await patiently(ports, endBy, () => ports.store.updateJob(before, { ...before, lookBy }));
      current = written ?? (await requireJob(ports.store, job, job.id));
      if (written) break;
    }
  } catch (error) {
    // The platform keeps the report, so a look a little later has it all the same.
    ports.log.warn('the look after a report is not noted', { job: jobName(job), error: String(error) });
  }
  await wake(ports, job, lookBy, ports.now());
  return current;
}

async function woken(ports: ReportPorts, job: Job): Promise<Job> {
  await wake(ports, job, ports.now(), ports.now());
  return job;
}

/** Until the platform has taken the submit, nobody knows what the report is about; a worker may be faster than the answer. */
function refuseIfUnconfirmed(platform: PlatformConnection, job: Job, of: ConnectionRef): void {
  if (platform.report === undefined || job.handle !== undefined) return;
  const said = `${of.platform}/${of.connection} has not confirmed the submit of this job yet, so it takes no reports yet.`;
  throw new Problem('job-unconfirmed', `${said} Nothing was changed: send the report again in a few seconds.`, {
    headers: { 'retry-after': String(UNCONFIRMED_RETRY_SECONDS) },
  });
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
