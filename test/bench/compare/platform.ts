import { z } from 'zod';
import type { CheckOutcome } from '../../../shared/job/outcome.ts';
import type { Adapter, JobRef, PlatformConnection, SubmitOutcome } from '../../../shared/platforms/adapter.ts';
import { BOUNDS, LAB } from '../../support/world.ts';
import type { VirtualClock } from './clock.ts';

/** Assumed for everybody: a function and its table take 150 ms, a call to the platform 150 ms and 1 ms for each job. */
export const FUNCTION_MS = 150;
const CALL_MS = 150;
const JOB_MS = 1;
/** As many as vSphere and CloudStack are asked about at once. */
const JOBS_PER_CALL = 1_000;

interface PlatformJob {
  startedAt: number;
  endsAt: number;
}

/** A platform that has nothing to do but to let time pass. Several jobs can be asked about in one call. */
export class SimulatedPlatform implements PlatformConnection<{ seconds: number }> {
  submits = 0;
  calls = 0;
  looks = 0;
  readonly #clock: VirtualClock;
  readonly #tellsTook: boolean;
  readonly #jobs = new Map<string, PlatformJob>();

  /** `tellsTook`: it says of a job that is over how long it took; else looks alone tell. */
  constructor(clock: VirtualClock, tellsTook = true) {
    this.#clock = clock;
    this.#tellsTook = tellsTook;
  }

  intent(): undefined {
    return undefined;
  }

  adopt(): never {
    throw new Error('nothing is adopted in this benchmark');
  }

  async submit({ seconds }: { seconds: number }): Promise<SubmitOutcome> {
    this.submits++;
    const task = this.start(seconds);
    return { kind: 'accepted', handle: { task }, platformJobId: task };
  }

  /** Answers the new job's name. `ranSeconds`: how long it has been running already. */
  start(seconds: number, ranSeconds = 0): string {
    const task = `task-${this.#jobs.size + 1}`;
    const startedAt = this.#clock.time - ranSeconds * 1000;
    this.#jobs.set(task, { startedAt, endsAt: startedAt + seconds * 1000 });
    return task;
  }

  endOf(task: string): number {
    return this.#jobs.get(task)!.endsAt;
  }

  /** The states are those of half of the call's time. */
  async check(jobs: readonly JobRef[]): Promise<Map<string, CheckOutcome>> {
    this.calls += Math.ceil(jobs.length / JOBS_PER_CALL);
    this.looks += jobs.length;
    const half = (CALL_MS + JOB_MS * jobs.length) / 2;
    await this.#clock.sleep(half);
    const outcomes = new Map(jobs.map((job) => [job.id, this.#tell(String(job.handle.task))]));
    await this.#clock.sleep(half);
    return outcomes;
  }

  async isOver(task: string): Promise<boolean> {
    const outcome = await this.check([{ id: task, operation: '', handle: { task }, createdAt: 0 }]);
    const told = outcome.get(task);
    return told?.kind === 'observed' && told.status === 'SUCCEEDED';
  }

  #tell(task: string): CheckOutcome {
    const { startedAt, endsAt } = this.#jobs.get(task)!;
    if (this.#clock.time < endsAt) return { kind: 'observed', status: 'RUNNING' };
    const took = this.#tellsTook ? { tookSeconds: (endsAt - startedAt) / 1000 } : {};
    return { kind: 'observed', status: 'SUCCEEDED', ...took };
  }
}

/** The adapter of a platform like CloudStack or vSphere, as the schedule sees it. */
export function adapterOf(platform: SimulatedPlatform): Adapter {
  return {
    platform: LAB.platform,
    title: 'Simulated',
    options: z.any(),
    submitRequest: z.any(),
    adoptRequest: z.any(),
    capabilities: { cancel: false, batchCheck: true },
    bounds: BOUNDS,
    connect: () => platform as PlatformConnection,
  };
}
