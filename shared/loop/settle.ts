import { type ActiveJob, isTerminal, type Job, jobName, TERMINAL_STATUSES } from '../job/job.ts';
import { next } from '../job/next.ts';
import { presentable } from '../job/result.ts';
import { waitAfterLook } from '../job/schedule/due.ts';
import { ENDED_METRICS } from '../observe/metrics.ts';
import type { ConnectionHealth } from '../store/loop-item.ts';
import type { ConnectionRef } from '../store/store.ts';
import { afterCancel, cancelByLoop, refusalOf } from './after-cancel.ts';
import { unclaimed } from './claims.ts';
import { eachOf } from './concurrency.ts';
import { finish } from './finish.ts';
import { announceHealth, healthAfter, type Judged } from './health.ts';
import type { Learned } from './look.ts';
import { mayPass, pausesUntil } from './patience.ts';
import { deadlineAt } from './retries.ts';
import type { Memory, PlannedPorts } from './tick.ts';
import { afterFind } from './unconfirmed.ts';

/** Writes of one tick under way at once. */
const WRITE_CONCURRENCY = 24;
/** What is left for the loop's own item when the last try of a write has ended: the SDK gives a call up after seconds. */
const LAST_WRITES_MS = 5_000;

type Change = (job: ActiveJob) => ActiveJob;

/**
 * Writes what a tick has learned, and keeps `jobs` (the connection's active jobs, by id) as the table has them: changed
 * jobs are replaced, settled ones leave. One job that cannot be written keeps no other from being written: it is logged,
 * counted, and looked at again later, after a gap that doubles.
 */
export class Settlement {
  readonly #ports: PlannedPorts;
  readonly #jobs: Map<string, ActiveJob>;
  readonly #memory: Memory;
  readonly #endBy: number;

  constructor(ports: PlannedPorts, jobs: Map<string, ActiveJob>, memory: Memory, endBy: number) {
    this.#ports = ports;
    this.#jobs = jobs;
    this.#memory = memory;
    this.#endBy = endBy;
  }

  /** Deadlines need no platform, so one that hangs delays none of them. */
  async deadlines(now: number): Promise<void> {
    const late = [...this.#jobs.values()].filter(
      (job) => !isTerminal(job.status) && now >= deadlineAt(job, this.#memory.retries),
    );
    await this.#writeAll(late, (job) => {
      const look = this.#memory.looks.get(job.id);
      return next(job, undefined, now, this.#ports.bounds, { lastSeenAt: look?.at, looks: look?.count });
    });
  }

  /** What an earlier tick could not put on the bus or call back, or died before it did. */
  async owed(): Promise<void> {
    const owing: Job[] = [];
    const { retries } = this.#memory;
    const begin = this.#ports.now();
    const ended = [...this.#jobs.values()].filter((job) => isTerminal(job.status) && retries.isDue(job.id, begin));
    await eachOf(ended, WRITE_CONCURRENCY, async (job) => {
      if (this.#ports.now() > this.#endBy) return;
      try {
        const whole = await this.#ports.store.getJob(job, job.id);
        if (whole?.activeSince === undefined) this.#jobs.delete(job.id);
        else owing.push(whole);
      } catch (error) {
        this.#failed(job, error);
      }
    });
    await this.#finish(owing);
  }

  async outcomes(learned: Learned): Promise<void> {
    const { store, bounds, now, metrics } = this.#ports;
    const at = now();
    const touched = new Set([...learned.cancels.keys(), ...learned.finds.keys(), ...learned.checks.keys()]);
    const jobs = [...touched].map((id) => this.#jobs.get(id)).filter((job) => job !== undefined);
    metrics.count('Looks', learned.checks.size, jobs[0]);
    metrics.count('LooksFailed', [...learned.checks.values()].filter((o) => o.kind !== 'observed').length, jobs[0]);

    const finds = await unclaimed(store, this.#jobs, learned.finds, bounds);
    const change: Change = (job) => {
      const checked = learned.checks.get(job.id);
      const canceled = cancelByLoop(learned.cancels.get(job.id), checked);
      let after = job;
      if (finds.has(job.id)) after = afterFind(after, finds.get(job.id), at, bounds);
      if (canceled) after = afterCancel(after, canceled, at);
      // Where canceling is work of its own, the look was at the handle before it.
      const outdated = canceled?.kind === 'accepted' && canceled.handle !== undefined;
      const seen = { lastSeenAt: learned.before.get(job.id)?.at, looks: this.#memory.looks.get(job.id)?.count };
      if (!checked || outdated) return after;
      const seenNow = next(after, presentable(checked), at, bounds, seen);
      // Why it was not canceled is what its caller waits for; what the platform does is told by the next look.
      const refused = canceled && refusalOf(canceled) && !isTerminal(seenNow.status);
      return refused && after.message !== undefined ? { ...seenNow, message: after.message } : seenNow;
    };
    this.#noteCancels(learned);
    await this.#writeAll(jobs, change, { patient: true });
    this.#planNext(learned);
  }

  /** A cancel that was not taken is told again after a gap that doubles. */
  #noteCancels({ cancels, checks }: Learned): void {
    for (const [id, outcome] of cancels) {
      const known = cancelByLoop(outcome, checks.get(id))!;
      const goesOn = known.kind === 'transient' || known.kind === 'not_found';
      if (goesOn) this.#memory.cancels.failed(id, this.#ports.now());
      else this.#memory.cancels.done(id);
    }
  }

  /** When the jobs that were looked at, and go on, are due again. */
  #planNext(learned: Learned): void {
    const { plans, random } = this.#ports;
    for (const [id, outcome] of learned.checks) {
      const job = this.#jobs.get(id);
      const look = this.#memory.looks.get(id);
      if (job === undefined || look === undefined || isTerminal(job.status)) continue;
      const progress = outcome.kind === 'observed' ? outcome.progress : undefined;
      this.#memory.looks.set(id, { ...look, waitSeconds: waitAfterLook(job, look.at, plans, random, progress) });
    }
  }

  /** The health to store with the tick; as before, when the news of a change did not reach the bus. */
  async health(of: ConnectionRef, before: ConnectionHealth, judged: Judged): Promise<ConnectionHealth> {
    const after = healthAfter(before, judged, this.#ports.now());
    if (after.status === 'DOWN') this.#ports.metrics.count('ConnectionsDown', 1, of);
    return (await announceHealth(this.#ports.bus, of, before, after)) ? after : before;
  }

  /** `patient`: what may be said only once is written again until the time of this tick is nearly over. */
  async #writeAll(jobs: readonly ActiveJob[], change: Change, { patient = false } = {}): Promise<void> {
    const once = patient ? jobs.filter((job) => isSaidOnce(job, change(job))) : [];
    const first = new Set(once);
    const failed = await this.#writeEach([...once, ...jobs.filter((job) => !first.has(job))], change);
    let left = once.filter((job) => mayPass(failed.get(job)) && failed.has(job));
    if (left.length > 0) {
      for await (const _ of pausesUntil(this.#ports, this.#endBy - LAST_WRITES_MS)) {
        const again = await this.#writeEach(left, change);
        for (const job of left) failed.delete(job);
        for (const [job, error] of again) failed.set(job, error);
        left = left.filter((job) => mayPass(failed.get(job)) && failed.has(job));
        if (left.length === 0) break;
      }
    }
    for (const [job, error] of failed) this.#failed(job, error);
  }

  /** Answers what could not be written, and why. */
  async #writeEach(jobs: readonly ActiveJob[], change: Change): Promise<Map<ActiveJob, unknown>> {
    const failed = new Map<ActiveJob, unknown>();
    const ended: Job[] = [];
    await eachOf(jobs, WRITE_CONCURRENCY, async (job) => {
      let written: Job | undefined;
      try {
        written = await this.#write(job, change);
      } catch (error) {
        failed.set(job, error);
        return;
      }
      this.#memory.retries.done(job.id);
      if (written === undefined) return;
      this.#jobs.set(job.id, written);
      if (!isTerminal(written.status)) return;
      this.#ports.log.info('job is over', { job: jobName(written), status: written.status });
      ended.push(written);
    });
    this.#ports.metrics.count('JobsFinished', ended.length, jobs[0]);
    for (const status of TERMINAL_STATUSES) {
      this.#ports.metrics.count(ENDED_METRICS[status], ended.filter((job) => job.status === status).length, jobs[0]);
    }
    await this.#finish(ended);
    return failed;
  }

  #failed(job: ActiveJob, error: unknown): void {
    this.#memory.retries.failed(job.id, this.#ports.now());
    this.#ports.metrics.count('WritesFailed', 1, job);
    this.#ports.log.warn('what was learned of a job is not written, it will be looked at again', {
      job: jobName(job),
      error: String(error),
    });
  }

  /** The job as it is now, if it was written: by us, or already, by a write of ours whose answer was lost. */
  async #write(job: ActiveJob, change: Change): Promise<Job | undefined> {
    let before: ActiveJob | Job = job;
    let after = change(job);
    if (after === job) return undefined;
    if (this.#ports.now() > this.#endBy) throw new Error('the time of this tick is over');
    if (job.partsDigest !== undefined && after.parts !== undefined) {
      // Which of the parts have changed only the parts tell, and the index has none.
      const whole = await this.#ports.store.getJob(job, job.id);
      if (whole === undefined || isTerminal(whole.status)) return whole;
      before = whole;
      after = change(whole);
      if (after === whole) return whole;
    }
    const written = await this.#ports.store.updateJob(before, after);
    if (written) return written;
    const current = await this.#ports.store.getJob(job, job.id);
    if (current === undefined || isTerminal(current.status)) return current;
    const again = change(current);
    if (again === current) return current;
    const second = await this.#ports.store.updateJob(current, again);
    if (second) return second as Job;
    throw new Error('others write it all the time');
  }

  async #finish(jobs: readonly Job[]): Promise<void> {
    const active = jobs.filter((job) => job.activeSince !== undefined);
    // Let go before, and taken up again for a task token that came late: they are counted.
    const again = new Set(active.filter(({ ttl }) => ttl !== undefined).map(({ id }) => id));
    const { settled, failed } = await finish(this.#ports, active, this.#endBy);
    const { retries } = this.#memory;
    for (const job of failed) retries.failed(job.id, this.#ports.now());
    for (const job of settled) retries.done(job.id);
    for (const job of settled) this.#jobs.delete(job.id);
    await this.#ports.statistics.count(settled.filter(({ id }) => !again.has(id)));
    for (const job of jobs) if (job.activeSince === undefined) this.#jobs.delete(job.id);
  }
}

/** An end, or a handle that replaces another: some platforms say it once, so it must not be learned in vain. */
function isSaidOnce(before: ActiveJob, after: ActiveJob): boolean {
  return after !== before && (isTerminal(after.status) || after.handle !== before.handle);
}
