import { ulid } from 'ulid';
import * as z from 'zod';
import type { BusEvent, EventBus } from '../../shared/events/bus.ts';
import type { Job } from '../../shared/job/job.ts';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import { KEEP_FINISHED_DAYS } from '../../shared/job/retention.ts';
import type { PlanLimits } from '../../shared/job/schedule/plan.ts';
import type { Callbacks, Executions } from '../../shared/loop/executions.ts';
import { LOOP_GENERATION, type LoopInput, type LoopOutput } from '../../shared/loop/soft-state.ts';
import { type TickPorts, tick } from '../../shared/loop/tick.ts';
import { wake } from '../../shared/loop/wake.ts';
import type { OperatorLog } from '../../shared/observe/log.ts';
import type { Adapter, Bounds, JobRef, PlatformConnection } from '../../shared/platforms/adapter.ts';
import type { ConnectionRef } from '../../shared/store/store.ts';
import { MemoryStore } from './memory-store.ts';

export const SILENT: OperatorLog = { debug() {}, info() {}, warn() {}, error() {} };
export const BOUNDS: Bounds = {
  maxGapSeconds: 900,
  creationGraceSeconds: 10,
  notFoundGraceSeconds: 30,
  findSubmittedSeconds: 120,
};
export const LIMITS: PlanLimits = { lookCostSeconds: 3, maxGapSeconds: 900, pullForwardAfter: 0.5 };
export const LAB: ConnectionRef = { platform: 'fake', connection: 'lab' };

/** A platform of the test's own: what `check` says of a job, by its handle's `task`. */
export class FakePlatform implements PlatformConnection {
  readonly outcomes = new Map<string, (now: number) => CheckOutcome>();
  checks = 0;
  looks = 0;
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  intent() {
    return undefined;
  }
  adopt(): never {
    throw new Error('not part of this test');
  }
  submit(): never {
    throw new Error('not part of this test');
  }

  async check(jobs: readonly JobRef[]): Promise<Map<string, CheckOutcome>> {
    this.checks++;
    this.looks += jobs.length;
    const tell = (job: JobRef) => this.outcomes.get(String(job.handle.task))?.(this.now());
    return new Map(jobs.map((job) => [job.id, tell(job) ?? { kind: 'observed', status: 'RUNNING' }]));
  }
}

/** As the wait-loop's state machine has it. */
const TURN_RETRIES = 4;

/** An adapter of which the core needs no more than that it is there: it takes whatever is sent. */
export function fakeAdapter(connect: Adapter['connect']): Adapter {
  return {
    platform: LAB.platform,
    title: 'Fake',
    options: z.any(),
    submitRequest: z.any(),
    adoptRequest: z.any(),
    capabilities: { cancel: true, batchCheck: true },
    bounds: BOUNDS,
    connect,
  };
}

interface Execution {
  name: string;
  input: LoopInput;
  running: boolean;
  since: number;
  at: number;
  /** Failed attempts of the turn under way. */
  failed: number;
  /** Of the definition that it was started with. */
  generation: number;
}

/**
 * Step Functions, the table, the bus and a platform in virtual time: the wait-loops run as their state machine would,
 * tick by tick, and a test sees every step.
 */
export class World {
  time = Date.UTC(2026, 0, 1);
  readonly store = new MemoryStore(() => this.time);
  readonly events: BusEvent[] = [];
  /** Completed task tokens, as `<token> <status>`. */
  readonly calledBack: string[] = [];
  readonly executions: Execution[] = [];
  readonly platform = new FakePlatform(() => this.time);
  readonly ports: TickPorts;
  /** Of the state machine's definition as it is deployed now. */
  generation = LOOP_GENERATION;
  transitions = 0;
  ticks = 0;
  busTakes: (event: BusEvent) => boolean = () => true;
  crash: ((tick: number) => boolean) | undefined;
  /** Sees every turn that was answered. */
  observe: (input: LoopInput, answer: LoopOutput) => void = () => {};

  constructor(overrides: Partial<TickPorts> = {}) {
    const bus: EventBus = {
      publish: async (events) =>
        events.map((event) => {
          const taken = this.busTakes(event);
          if (taken) this.events.push(event);
          return taken;
        }),
    };
    const executions: Executions = {
      start: async (of, epoch) => {
        const name = `${of.connection}-${epoch}`;
        const there = this.executions.find((execution) => execution.name === name);
        if (there) return there.running ? 'running' : 'used-up';
        this.executions.push({
          name,
          input: { ...of, epoch },
          running: true,
          since: this.time,
          at: this.time,
          failed: 0,
          generation: this.generation,
        });
        return 'running';
      },
      runningSince: async (of, epoch) => {
        return this.executions.find(({ name, running }) => running && name === `${of.connection}-${epoch}`)?.since;
      },
    };
    const callbacks: Callbacks = {
      complete: async (token, { status }) => void this.calledBack.push(`${token} ${status}`),
    };
    this.ports = {
      store: this.store,
      bus,
      executions,
      callbacks,
      platform: this.platform,
      bounds: BOUNDS,
      limits: LIMITS,
      now: () => this.time,
      random: () => 0.5,
      log: SILENT,
      metrics: { count() {} },
      pause: async (ms) => {
        this.time += ms;
      },
      keepFinishedSeconds: KEEP_FINISHED_DAYS * 86_400,
      ...overrides,
    };
  }

  job(fields: Partial<Job> = {}): Job {
    const id = ulid(this.time);
    return {
      ...LAB,
      id,
      operation: 'op',
      status: 'QUEUED',
      rev: 1,
      createdAt: this.time,
      activeSince: this.time,
      deadline: this.time + 86_400_000,
      submitter: id,
      handle: { task: id },
      ...fields,
    };
  }

  /** Puts a job that ends after `seconds` into the table and wakes the loop, as a submit does. */
  async submit(seconds: number, fields: Partial<Job> = {}): Promise<Job> {
    const job = this.job(fields);
    const endsAt = this.time + seconds * 1000;
    this.platform.outcomes.set(job.id, (now) => ({
      kind: 'observed',
      status: now >= endsAt ? 'SUCCEEDED' : 'RUNNING',
    }));
    await this.store.createJob(job);
    await wake(this.ports, LAB, this.time + 13_000, this.time);
    return job;
  }

  live(): Execution[] {
    return this.executions.filter((execution) => execution.running);
  }

  /** Runs the loops until `until`, or until none is left. */
  async run(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      const [first] = this.live().sort((a, b) => a.at - b.at);
      if (first === undefined || first.at > until) break;
      this.time = Math.max(this.time, first.at);
      await this.#turn(first);
    }
    if (Number.isFinite(until)) this.time = Math.max(this.time, until);
  }

  async #turn(execution: Execution): Promise<void> {
    this.ticks++;
    this.transitions += 3;
    if (this.crash?.(this.ticks)) {
      execution.running = false;
      return;
    }
    const endBy = this.time + 55_000;
    let answer: LoopOutput;
    try {
      const { generation } = execution;
      answer = await tick(this.ports, execution.input, { retryCount: execution.failed, endBy, generation });
    } catch {
      // Step Functions tries again, and gives up after a while.
      execution.running = ++execution.failed <= TURN_RETRIES;
      execution.at = this.time + 1000 * 2 ** execution.failed;
      return;
    }
    this.observe(execution.input, answer);
    execution.failed = 0;
    execution.input = JSON.parse(JSON.stringify(answer));
    if (answer.next === 'done') execution.running = false;
    else execution.at = this.time + (answer.next === 'wait' ? answer.waitSeconds * 1000 : 0);
  }

  finished(): string[] {
    return this.events.map((event) => (event.detail as { status: string }).status);
  }
}
