import type { EventBus } from '../events/bus.ts';
import { type ActiveJob, isTerminal } from '../job/job.ts';
import { type Due, dueAt, type Predecessor } from '../job/schedule/due.ts';
import { type PlanLimits, Plans } from '../job/schedule/plan.ts';
import { Looks, MAX_RECORDS, type PackedLooks, recordsIn } from '../job/soft-state.ts';
import type { OperatorLog } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { type Bounds, type Carry, type Credentials, MAX_CARRY, type PlatformConnection } from '../platforms/adapter.ts';
import type { LoopItem, Rest } from '../store/loop-item.ts';
import { type ConnectionRef, connectionName, type Store } from '../store/store.ts';
import type { Callbacks, Executions } from './executions.ts';
import { judgeHealth } from './health.ts';
import { lookAtPlatform } from './look.ts';
import { inherited, isRepaired, pollAtOnce, restAfter, restNow, secretGapMs } from './rest.ts';
import { CANCEL_MAX_SECONDS, deadlineAt, RETRY_MAX_SECONDS, Retries } from './retries.ts';
import { Settlement } from './settle.ts';
import {
  EVENTS_PER_RETRY,
  EVENTS_PER_TURN,
  HAND_OVER_AT_EVENTS,
  LOOP_GENERATION,
  type LoopInput,
  type LoopOutput,
  NO_STATE,
  readableState,
  type SoftState,
} from './soft-state.ts';
import { Statistics } from './statistics.ts';
import { findableFrom } from './unconfirmed.ts';
import { startSuccessor } from './wake.ts';

export interface TickPorts {
  store: Store;
  bus: EventBus;
  executions: Executions;
  callbacks: Callbacks;
  /** The platform's side of this connection. */
  platform: PlatformConnection;
  /** Absent where the platform needs no secret. */
  credentials?: Credentials;
  bounds: Bounds;
  limits: PlanLimits;
  /** Other connections of the platform than this one. */
  siblings?(of: ConnectionRef): readonly ConnectionRef[];
  now(): number;
  random(): number;
  pause(ms: number): Promise<void>;
  log: OperatorLog;
  metrics: Metrics;
  /** How long a finished job stays readable. */
  keepFinishedSeconds: number;
}

/** With what is known of how long this connection's operations take: read once a tick. */
export interface PlannedPorts extends TickPorts {
  statistics: Statistics;
  plans: Plans;
}

export interface TickRun {
  /** How often Step Functions has tried this turn before. */
  retryCount: number;
  /** When the tick must have answered (epoch ms): the function's time-out less a margin. */
  endBy: number;
  /** Of the state machine's definition; the present one unless it is said. */
  generation?: number;
}

/** With many jobs open, ticks are this far apart: 0.116 instead of 0.14 ticks a job at 1,000, for 0.1 s of delay. */
const BUSY_SPACING_MS = 5_000;
const SPACING_MS = 1_000;
const BUSY_JOBS = 100;
const MAX_SLEEP_MS = 900_000;
/** The last look of a job before its deadline. */
const BEFORE_DEADLINE_MS = 5_000;
/** What is left of the tick's time when the platform's share of it is over: for writing and publishing. */
const WRITING_SHARE = 0.35;

/**
 * One turn of a connection's wait-loop: deadlines, owed events, then the platform, then what was learned is written.
 * A fence (the epoch) ends a loop that has a successor; every write of a job is conditional on its own revision besides.
 */
export async function tick(ports: TickPorts, input: LoopInput, run: TickRun): Promise<LoopOutput> {
  const of: ConnectionRef = { platform: input.platform, connection: input.connection };
  const started = ports.now();
  const kept = await keepEpoch(ports, of, input, started);
  if (kept === undefined) return done(input, 'a successor runs');
  const { loop } = kept;

  const jobs = new Map((await ports.store.activeJobs(of)).map((job) => [job.id, job]));
  if (jobs.size === 0 && (await close(ports, of, input.epoch, loop, started))) return done(input, 'nothing left to do');

  const memory: Memory = {
    looks: Looks.unpack(kept.state.looks, started),
    retries: new Retries(kept.state.retries, started, RETRY_MAX_SECONDS),
    cancels: new Retries(kept.state.cancels, started, CANCEL_MAX_SECONDS),
  };
  const restBefore = await restNow(loop, ports.credentials);
  const { retryAt: _retryAt, ...atOnce } = kept.state;
  const hasOperatorActed = loop.rest !== undefined && restBefore === undefined;
  const before: SoftState = hasOperatorActed ? atOnce : kept.state;
  if (hasOperatorActed) pollAtOnce(openJobs(jobs), memory.looks);
  const planned = await withPlans(ports, of, jobs);
  const settle = new Settlement(planned, jobs, memory, run.endBy);
  await settle.deadlines(started);
  await settle.owed();

  const carry: Carry = { value: before.carried };
  const learned = await lookAtPlatform(ports, openJobs(jobs), memory.looks, before, {
    until: started + (run.endBy - started) * (1 - WRITING_SHARE),
    due: (job) => due(job, memory, planned, before.predecessor),
    cancelDue: (job) => memory.cancels.isDue(job.id, started),
    carry,
  });
  await settle.outcomes(learned);

  const judged = judgeHealth(before, learned, openJobs(jobs).length, ports, restBefore?.times);
  const health = await settle.health(of, loop.health, judged);
  const rest = restAfter(restBefore, judged, openJobs(jobs), started, ports.credentials);
  if (isRepaired(loop.rest, judged)) pollAtOnce(openJobs(jobs), memory.looks);
  const { carried: _before, ...judgedState } = judged.state;
  const state: SoftState = {
    ...judgedState,
    ...carriedOn(carry),
    v: NO_STATE.v!,
    events: eventsAfter(before, run),
    ...packed(memory, [...jobs.keys()]),
  };
  ports.metrics.count('OpenJobs', jobs.size, of);
  ports.metrics.count('OldestUnknownSeconds', oldestUnknownSeconds(openJobs(jobs), ports.now()), of);
  // The first tick of an execution does not know when its jobs were last looked at.
  if (input.state !== undefined) for (const lag of learned.lags) ports.metrics.count('LookLag', lag, of);

  if (mustHandOver(input, state, run) && (await handOver(ports, of, loop))) return done(input, 'handed over');
  if (jobs.size === 0 && (await close(ports, of, input.epoch, { ...loop, health }, ports.now()))) {
    return done(input, 'nothing left to do');
  }
  const plan = planWake(planned, jobs, memory, state, rest, started);
  return sleep(ports, of, input, { ...loop, health }, rest, state, plan);
}

/** What is packed into the state: of each job, its looks and what failed for it. */
export interface Memory {
  looks: Looks;
  retries: Retries;
  cancels: Retries;
}

/** What failed first: a look that is forgotten costs one call, a failure that is forgotten costs one in every tick. */
function packed(
  { looks, retries, cancels }: Memory,
  ids: readonly string[],
): Pick<SoftState, 'looks' | 'retries' | 'cancels'> {
  const failed = retries.pack(ids, MAX_RECORDS);
  const refused = cancels.pack(ids, MAX_RECORDS - recordsIn(failed));
  const room = MAX_RECORDS - recordsIn(failed) - recordsIn(refused);
  return { retries: orNothing(failed), cancels: orNothing(refused), looks: looks.pack(ids, room) };
}

function orNothing(records: PackedLooks): PackedLooks | undefined {
  return recordsIn(records) === 0 ? undefined : records;
}

/** What is too large is left behind: the state as a whole must fit. */
function carriedOn({ value }: Carry): Pick<SoftState, 'carried'> {
  return value === undefined || value.length > MAX_CARRY ? {} : { carried: value };
}

async function withPlans(
  ports: TickPorts,
  of: ConnectionRef,
  jobs: ReadonlyMap<string, ActiveJob>,
): Promise<PlannedPorts> {
  const operations = ports.limits.minGapSeconds === undefined ? [...jobs.values()].map((job) => job.operation) : [];
  const statistics = await Statistics.load(ports, of, operations);
  const { pullForwardAfter, pullForwardWhenBusy = pullForwardAfter } = ports.limits;
  const limits = jobs.size > BUSY_JOBS ? { ...ports.limits, pullForwardAfter: pullForwardWhenBusy } : ports.limits;
  return { ...ports, statistics, plans: new Plans(limits, (operation) => statistics.of(operation)) };
}

/** The loop's item if this execution is the loop; its first tick takes the epoch, later ones only look (no write). */
async function keepEpoch(
  ports: TickPorts,
  of: ConnectionRef,
  input: LoopInput,
  now: number,
): Promise<{ loop: LoopItem; state: SoftState } | undefined> {
  const found = await ports.store.getLoop(of);
  if (found.epoch > input.epoch) return undefined;
  const state = input.state
    ? readableState(input.state)
    : { ...NO_STATE, ...inherited(found.rest), ...predecessorIn(found, input.epoch, now) };
  if (input.state !== undefined && found.epoch === input.epoch && found.state === 'open') return { loop: found, state };
  const taken = await ports.store.takeEpoch(of, input.epoch, now);
  return taken && { loop: taken, state };
}

/** A loop that sleeps as it planned to has looked at its jobs: woken for a new one, its successor need not look again. */
function predecessorIn(loop: LoopItem, epoch: number, now: number): { predecessor?: Predecessor } {
  const asleep = loop.state === 'open' && loop.epoch < epoch && loop.wakeAt > now;
  // Woken by an operator's check, it must poll what its predecessor had put off.
  const checked = (loop.checkedAt ?? 0) >= loop.heartbeatAt;
  return asleep && !checked ? { predecessor: { tickedAt: loop.heartbeatAt, wakeAt: loop.wakeAt } } : {};
}

async function close(
  ports: TickPorts,
  of: ConnectionRef,
  epoch: number,
  loop: LoopItem,
  now: number,
): Promise<boolean> {
  const end = { state: 'closed', heartbeatAt: now, wakeAt: now, health: loop.health, version: loop.version } as const;
  // Signalled since the version was read: there may be a job that this tick has not seen, so the loop goes on.
  return (await ports.store.endTick(of, epoch, end)) !== 'signalled';
}

/**
 * A successor is started with the definition of the moment. While a deploy is under way that may be the old one still, so it
 * ticks, and sleeps, before it hands over in its turn.
 */
function mustHandOver(input: LoopInput, state: SoftState, { generation = LOOP_GENERATION }: TickRun): boolean {
  return state.events >= HAND_OVER_AT_EVENTS || (generation !== LOOP_GENERATION && input.state !== undefined);
}

async function handOver(ports: TickPorts, of: ConnectionRef, loop: LoopItem): Promise<boolean> {
  try {
    await startSuccessor(ports, of, loop);
    return true;
  } catch (error) {
    ports.log.warn('hand-over put off', { loop: connectionName(of), error: String(error) });
    return false;
  }
}

async function sleep(
  ports: TickPorts,
  of: ConnectionRef,
  input: LoopInput,
  loop: LoopItem,
  rest: Rest | undefined,
  state: SoftState,
  plan: Plan,
): Promise<LoopOutput> {
  const answer = (wakeAt: number, now: number): LoopOutput => {
    const waitSeconds = Math.max(1, Math.ceil((wakeAt - now) / 1000));
    return { ...reference(input), next: 'wait', waitSeconds, state };
  };
  const now = ports.now();
  const end = { state: 'open', heartbeatAt: now, wakeAt: plan.wakeAt, health: loop.health, rest } as const;
  const written = await ports.store.endTick(of, input.epoch, { ...end, version: loop.version });
  if (written === 'written') return answer(plan.wakeAt, now);
  // Signalled during the tick: whoever did it found the loop awake and left the rest to it, so it looks again soon.
  const soon = { ...end, wakeAt: plan.soonest };
  if (written === 'signalled' && (await ports.store.endTick(of, input.epoch, soon)) === 'written') {
    return answer(soon.wakeAt, now);
  }
  return done(input, 'a successor runs');
}

interface Plan {
  wakeAt: number;
  /** When the next tick may be at the earliest. */
  soonest: number;
}

/** When the next tick is needed: the earliest look, deadline, or repetition of what could not be settled. */
function planWake(
  ports: PlannedPorts,
  jobs: ReadonlyMap<string, ActiveJob>,
  memory: Memory,
  state: SoftState,
  rest: Rest | undefined,
  started: number,
): Plan {
  const now = ports.now();
  // From begin to begin: a tick that took long makes no job wait for longer.
  const soonest = Math.max(now + SPACING_MS, started + (jobs.size > BUSY_JOBS ? BUSY_SPACING_MS : SPACING_MS));
  let wakeAt = now + MAX_SLEEP_MS;
  for (const job of jobs.values()) {
    // Not yet announced, or not called back: what failed has its time, what this tick did not come to is next.
    if (isTerminal(job.status)) wakeAt = Math.min(wakeAt, memory.retries.dueAt(job.id) ?? now + BUSY_SPACING_MS);
    else {
      const { at } = due(job, memory, ports, state.predecessor);
      const asked = Math.max(Math.min(at, cancelAt(job, memory, now)), state.retryAt ?? 0);
      wakeAt = Math.min(wakeAt, asked, deadlineAt(job, memory.retries));
    }
  }
  if (rest && ports.credentials) wakeAt = Math.min(wakeAt, now + secretGapMs(rest, now));
  return { wakeAt: Math.max(wakeAt, soonest), soonest };
}

/** When to tell the platform (again) of a cancel that it has not taken. */
function cancelAt(job: ActiveJob, { cancels }: Memory, now: number): number {
  const { cancelRequestedAt, cancelSentAt, handle } = job;
  if (cancelRequestedAt === undefined || cancelSentAt !== undefined || handle === undefined)
    return Number.POSITIVE_INFINITY;
  return cancels.dueAt(job.id) ?? now + BUSY_SPACING_MS;
}

function due(job: ActiveJob, memory: Memory, ports: PlannedPorts, predecessor: Predecessor | undefined): Due {
  // What was learned of it could not be written: asking every few seconds would wear out the platform for nothing.
  const retryAt = memory.retries.dueAt(job.id);
  if (retryAt !== undefined) return { at: retryAt, from: retryAt };
  const look = memory.looks.get(job.id);
  const plan = job.handle === undefined ? findableFrom(job, look?.at) : dueAt(job, look, ports.plans, predecessor);
  const last = job.deadline - BEFORE_DEADLINE_MS;
  // A job without a handle may still be under way to the platform.
  if (job.handle === undefined || last <= (look?.at ?? job.createdAt)) return plan;
  return { at: Math.min(plan.at, last), from: Math.min(plan.from, last) };
}

function openJobs(jobs: ReadonlyMap<string, ActiveJob>): ActiveJob[] {
  return [...jobs.values()].filter((job) => !isTerminal(job.status));
}

function oldestUnknownSeconds(jobs: readonly ActiveJob[], now: number): number {
  const since = jobs.reduce((oldest, { unknown }) => Math.min(oldest, unknown?.since ?? now), now);
  return Math.round((now - since) / 1000);
}

function eventsAfter(before: SoftState, run: TickRun): number {
  return before.events + EVENTS_PER_TURN + EVENTS_PER_RETRY * run.retryCount;
}

function reference(input: LoopInput) {
  return { platform: input.platform, connection: input.connection, epoch: input.epoch };
}

function done(input: LoopInput, reason: string): LoopOutput {
  return { ...reference(input), next: 'done', waitSeconds: 0, reason };
}
