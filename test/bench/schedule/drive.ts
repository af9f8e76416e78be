import { Planner } from '../../../shared/job/schedule/planner.ts';
import { NO_STATS, type OperationStats, record } from '../../../shared/job/schedule/stats.ts';
import { durationOf, type Observation, observation } from './task.ts';

export type Message = { key: string } & (
  | { op: 'new'; c: number; deadline: number }
  | { op: 'plan' }
  | ({ op: 'observe' } & Observation)
  | { op: 'next'; age: number; percent?: number | null }
);

interface Driven {
  stats: OperationStats;
  planner: Planner;
  options: { horizonSeconds: number; lookCostSeconds: number };
}

/** The closed loop: what the other side observes of a job depends on the plan that it was given. */
export function driven(): (message: Message) => unknown {
  const operations = new Map<string, Driven>();
  const known = (key: string) => {
    const operation = operations.get(key);
    if (operation === undefined) throw new Error(`key ${JSON.stringify(key)} is unknown: no "new" came before`);
    return operation;
  };
  return (message) => {
    switch (message.op) {
      case 'new': {
        const options = { horizonSeconds: message.deadline, lookCostSeconds: message.c };
        operations.set(message.key, { stats: NO_STATS, planner: new Planner(NO_STATS, options), options });
        return { ok: true };
      }
      case 'plan':
        return { polls: known(message.key).planner.polls() };
      case 'observe': {
        const operation = known(message.key);
        operation.stats = record(operation.stats, [durationOf(observation(message))]);
        operation.planner = new Planner(operation.stats, operation.options);
        return { ok: true };
      }
      case 'next':
        return { age: known(message.key).planner.nextAge(message.age, message.percent ?? undefined) };
      default:
        throw new Error(`op ${JSON.stringify((message as { op?: unknown }).op)} is none of new, plan, observe, next`);
    }
  };
}
