import { type ActiveJob, isTerminal, type Job, jobName } from '../job/job.ts';
import { next } from '../job/next.ts';
import { presentable } from '../job/result.ts';
import type { CancelOutcome } from '../platforms/adapter.ts';
import type { ConnectionHealth } from '../store/loop-item.ts';
import type { ConnectionRef } from '../store/store.ts';
import { eachOf } from './concurrency.ts';
import { finish } from './finish.ts';
import { announceHealth, healthAfter, type Judged } from './health.ts';
import type { Learned } from './look.ts';
import type { TickPorts } from './tick.ts';
import { afterFind } from './unconfirmed.ts';

/** Writes of one tick under way at once. */
const WRITE_CONCURRENCY = 24;

/**
 * Writes what a tick has learned, and keeps `jobs` (the connection's active jobs, by id) as the table has them: changed
 * jobs are replaced, settled ones leave. A write that lost against somebody else's changes nothing here; the next tick
 * reads the job anew.
 */
export class Settlement {
  readonly #ports: TickPorts;
  readonly #jobs: Map<string, ActiveJob>;

  constructor(ports: TickPorts, jobs: Map<string, ActiveJob>) {
    this.#ports = ports;
    this.#jobs = jobs;
  }

  /** Deadlines need no platform, so one that hangs delays none of them. */
  async deadlines(now: number): Promise<void> {
    const late = [...this.#jobs.values()].filter((job) => now >= job.deadline);
    await this.#writeAll(late, (job) => next(job, undefined, now, this.#ports.bounds));
  }

  /** Events that an earlier tick could not put on the bus, or died before it did. */
  async owed(): Promise<void> {
    const owing: Job[] = [];
    const ended = [...this.#jobs.values()].filter((job) => isTerminal(job.status));
    await eachOf(ended, WRITE_CONCURRENCY, async (job) => {
      const whole = await this.#ports.store.getJob(job, job.id);
      if (whole?.owed) owing.push(whole);
      else this.#jobs.delete(job.id);
    });
    await this.#finish(owing);
  }

  async outcomes(learned: Learned, endBy: number): Promise<void> {
    const { bounds, now, metrics } = this.#ports;
    const at = now();
    const touched = new Set([...learned.cancels.keys(), ...learned.finds.keys(), ...learned.checks.keys()]);
    const jobs = [...touched].map((id) => this.#jobs.get(id)).filter((job) => job !== undefined);
    metrics.count('Looks', learned.checks.size, jobs[0]);
    metrics.count('LooksFailed', [...learned.checks.values()].filter((o) => o.kind !== 'observed').length, jobs[0]);

    const finds = await this.#unclaimed(learned.finds);
    await this.#writeAll(jobs, (job) => {
      // Out of time: the job is looked at again by the next turn, as if this one had not.
      if (now() > endBy) return job;
      let after = job;
      if (finds.has(job.id)) after = afterFind(after, finds.get(job.id), at, bounds);
      const canceled = learned.cancels.get(job.id);
      if (canceled) after = afterCancel(after, canceled, at);
      const checked = learned.checks.get(job.id);
      if (checked) after = next(after, presentable(checked), at, bounds);
      return after;
    });
  }

  /** The health to store with the tick; as before, when the news of a change did not reach the bus. */
  async health(of: ConnectionRef, before: ConnectionHealth, judged: Judged): Promise<ConnectionHealth> {
    const after = healthAfter(before, judged, this.#ports.now());
    if (after.status === 'DOWN') this.#ports.metrics.count('ConnectionsDown', 1, of);
    return (await announceHealth(this.#ports.bus, of, before, after)) ? after : before;
  }

  /**
   * What was found for one job may be another one's: the same operation on the same thing, submitted a moment before or
   * after. A job of the platform belongs to one job of ours.
   */
  async #unclaimed(finds: Learned['finds']): Promise<Learned['finds']> {
    const unclaimed: Learned['finds'] = new Map();
    const given = new Set<string>();
    for (const [id, found] of finds) {
      const job = this.#jobs.get(id);
      const platformJobId = found?.kind === 'accepted' ? found.platformJobId : undefined;
      const taken = job && platformJobId !== undefined && (await this.#isTaken(job, platformJobId));
      if (platformJobId !== undefined && (taken || given.has(platformJobId))) {
        unclaimed.set(id, {
          kind: 'absent',
          message: `Only ${platformJobId} was found, which another job of ours started.`,
        });
      } else {
        unclaimed.set(id, found);
        if (platformJobId !== undefined) given.add(platformJobId);
      }
    }
    return unclaimed;
  }

  /** The latest jobs of the same operation are enough: the platform was searched for this one around its own submit. */
  async #isTaken(job: ActiveJob, platformJobId: string): Promise<boolean> {
    const { jobs } = await this.#ports.store.listJobs(job, { operation: job.operation, limit: 200 });
    return jobs.some((other) => other.id !== job.id && other.platformJobId === platformJobId);
  }

  async #writeAll(jobs: readonly ActiveJob[], change: (job: ActiveJob) => ActiveJob): Promise<void> {
    const ended: Job[] = [];
    await eachOf(jobs, WRITE_CONCURRENCY, async (job) => {
      const after = change(job);
      if (after === job) return;
      const written = await this.#ports.store.updateJob(job, after);
      if (written === undefined) return;
      this.#jobs.set(job.id, written);
      if (isTerminal(written.status)) {
        this.#ports.log.info('job is over', { job: jobName(written), status: written.status });
        ended.push(written);
      }
    });
    this.#ports.metrics.count('JobsFinished', ended.length, jobs[0]);
    await this.#finish(ended);
  }

  async #finish(jobs: readonly Job[]): Promise<void> {
    const settled = await finish(this.#ports, jobs, this.#ports.now());
    for (const job of settled) this.#jobs.delete(job.id);
    this.#ports.metrics.count('PublishFailures', jobs.length - settled.length, jobs[0]);
  }
}

/** The platform took the request, or has no use for it any more; a refusal is noted so that it is not repeated. */
export function afterCancel(job: ActiveJob, outcome: CancelOutcome, now: number): ActiveJob {
  if (outcome.kind === 'over') return { ...job, cancelSentAt: now };
  if (outcome.kind === 'accepted')
    return { ...job, cancelSentAt: now, ...(outcome.handle && { handle: outcome.handle }) };
  if (outcome.kind !== 'refused') return job;
  const { cancelRequestedAt: _refused, ...rest } = job;
  return { ...rest, message: `Cancel refused: ${outcome.error.message}`.slice(0, 500) };
}
