import { type ActiveJob, isTerminal } from '../../shared/job/job.ts';
import { eachOf } from '../../shared/loop/concurrency.ts';
import type { Executions } from '../../shared/loop/executions.ts';
import { SUBMIT_QUIET_MS } from '../../shared/loop/unconfirmed.ts';
import { isOverdue, OVERDUE_MS, startSuccessor, type WakePorts } from '../../shared/loop/wake.ts';
import type { Metrics } from '../../shared/observe/metrics.ts';
import type { LoopItem } from '../../shared/store/loop-item.ts';
import { type ConnectionRef, connectionName } from '../../shared/store/store.ts';

export interface ReconcilePorts extends WakePorts {
  metrics: Metrics;
  now(): number;
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

const CONCURRENCY = 8;
/** Oldest and newest jobs looked at for what is overdue: enough to notice, cheap every minute. */
const SAMPLE = 25;

/** Knows nothing of platforms. Starting a successor is always safe: the epoch fences the loop that it replaces. */
export async function reconcile(ports: ReconcilePorts, connections: readonly ConnectionRef[]): Promise<Repair[]> {
  const repairs: Repair[] = [];
  await eachOf(connections, CONCURRENCY, async (of) => {
    // One connection that cannot be examined must not keep the others from being repaired.
    try {
      const loop = await ports.store.getLoop(of);
      const reason = await diagnose(ports, of, loop);
      if (reason === undefined) return;
      const alive = (found: LoopItem) => found.state === 'open' && !isOverdue(found, ports.now());
      const epoch = await startSuccessor({ ...ports, executions: onlyAnew(ports.executions) }, of, loop, alive);
      ports.log.warn('wait-loop restarted', { loop: connectionName(of), reason, epoch });
      ports.metrics.count('LoopsRepaired', 1, of);
      repairs.push({ connection: connectionName(of), reason });
    } catch (error) {
      ports.metrics.count('LoopsNotRepaired', 1, of);
      ports.log.warn('connection not reconciled this time', { loop: connectionName(of), error: String(error) });
    }
  });
  return repairs;
}

async function diagnose(ports: ReconcilePorts, of: ConnectionRef, loop: LoopItem): Promise<RepairReason | undefined> {
  const now = ports.now();
  if (loop.state === 'open') {
    if (!(await ports.executions.isRunning(of, loop.epoch)))
      return (await isStillLoop(ports, of, loop)) ? 'loop-dead' : undefined;
    if (isOverdue(loop, now)) return 'loop-stuck';
  }
  const [oldest, newest] = await Promise.all([
    ports.store.activeJobs(of, { limit: SAMPLE }),
    ports.store.activeJobs(of, { limit: SAMPLE, newestFirst: true }),
  ]);
  // A submit puts its job first and wakes the loop a moment later.
  const settled = [...oldest, ...newest].filter((job) => now > job.createdAt + SUBMIT_QUIET_MS);
  if (settled.length === 0) return undefined;
  if (loop.state === 'closed') return 'jobs-without-loop';
  return settled.some((job) => isNeglected(job, loop, now)) ? 'overdue' : undefined;
}

/**
 * To start what runs already changes nothing. If it hangs before its first tick, that would be all that is ever done, so
 * its name counts as used up; if it is about to tick, its successor fences it like any other.
 */
function onlyAnew(executions: Executions): Executions {
  return {
    isRunning: (of, epoch) => executions.isRunning(of, epoch),
    start: async (of, epoch) => ((await executions.isRunning(of, epoch)) ? 'used-up' : executions.start(of, epoch)),
  };
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
