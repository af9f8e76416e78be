import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EDGES } from '../../../shared/job/schedule/buckets.ts';
import { coldStartGap } from '../../../shared/job/schedule/cold-start.ts';
import { type Curve, cdfAt, curve } from '../../../shared/job/schedule/model.ts';
import { optimum } from '../../../shared/job/schedule/optimum.ts';
import { Planner } from '../../../shared/job/schedule/planner.ts';
import { inForce, NO_STATS, record } from '../../../shared/job/schedule/stats.ts';
import { draw, logNormal } from '../../bench/schedule/distributions.ts';
import { randomFrom } from '../../bench/schedule/random.ts';
import { history, options, seconds } from './histories.ts';

/** Expected looks and latency of a plan, by summing over the pieces of a curve; nothing of the programme is used. */
function expected(model: Curve, plan: readonly number[], from = 0): { looks: number; latency: number } {
  let looks = 0;
  let latency = 0;
  let before = from;
  for (const age of plan) {
    const alive = 1 - cdfAt(model, before);
    looks += alive;
    const cuts = [before, ...model.ages.filter((edge) => edge > before && edge < age), age];
    for (let k = 0; k + 1 < cuts.length; k++) {
      const mass = cdfAt(model, cuts[k + 1]!) - cdfAt(model, cuts[k]!);
      latency += mass * (age - (cuts[k]! + cuts[k + 1]!) / 2);
    }
    before = age;
  }
  return { looks, latency };
}

describe('every plan', () => {
  test('has whole, rising ages up to the horizon, and looking one by one gives the same', () => {
    fc.assert(
      fc.property(history, options, (stats, limits) => {
        const planner = new Planner(stats, limits);
        const polls = planner.polls();
        expect(polls.at(-1)).toBe(limits.horizonSeconds);
        expect(polls.every((age, i) => Number.isInteger(age) && age >= (polls[i - 1] ?? 0) + 1)).toBe(true);
        const walked: number[] = [];
        for (let age = 0; age < limits.horizonSeconds; ) {
          age = planner.nextAge(age);
          walked.push(age);
        }
        expect(walked).toEqual(polls);
      }),
      { numRuns: 60 },
    );
  });

  test('has a next look after any age, with any percentage', () => {
    const anyAge = fc.oneof(seconds, fc.integer({ min: 0, max: 200_000 }), fc.double({ min: -1e6, max: 1e9 }));
    const anyPercent = fc.oneof(fc.constant(undefined), fc.double(), fc.integer({ min: -1, max: 200 }));
    fc.assert(
      fc.property(history, options, fc.array(fc.tuple(anyAge, anyPercent)), (stats, limits, looks) => {
        const planner = new Planner(stats, limits);
        for (const [age, percent] of looks) {
          const next = planner.nextAge(age, percent);
          expect(Number.isInteger(next) && next >= 1).toBe(true);
          if (!Number.isNaN(age)) expect(next).toBeGreaterThan(age);
          if (age < limits.horizonSeconds) expect(next).toBeLessThanOrEqual(limits.horizonSeconds);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('is there for odd options', () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e308));
    fc.assert(
      fc.property(odd, odd, (horizonSeconds, lookCostSeconds) => {
        const planner = new Planner(NO_STATS, { horizonSeconds, lookCostSeconds });
        expect(planner.nextAge(0)).toBeGreaterThan(0);
        expect(planner.nextAge(1e5)).toBeGreaterThan(1e5);
      }),
    );
  });

  test('goes on beyond the horizon by the square-root law', () => {
    const planner = new Planner(NO_STATS, { horizonSeconds: 100, lookCostSeconds: 3 });
    expect(planner.nextAge(100)).toBe(132);
    expect(planner.nextAge(1e7)).toBe(1e7 + 9258);
  });
});

describe('the optimum', () => {
  test('no other choice of ages is cheaper under the same probabilities', () => {
    fc.assert(
      fc.property(
        history,
        options,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (stats, limits, dice) => {
          const { horizonSeconds, lookCostSeconds: c } = limits;
          const model = curve(inForce(stats, horizonSeconds), horizonSeconds, true);
          const total = (plan: number[]) => {
            const { looks, latency } = expected(model, plan);
            return c * looks + latency;
          };
          const planned = new Planner(stats, limits).polls();
          const best = total(planned);
          for (let k = 0; k < 20; k++) {
            // Half of them random, half the plan with a look left out, added or moved.
            const rate = k % 2 === 0 ? dice.next().value! : 0.01;
            const start = k % 2 === 0 ? [] : planned;
            const toggled = model.ages.filter(() => dice.next().value! < rate);
            const other = [
              ...start.filter((age) => !toggled.includes(age)),
              ...toggled.filter((age) => !start.includes(age)),
            ];
            const rising = [...new Set([...other, horizonSeconds])].filter((age) => age > 0).sort((a, b) => a - b);
            expect(total(rising)).toBeGreaterThanOrEqual(best - 1e-6 * best);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test('is the best of all plans on a small grid, from every age', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 20 })), {
      minLength: 2,
      maxLength: 9,
    });
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0.1, max: 30, noNaN: true }),
        (grid, tail, c) => {
          const model = smallCurve(grid, tail);
          const { next } = optimum(model, c);
          const last = model.ages.length - 1;
          for (let from = 0; from < last; from++) {
            const ours: number[] = [];
            for (let i = next[from]!; i < last; i = next[i]!) ours.push(model.ages[i]!);
            const cost = (plan: number[]) => {
              const { looks, latency } = expected(model, plan, model.ages[from]);
              return c * looks + latency;
            };
            const choices = subsets(model.ages.slice(from + 1, last)).map((plan) => cost([...plan, model.ages[last]!]));
            expect(cost([...ours, model.ages[last]!])).toBeCloseTo(Math.min(...choices), 6);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('between two edges, too, the next look is the best one', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 7100 }), (stats, age) => {
        const model = curve(inForce(stats, 7200), 7200, true);
        const { intercepts } = optimum(model, 3);
        const ended = cdfAt(model, age);
        const cost = (j: number) => intercepts[j]! - ended * model.ages[j]!;
        const later = model.ages.map((_, j) => j).filter((j) => model.ages[j]! > age);
        const chosen = new Planner(stats, { horizonSeconds: 7200, lookCostSeconds: 3 }).nextAge(age);
        const least = Math.min(...later.map(cost));
        expect(cost(model.ages.indexOf(chosen))).toBeLessThanOrEqual(least + 1e-7 * Math.abs(least));
      }),
    );
  });

  test('dearer looks are fewer and find later', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(600, 7200), (stats, horizonSeconds) => {
        const model = curve(inForce(stats, horizonSeconds), horizonSeconds, true);
        const rows = [0.3, 1, 3, 10, 30].map((lookCostSeconds) =>
          expected(model, new Planner(stats, { horizonSeconds, lookCostSeconds }).polls()),
        );
        rows.slice(1).forEach((row, i) => {
          expect(row.looks).toBeLessThanOrEqual(rows[i]!.looks + 1e-6);
          expect(row.latency).toBeGreaterThanOrEqual(rows[i]!.latency - 1e-6);
        });
      }),
      { numRuns: 40 },
    );
  });
});

function smallCurve(grid: [number, number][], tail: number): Curve {
  const all = grid.reduce((sum, [, weight]) => sum + weight, tail);
  const ages = [0];
  const cdf = [0];
  for (const [width, weight] of grid) {
    ages.push(ages.at(-1)! + width);
    cdf.push(cdf.at(-1)! + weight / all);
  }
  return { ages, cdf: Float64Array.from(cdf) };
}

function subsets<T>(items: readonly T[]): T[][] {
  return Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_, i) => (bits >> i) % 2 === 1));
}

describe('where nothing is known', () => {
  test.each([1, 3, 10])('the plan is the square-root law, to a second or a bucket (c = %d)', (c) => {
    const polls = [0, ...new Planner(NO_STATS, { horizonSeconds: 86_400, lookCostSeconds: c }).polls()];
    polls.slice(0, -4).forEach((age, i) => {
      const bucket = EDGES.find((edge) => edge > age)! - age;
      expect(Math.abs(polls[i + 1]! - age - coldStartGap(age, c))).toBeLessThanOrEqual(Math.max(1, 1.5 * bucket));
    });
  });

  test('beyond all that was seen, gaps return to it', () => {
    const minutes = fc.array(fc.double({ min: 60, max: 1000, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(minutes, (ends) => {
        const stats = record(
          NO_STATS,
          ends.map((end) => ({ exact: end })),
        );
        const longest = Math.max(...ends);
        const polls = new Planner(stats, { horizonSeconds: 28_800, lookCostSeconds: 3 }).polls();
        polls.slice(0, -4).forEach((age, i) => {
          const ratio = (polls[i + 1]! - age) / coldStartGap(age, 3);
          if (age > longest) expect(ratio).toBeLessThan(1.3);
          if (age > 2 * longest) expect(ratio).toBeGreaterThan(0.7);
        });
      }),
    );
  });
});

describe('progress', () => {
  const world = { name: '', cdf: logNormal(240, 0.5), deadline: 7200 };
  const random = randomFrom(7);
  const stats = record(
    NO_STATS,
    Array.from({ length: 100 }, () => ({ exact: draw(world, random) })),
  );
  const planner = new Planner(stats, { horizonSeconds: 7200, lookCostSeconds: 3 });
  const ends = Array.from({ length: 400 }, () => draw(world, random));

  /** Mean cost of jobs whose percentage is `percent` of the share of their time that is over. */
  function cost(percent?: (share: number) => number): number {
    const costs = ends.map((end) => {
      let looks = 0;
      let age = 0;
      while (age < end) {
        age = planner.nextAge(age, age === 0 ? undefined : percent?.(age / end));
        looks++;
      }
      return 3 * looks + age - end;
    });
    return costs.reduce((sum, value) => sum + value, 0) / costs.length;
  }

  test.each<[string, (share: number) => number, number]>([
    ['an honest percentage saves a quarter', (share) => Math.floor(100 * share), 0.75],
    ['one that comes in quarters does no harm', (share) => 25 * Math.floor(4 * share), 1],
    ['one that runs ahead and stalls costs at most a tenth', (share) => (share < 0.6 ? 158 * share : 95), 1.1],
    ['one that is done at half time costs at most 8 %', (share) => Math.min(100, 200 * share), 1.08],
    ['one that stays at 0 changes nothing', () => 0, 1],
  ])('%s', (_, percent, limit) => {
    expect(cost(percent) / cost()).toBeLessThanOrEqual(limit);
  });
});
