import { coldStartGap } from '../../../shared/job/schedule/cold-start.ts';

/** Usual ways to wait. Each answers the seconds from look number `look` (0: the submit) at `age` to the next one. */
type Wait = (look: number, age: number, random: () => number) => number;

export function usualWaits(lookCost: number): Record<string, Wait> {
  return {
    'every 5 s': () => 5,
    'every 30 s': () => 30,
    'every 60 s': () => 60,
    'back-off x2 from 1 s, at most 60 s': (look) => Math.min(60, 2 ** look),
    'AWS SDK waiter, 2 to 120 s, full jitter': (look, _age, random) => {
      const ceiling = 2 * 2 ** look;
      return ceiling > 120 ? 120 : 2 + random() * (ceiling - 2);
    },
    'square-root law': (_look, age) => coldStartGap(age, lookCost),
  };
}

export function agesOf(wait: Wait, deadline: number, random: () => number): number[] {
  const ages: number[] = [];
  for (let age = 0; age < deadline; ) {
    age = Math.min(deadline, age + Math.max(1, Math.round(wait(ages.length, age, random))));
    ages.push(age);
  }
  return ages;
}
