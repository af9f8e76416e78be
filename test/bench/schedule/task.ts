import { Planner } from '../../../shared/job/schedule/planner.ts';
import { type Duration, NO_STATS, type OperationStats, record } from '../../../shared/job/schedule/stats.ts';
import { looksOfFleet } from './fleet.ts';

/** A duration as task files write it. */
export type Observation = { exact: number } | { lo: number; hi: number } | { censored: number };

interface Learned {
  deadline: number;
  observations: Observation[];
}
export type Task = { id: string; c: number } & (
  | ({ kind: 'plan' } & Learned)
  | ({ kind: 'progress'; trace: [age: number, percent: number][]; end: number } & Learned)
  | { kind: 'fleet'; kinds: Learned[]; jobs: [start: number, duration: number, kind: number][] }
);

export function durationOf(seen: Observation): Duration {
  return 'lo' in seen ? { after: seen.lo, upTo: seen.hi } : seen;
}

/** Tells an observation from anything else. */
export function observation(value: unknown): Observation {
  const { exact, lo, hi, censored } = value as Record<string, unknown>;
  if (typeof exact === 'number') return { exact };
  if (typeof censored === 'number') return { censored };
  if (typeof lo === 'number' && typeof hi === 'number') return { lo, hi };
  throw new Error(`${JSON.stringify(value)} has neither "exact", nor "lo" and "hi", nor "censored"`);
}

export function learned(observations: readonly unknown[]): OperationStats {
  return record(
    NO_STATS,
    observations.map((value) => durationOf(observation(value))),
  );
}

/** The ages of the looks, or, for a fleet, the times of the looks at each of its jobs. */
export function answer(task: Task): number[] | number[][] {
  const plannerOf = ({ deadline, observations }: Learned) => {
    if (!(task.c > 0)) throw new Error(`c ${JSON.stringify(task.c)} is no number of seconds`);
    if (!(deadline >= 1)) throw new Error(`deadline ${JSON.stringify(deadline)} is no number of seconds`);
    return new Planner(learned(observations), { horizonSeconds: deadline, lookCostSeconds: task.c });
  };
  switch (task.kind) {
    case 'plan':
      return plannerOf(task).polls();
    case 'progress':
      return looksWithProgress(plannerOf(task), task.trace, task.end);
    case 'fleet':
      return looksOfFleet(
        task.kinds.map(plannerOf),
        task.jobs.map(([start, duration, kind]) => ({ start, end: start + duration, kind })),
      );
    default:
      throw new Error(`kind ${JSON.stringify((task as Task).kind)} is none of plan, progress, fleet`);
  }
}

/** Looks at one job that reports percent, until one finds it ended. The trace is read at the looks only. */
function looksWithProgress(planner: Planner, trace: [number, number][], end: number): number[] {
  const looks: number[] = [];
  let age = 0;
  let percent: number | undefined;
  while (age < end) {
    age = planner.nextAge(age, percent);
    looks.push(age);
    percent = trace.findLast(([since]) => since <= age)?.[1];
  }
  return looks;
}
