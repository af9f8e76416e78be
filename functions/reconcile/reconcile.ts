import { type ActiveJob, isTerminal } from '../../shared/job/job.ts';
import { eachOf } from '../../shared/loop/concurrency.ts';
import type { FailedExecution } from '../../shared/loop/execution-events.ts';
import type { Executions } from '../../shared/loop/executions.ts';
import { SUBMIT_QUIET_MS } from '../../shared/loop/unconfirmed.ts';
import { isOverdue, OVERDUE_MS, startSuccessor, type WakePorts } from '../../shared/loop/wake.ts';
import type { Metrics } from '../../shared/observe/metrics.ts';
import type { LoopItem } from '../../shared/store/loop-item.ts';
import { type ConnectionRef, connectionName } from '../../shared/store/store.ts';

export interface ReconcilePorts extends WakePorts {
  metrics: Metrics;
  now(): number;
  random(): number;
}

export interface Repair {
  connection: string;
  reason: RepairReason;
}

export type RepairReason =
  /** Open in the table, but no execution runs. */
  | 'loop-dead'
  /** An execution runs, but has not ticked when it meant to. */
  | 'loop-stuck'
  /** The loop is closed, and there is something to do. */
  | 'jobs-without-loop'
  /** The loop sleeps past something that it ought to do. */
  | 'overdue';

const CONCURRENCY = 16;
/** Oldest and newest jobs looked at for what is overdue: enough to notice, cheap every minute. */
const SAMPLE = 25;
/**
 * A tick that takes longer than this after it was due is asked about at Step Functions. DescribeExecution is shared by all of
 * the account (250 calls and 10 a second in most regions), so it cannot be asked about every loop every minute; most ticks
 * are over by then, and a loop that dies in its sleep is missed only when it should wake.
 */
const LATE_MS = 5_000;
/** An execution that fails sooner than this would fail again as soon: it is left to the call of every minute. */
const SHORT_LIFE_MS = 60_000;
/** In the line that says which connections were not examined. */
const MAX_NAMES = 20;

/** Knows nothing of platforms. Starting a successor is always safe: the epoch fences the loop that it replaces. */
export async function reconcile(
  ports: ReconcilePorts,
  connections: readonly ConnectionRef[],
  endBy = Number.POSITIVE_INFINITY,
): Promise<Repair[]> {
  const repairs: Repair[] = [];
  const unexamined: string[] = [];
  // In another order each time: where the time does not suffice, it is not the same ones that are never examined.
  await eachOf(shuffled(connections, ports.random), CONCURRENCY, async (connection) => {
    if (ports.now() >= endBy) {
      ports.metrics.count('LoopsNotRepaired', 1, connection);
      unexamined.push(connectionName(connection));
      return;
    }
    const repair = await repaired(ports, connection, diagnose);
    if (repair) repairs.push(repair);
  });
  if (unexamined.length > 0) {
    const loops = unexamined.slice(0, MAX_NAMES);
    ports.log.warn('no time left to examine these connections', { count: unexamined.length, loops });
  }
  return repairs;
}

/** At once, what the next minute would find. */
export async function reconcileFailed(ports: ReconcilePorts, failed: FailedExecution): Promise<Repair[]> {
  if (failed.status !== 'ABORTED' && failed.lifetime < SHORT_LIFE_MS) return [];
  const repair = await repaired(ports, failed, async (_ports, _connection, loop) =>
    // A lower epoch has a successor; and a closed loop has nothing to do, or the next minute will find it.
    loop.state === 'open' && loop.epoch <= failed.epoch ? 'loop-dead' : undefined,
  );
  return repair ? [repair] : [];
}

type Diagnose = (ports: ReconcilePorts, connection: ConnectionRef, loop: LoopItem) => Promise<RepairReason | undefined>;

async function repaired(
  ports: ReconcilePorts,
  connection: ConnectionRef,
  diagnose: Diagnose,
): Promise<Repair | undefined> {
  const { platform, connection: name } = connection;
  const of = { platform, connection: name };
  // One connection that cannot be examined must not keep the others from being repaired.
  try {
    const loop = await ports.store.getLoop(of);
    const reason = await diagnose(ports, of, loop);
    if (reason === undefined) return undefined;
    const alive = (found: LoopItem) => found.state === 'open' && !isOverdue(found, ports.now());
    const { executions, started } = onlyAnew(ports);
    const epoch = await startSuccessor({ ...ports, executions }, of, loop, alive);
    if (!started()) return undefined;
    ports.log.warn('wait-loop restarted', { loop: connectionName(of), reason, epoch });
    ports.metrics.count('LoopsRepaired', 1, of);
    return { connection: connectionName(of), reason };
  } catch (error) {
    ports.metrics.count('LoopsNotRepaired', 1, of);
    ports.log.warn('connection not reconciled this time', { loop: connectionName(of), error: String(error) });
    return undefined;
  }
}

async function diagnose(ports: ReconcilePorts, of: ConnectionRef, loop: LoopItem): Promise<RepairReason | undefined> {
  const now = ports.now();
  if (loop.state === 'open') {
    if (now > loop.wakeAt + LATE_MS && (await ports.executions.runningSince(of, loop.epoch)) === undefined)
      return (await isStillLoop(ports, of, loop)) ? 'loop-dead' : undefined;
    if (isOverdue(loop, now)) return 'loop-stuck';
  }
  const oldest = await ports.store.activeJobs(of, { limit: SAMPLE });
  const newest = oldest.length < SAMPLE ? [] : await ports.store.activeJobs(of, { limit: SAMPLE, newestFirst: true });
  // A submit puts its job first and wakes the loop a moment later.
  const settled = [...oldest, ...newest].filter((job) => now > job.createdAt + SUBMIT_QUIET_MS);
  if (settled.length === 0) return undefined;
  if (loop.state === 'closed') return 'jobs-without-loop';
  return settled.some((job) => isNeglected(job, loop, now)) ? 'overdue' : undefined;
}

/**
 * To start what runs already changes nothing. If it hangs before its first tick, that would be all that is ever done, so
 * after a while its name counts as used up; if it is about to tick, its successor fences it like any other. Before that it
 * is left alone: where Lambda has no room, every minute would otherwise add an execution that has none either.
 */
function onlyAnew({ executions, now }: ReconcilePorts): { executions: Executions; started(): boolean } {
  let started = false;
  const start: Executions['start'] = async (of, epoch) => {
    const since = await executions.runningSince(of, epoch);
    if (since !== undefined) return now() > since + OVERDUE_MS ? 'used-up' : 'running';
    started = true;
    return executions.start(of, epoch);
  };
  const runningSince: Executions['runningSince'] = (of, epoch) => executions.runningSince(of, epoch);
  return { executions: { start, runningSince }, started: () => started };
}

/** Between the two reads the loop may have closed, or its successor have taken over. */
async function isStillLoop(ports: ReconcilePorts, of: ConnectionRef, loop: LoopItem): Promise<boolean> {
  const again = await ports.store.getLoop(of);
  return again.state === 'open' && again.epoch === loop.epoch;
}

/**
 * The loop means to sleep on, and does not know what has become of this job: whoever did it died before waking the loop.
 * Deadlines are the loop's to keep, and it needs no platform for it.
 */
function isNeglected(job: ActiveJob, loop: LoopItem, now: number): boolean {
  const sleepsOn = loop.wakeAt > now + SUBMIT_QUIET_MS;
  if (isTerminal(job.status)) return sleepsOn;
  const untold = job.cancelRequestedAt !== undefined && job.cancelSentAt === undefined && job.handle !== undefined;
  const unseen = job.createdAt > loop.heartbeatAt;
  const late = now > job.deadline + OVERDUE_MS || loop.wakeAt > job.deadline + OVERDUE_MS;
  return late || (sleepsOn && (untold || unseen));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}
