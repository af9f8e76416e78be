import type { CheckEvent } from '../../../functions/check-jobs/index.ts';
import { reconcile } from '../../../functions/reconcile/reconcile.ts';
import { submitJob } from '../../../functions/submit-job/submit.ts';
import { Execution } from '../../../infra/local/execution.ts';
import type { Definition } from '../../../infra/local/state-machine-definition.ts';
import { waitLoopDefinition } from '../../../infra/wait-loop.ts';
import type { BusEvent } from '../../../shared/events/bus.ts';
import type { JobStateChange } from '../../../shared/job/present.ts';
import { KEEP_FINISHED_DAYS } from '../../../shared/job/retention.ts';
import { executionName } from '../../../shared/loop/executions.ts';
import { planLimits } from '../../../shared/loop/limits.ts';
import type { LoopOutput } from '../../../shared/loop/soft-state.ts';
import { cachedStats } from '../../../shared/loop/statistics.ts';
import { type TickPorts, tick } from '../../../shared/loop/tick.ts';
import { wake } from '../../../shared/loop/wake.ts';
import type { Adapter, PlatformConnection } from '../../../shared/platforms/adapter.ts';
import type { ConnectionRef } from '../../../shared/store/store.ts';
import { LAB, SILENT } from '../../support/world.ts';
import type { VirtualClock } from './clock.ts';
import { MeteredStore } from './metered-store.ts';
import { adapterOf, FUNCTION_MS, type SimulatedPlatform } from './platform.ts';
import { noUsage, type Usage } from './prices.ts';
import type { SampleJob } from './workload.ts';

const ACCOUNT = 'arn:aws:states:us-east-1:000000000000';
const FUNCTION_TIMEOUT_MS = 60_000;
const MARGIN_MS = 5_000;
const EVENT_CHUNK_BYTES = 64 * 1024;
const LOOP = waitLoopDefinition('arn:aws:lambda:us-east-1:000000000000:function:check-jobs') as unknown as Definition;

/** An event that a subscriber got. */
export interface Told {
  job: SampleJob;
  submittedAt: number;
  endedAt: number;
  at: number;
}

interface Tracked extends Pick<Told, 'job' | 'submittedAt' | 'endedAt'> {
  task: string;
}

/**
 * The product on a virtual clock: its submit, its tick, its state machine in the local engine's interpreter; the table, the
 * bus and the platform in memory, with a meter on each.
 */
export class PolluxWorld {
  readonly told: Told[] = [];
  readonly failures: unknown[] = [];
  /** Ticks that asked the platform, and those of loops that took over from one that sleeps. */
  ticks = 0;
  takeOvers = 0;
  readonly store: MeteredStore;
  readonly ports: TickPorts;
  readonly #clock: VirtualClock;
  readonly #platform: SimulatedPlatform;
  readonly #adapter: Adapter;
  readonly #usage = noUsage();
  readonly #running = new Map<string, boolean>();
  readonly #tracked = new Map<string, Tracked>();
  readonly #stats: ReturnType<typeof cachedStats>;

  constructor(clock: VirtualClock, platform: SimulatedPlatform, random: () => number) {
    this.#clock = clock;
    this.#platform = platform;
    this.#adapter = adapterOf(platform);
    const now = () => clock.time;
    this.store = new MeteredStore(now);
    this.ports = {
      store: this.store,
      bus: { publish: async (events) => this.#publish(events) },
      executions: {
        start: async (of, epoch) => this.#start(of, epoch),
        runningSince: async (of, epoch) => (this.#running.get(executionName(of, epoch)) ? 0 : undefined),
      },
      callbacks: { complete: async () => {} },
      platform: platform as PlatformConnection,
      bounds: this.#adapter.bounds,
      limits: planLimits(this.#adapter, {} as never),
      now,
      random,
      log: SILENT,
      metrics: { count() {} },
      pause: async () => {},
      keepFinishedSeconds: KEEP_FINISHED_DAYS * 86_400,
    };
    this.#stats = cachedStats({ ...this.ports, now });
  }

  /** What AWS would have billed until now. */
  usage(): Usage {
    const { writeUnits, readUnits } = this.store.units;
    return { ...this.#usage, writeUnits, readUnits };
  }

  /** A job that began before the clock did: it is in the table and at the platform. */
  async putRunning(job: SampleJob, id: string): Promise<void> {
    const task = this.#platform.start(job.seconds, -job.startSeconds);
    const createdAt = Math.round(this.#clock.time + job.startSeconds * 1000);
    this.#track(id, task, job, createdAt);
    await this.store.createJob({
      ...LAB,
      id,
      operation: job.kind.name,
      status: 'RUNNING',
      rev: 3,
      createdAt,
      activeSince: createdAt,
      startedAt: createdAt,
      deadline: createdAt + job.kind.deadlineSeconds * 1000,
      submitter: id,
      handle: { task },
      platformJobId: task,
    });
  }

  async wakeLoop(): Promise<void> {
    await wake(this.ports, LAB, this.#clock.time, this.#clock.time);
  }

  async submit(job: SampleJob): Promise<void> {
    const submittedAt = this.#clock.time;
    const submitted = await submitJob(
      { ...this.ports, stats: this.#stats },
      this.#adapter,
      { options: {} as never, platform: this.ports.platform },
      {
        of: LAB,
        operation: job.kind.name,
        request: { seconds: job.seconds },
        common: { deadlineSeconds: job.kind.deadlineSeconds },
        adopt: false,
        idempotencyKey: undefined,
        submitter: `request-${this.#tracked.size}`,
      },
    );
    this.#track(submitted.job.id, String(submitted.job.handle!.task), job, submittedAt);
  }

  /** Answers the read units that it took; there must be nothing for it to repair. */
  async reconcile(): Promise<number> {
    const before = this.store.units.readUnits;
    const repairs = await reconcile(this.ports, [LAB]);
    if (repairs.length > 0) this.failures.push(new Error(`reconcile had to repair: ${JSON.stringify(repairs)}`));
    return this.store.units.readUnits - before;
  }

  #track(id: string, task: string, job: SampleJob, submittedAt: number): void {
    this.#tracked.set(id, { task, job, submittedAt, endedAt: this.#platform.endOf(task) });
  }

  #publish(events: readonly BusEvent[]): boolean[] {
    for (const { detail } of events) {
      this.#usage.events += Math.ceil(Buffer.byteLength(JSON.stringify(detail)) / EVENT_CHUNK_BYTES);
      const { id, status } = detail as JobStateChange;
      const known = this.#tracked.get(id);
      if (known === undefined || status !== 'SUCCEEDED') throw new Error(`unexpected event: ${JSON.stringify(detail)}`);
      this.#tracked.delete(id);
      this.told.push({ ...known, at: this.#clock.time });
    }
    return events.map(() => true);
  }

  #start(of: ConnectionRef, epoch: number): 'running' | 'used-up' {
    const name = executionName(of, epoch);
    const known = this.#running.get(name);
    if (known !== undefined) return known ? 'running' : 'used-up';
    this.#running.set(name, true);
    const execution = new Execution(
      LOOP,
      { ...of, epoch },
      {
        machine: { Id: `${ACCOUNT}:stateMachine:loop`, Name: 'loop' },
        execution: { Id: `${ACCOUNT}:execution:loop:${name}`, Name: name, RoleArn: ACCOUNT },
        invoke: (_function, event) => this.#check(event as CheckEvent),
        onTransition: () => {
          this.#usage.transitions++;
        },
      },
    );
    void execution.ended.then((end) => {
      this.#running.set(name, false);
      if (end.status !== 'SUCCEEDED') this.failures.push(new Error(`${name}: ${end.status} ${end.error} ${end.cause}`));
    });
    return 'running';
  }

  /** What `functions/check-jobs` does with its event. */
  async #check({ input, retryCount }: CheckEvent): Promise<LoopOutput> {
    const called = this.#clock.time;
    const looks = this.#platform.looks;
    await this.#clock.sleep(FUNCTION_MS);
    const endBy = called + FUNCTION_TIMEOUT_MS - MARGIN_MS;
    const output = await tick(this.ports, input, { retryCount: retryCount ?? 0, endBy });
    this.#usage.lambdaCalls++;
    this.#usage.lambdaMs += this.#clock.time - called;
    if (this.#platform.looks > looks) this.ticks++;
    else this.takeOvers++;
    return output;
  }
}
