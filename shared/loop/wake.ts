import type { Log } from '../platforms/adapter.ts';
import type { LoopItem } from '../store/loop-item.ts';
import { type ConnectionRef, connectionName, type Store } from '../store/store.ts';
import type { Executions } from './executions.ts';

export interface WakePorts {
  store: Store;
  executions: Executions;
  log: Log;
}

/** A tick takes a minute at most; a loop that is this late is dead or stuck. */
export const OVERDUE_MS = 150_000;
/** A loop that ticks within this time after it is needed is not woken: a successor costs more than the delay. */
const TOLERANCE_MS = 1_000;
/** Doubling steps: enough for any epoch. */
const MAX_STARTS = 40;

/** Whether this loop will, as far as the table tells, look at its jobs by `neededAt`. */
export function willTickBy(loop: LoopItem, neededAt: number, now: number): boolean {
  return loop.state === 'open' && !isOverdue(loop, now) && loop.wakeAt <= neededAt + TOLERANCE_MS;
}

export function isOverdue(loop: LoopItem, now: number): boolean {
  return now > Math.max(loop.heartbeatAt, loop.wakeAt) + OVERDUE_MS;
}

/**
 * Tells the connection's loop that there is something to look at by `neededAt`, and starts its successor if it is closed,
 * dead or asleep beyond that. Never rejects: what was done before it is done, and what is not started here, reconcile
 * starts.
 */
export async function wake(
  ports: WakePorts,
  of: ConnectionRef,
  neededAt: number,
  now: number,
  checkedAt?: number,
): Promise<void> {
  try {
    const loop = await ports.store.signalLoop(of, checkedAt);
    if (willTickBy(loop, neededAt, now)) return;
    await startSuccessor(ports, of, loop, (found) => willTickBy(found, neededAt, now));
  } catch (error) {
    ports.log.warn('wait-loop not woken, reconcile will do it', { loop: connectionName(of), error: String(error) });
  }
}

/** An operator's check has found that the connection works: what waits for that is polled at once. Never rejects. */
export async function wakeAfterCheck(ports: WakePorts, of: ConnectionRef, now: number): Promise<void> {
  try {
    const loop = await ports.store.getLoop(of);
    const waits = loop.rest !== undefined || loop.health.status === 'DOWN';
    // A check of a connection that works, as a monitor makes it every minute, costs no execution.
    if (loop.state === 'open' && waits) await wake(ports, of, now, now, now);
  } catch (error) {
    ports.log.warn('wait-loop not woken after a check', { loop: connectionName(of), error: String(error) });
  }
}

/**
 * Starts the next epoch's execution. Where that name is used up (the execution died before its first tick, or has
 * closed again already) the item is read again: `satisfied` with it, or try further. The step doubles, so that even a
 * table that was replaced while its state machines stayed (all low epochs used up) finds a free one quickly.
 */
export async function startSuccessor(
  ports: Pick<WakePorts, 'store' | 'executions'>,
  of: ConnectionRef,
  loop: LoopItem,
  satisfied: (found: LoopItem) => boolean = () => false,
): Promise<number | undefined> {
  let epoch = loop.epoch + 1;
  for (let step = 1, starts = 0; starts < MAX_STARTS; step *= 2, starts++) {
    if ((await ports.executions.start(of, epoch)) === 'running') return epoch;
    const found = await ports.store.getLoop(of);
    if (found.epoch >= epoch && satisfied(found)) return undefined;
    epoch = Math.max(epoch, found.epoch) + step;
  }
  throw new Error(`no free execution name for the wait-loop of ${connectionName(of)} up to epoch ${epoch}`);
}
