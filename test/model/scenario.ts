import { NO_STATE } from '../../shared/loop/soft-state.ts';
import { NO_LOOP } from '../../shared/store/loop-item.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { LAB } from '../support/world.ts';
import type { Budget, Scenario } from './state.ts';
import { toText } from './text.ts';

const OLD_JOB = '01KDVNEM80OLDJOB0000000000';

/** A scenario in which nothing goes wrong but what `fields` says, and in which reconcile runs. */
export function scenario(name: string, fields: Partial<Scenario> & Pick<Scenario, 'actors'>): Scenario {
  return { name, reconcile: true, settledWithin: 600, horizon: 3600, budget: NOTHING, ...fields };
}

export const NOTHING: Budget = { crashes: 0, delays: 0, faults: 0 };
/** A loop that sleeps for `seconds` more, with one old job that ends in a moment. */
export function sleepingLoop(seconds: number, events = 100): NonNullable<Scenario['before']> {
  return async (store: MemoryStore, start: number) => {
    const wakeAt = start + seconds * 1000;
    const createdAt = start - 3_600_000;
    await store.createJob({
      ...LAB,
      id: OLD_JOB,
      operation: 'op',
      status: 'RUNNING',
      rev: 3,
      createdAt,
      activeSince: createdAt,
      deadline: start + 86_400_000,
      submitter: 'before',
      handle: { task: OLD_JOB },
      platformJobId: OLD_JOB,
    });
    await store.takeEpoch(LAB, 1, start - 60_000);
    await store.endTick(LAB, 1, { state: 'open', heartbeatAt: start - 60_000, wakeAt, health: NO_LOOP.health });
    const input = toText({ ...LAB, epoch: 1, state: { ...NO_STATE, events } });
    return {
      executions: [{ epoch: 1, phase: 'waiting' as const, since: createdAt, at: wakeAt, input, retries: 0 }],
      remote: new Map([[OLD_JOB, { submits: 1, does: 'accepted' as const, endsAt: start + 5_000 }]]),
    };
  };
}
