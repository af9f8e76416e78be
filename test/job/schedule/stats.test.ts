import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUCKETS, bucketOf, EDGES, LAST_EDGE } from '../../../shared/job/schedule/buckets.ts';
import { curve } from '../../../shared/job/schedule/model.ts';
import { Planner } from '../../../shared/job/schedule/planner.ts';
import { smooth, smoothForPlans } from '../../../shared/job/schedule/smooth.ts';
import {
  borrowed,
  type Duration,
  inForce,
  NO_STATS,
  type OperationStats,
  record,
} from '../../../shared/job/schedule/stats.ts';
import { costOf, optimalAges, truthOf } from '../../bench/schedule/cost.ts';
import { draw, logNormal } from '../../bench/schedule/distributions.ts';
import { randomFrom } from '../../bench/schedule/random.ts';
import { duration, exact, history, interval, seconds, weightOf } from './histories.ts';

const HOUR = 3600;
const OPTIONS = { horizonSeconds: 2 * HOUR, lookCostSeconds: 3 };

function jobs(median: number, sigma: number, count: number, seed: number): Duration[] {
  const random = randomFrom(seed);
  const world = { name: '', cdf: logNormal(median, sigma), deadline: 2 * HOUR };
  return Array.from({ length: count }, () => ({ exact: draw(world, random) }));
}

/** Cost of the plan that a history leads to, over that of the best plan for these durations. */
function costRatio(stats: OperationStats, median: number, sigma: number): number {
  const truth = truthOf({ name: '', cdf: logNormal(median, sigma), deadline: 2 * HOUR });
  const [ours, best] = [new Planner(stats, OPTIONS).polls(), optimalAges(truth, 3)].map((ages) => {
    const { looks, latency } = costOf(truth, ages);
    return 3 * looks + latency;
  });
  return ours! / best!;
}

function sum(row: Iterable<number>): number {
  return [...row].reduce((all, value) => all + value, 0);
}

describe('buckets', () => {
  test('the edges are those that stored histograms were counted on', () => {
    const edges = [0];
    for (let last = 0; last < LAST_EDGE; edges.push(last)) {
      last = Math.min(LAST_EDGE, Math.max(last + 1, Math.round(last * 1.01)));
    }
    expect(EDGES).toEqual(edges);
  });

  test('a duration lies in its bucket, at any length', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: LAST_EDGE, noNaN: true }), (duration) => {
        const bucket = bucketOf(duration);
        expect(duration).toBeGreaterThan(EDGES[bucket]!);
        expect(duration).toBeLessThanOrEqual(EDGES[bucket + 1]!);
      }),
    );
  });
});

describe('what is counted', () => {
  test('every job weighs exactly 1, however little is known of it', () => {
    fc.assert(
      fc.property(fc.array(duration, { maxLength: 31 }), (durations) => {
        const stats = record(NO_STATS, durations);
        expect(stats.n).toBe(durations.length);
        expect(weightOf(stats)).toBeCloseTo(durations.length, 6);
      }),
    );
  });

  test('an interval is counted inside itself', () => {
    fc.assert(
      fc.property(history, interval, (stats, seen) => {
        fc.pre(stats.n < 31 && 'upTo' in seen);
        const { after, upTo } = seen as { after: number; upTo: number };
        const added = Object.entries(record(stats, [seen]).current.ended).filter(
          ([bucket, weight]) => weight !== stats.current.ended[Number(bucket)],
        );
        expect(added.length).toBeGreaterThan(0);
        for (const [bucket] of added) {
          expect(EDGES[Number(bucket) + 1]).toBeGreaterThan(after);
          expect(EDGES[Number(bucket)]).toBeLessThan(upTo);
        }
      }),
    );
  });

  test('an interval is spread where the operation usually ends', () => {
    const stats = record(NO_STATS, [...jobs(100, 0.05, 20, 1), { after: 50, upTo: 400 }]);
    const before = record(NO_STATS, jobs(100, 0.05, 20, 1));
    for (const [bucket, weight] of Object.entries(stats.current.ended)) {
      if (weight !== before.current.ended[Number(bucket)]) expect(EDGES[Number(bucket)]).toBeLessThan(200);
    }
  });

  test('what is no duration is passed over', () => {
    const garbage = [
      { exact: Number.NaN },
      { exact: -1 },
      { censored: Number.NaN },
      { after: 10, upTo: 5 },
      { after: Number.NaN, upTo: 5 },
    ];
    expect(record(NO_STATS, garbage)).toEqual(NO_STATS);
    expect(weightOf(record(NO_STATS, [{ exact: 1e12 }, { after: 5, upTo: Number.POSITIVE_INFINITY }]))).toBe(2);
  });

  test('the order of exact durations in a batch does not matter', () => {
    fc.assert(
      fc.property(fc.array(exact, { minLength: 2, maxLength: 31 }), fc.nat(), (durations, by) => {
        const turned = [
          ...durations.slice(by % durations.length),
          ...durations.slice(0, by % durations.length),
        ].reverse();
        const plans = [durations, turned].map((row) => new Planner(record(NO_STATS, row), OPTIONS).polls());
        expect(plans[1]).toEqual(plans[0]);
      }),
    );
  });

  test('nothing that was given is changed, and all of it survives JSON', () => {
    fc.assert(
      fc.property(history, fc.array(duration, { maxLength: 40 }), (stats, more) => {
        const before = structuredClone(stats);
        const after = record(stats, more);
        expect(stats).toEqual(before);
        expect(record(JSON.parse(JSON.stringify(stats)), more)).toEqual(after);
      }),
      { numRuns: 50 },
    );
  });

  test('writers that repeat a lost race lose no job, through all rotations', () => {
    const job = fc.constantFrom<Duration>({ exact: 100 }, { exact: 103 }, { exact: 106 });
    fc.assert(
      fc.property(fc.array(fc.tuple(job, job, fc.boolean()), { minLength: 40, maxLength: 60 }), (races) => {
        let stored = NO_STATS;
        let generations = 0;
        const noDecay = 1;
        for (const [one, other, oneFirst] of races) {
          // Both read the same item; the second write fails on its condition and is made again from what is there now.
          const [first, second] = oneFirst ? [one, other] : [other, one];
          stored = record(stored, [first], noDecay);
          stored = record(stored, [second], noDecay);
          expect(stored.generation).toBeGreaterThanOrEqual(generations);
          generations = stored.generation;
        }
        expect(generations).toBe(Math.floor((races.length * 2) / 32));
        expect(weightOf(stored)).toBeCloseTo(races.length * 2, 2);
      }),
      { numRuns: 20 },
    );
  });

  test('an item stays small', () => {
    const stats = record(NO_STATS, jobs(240, 1, 2000, 3));
    // A counter takes some 7 bytes in DynamoDB and 13 in JSON.
    expect(JSON.stringify(stats).length).toBeLessThan(5000);
    expect(weightOf(stats)).toBeGreaterThan(250);
    expect(weightOf(stats)).toBeLessThan(352);
  });
});

describe('the model', () => {
  test.each([
    ['smoothing', smooth],
    ['smoothing for plans', smoothForPlans],
  ])('%s keeps the sum and makes nothing negative', (_, smoothed) => {
    const weight = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.double({ min: 0.02, max: 50, noNaN: true }));
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 300 }), (weights) => {
        const row = smoothed(Float64Array.from(weights));
        expect(sum(row)).toBeCloseTo(sum(weights), 6);
        expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('a job of any age is kept whole by the widest window', () => {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const row = smoothForPlans(new Float64Array(BUCKETS).fill(1, bucket, bucket + 1));
      expect(sum(row)).toBeCloseTo(1, 9);
    }
  });

  test('no job is spread beyond twice its age for plans, however few there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 800 }), fc.integer({ min: 1, max: 12 }), (bucket, count) => {
        const row = smoothForPlans(new Float64Array(1000).fill(count, bucket, bucket + 1));
        expect(sum(row.subarray(bucketOf(2 * EDGES[bucket + 1]!) + 1))).toBeCloseTo(0, 9);
      }),
    );
  });

  test('for plans, ten jobs of two tight modes stay apart, and ten that are all over the place run together', () => {
    const between = (seen: readonly number[], from: number, to: number) => {
      const counts = new Float64Array(1000);
      for (const seconds of seen) counts[bucketOf(seconds)]! += 1;
      return sum(smoothForPlans(counts).subarray(bucketOf(from), bucketOf(to)));
    };
    expect(between([198, 199, 200, 201, 202, 203, 600, 605, 610, 615], 230, 520)).toBeLessThan(1);
    expect(between([120, 150, 200, 240, 290, 420, 480, 560, 700, 900], 310, 390)).toBeGreaterThan(0.8);
  });

  test('a probability rises from 0 and stays at or below 1', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(1, 77, 7200, 86_400), (stats, horizon) => {
        const { ages, cdf } = curve(inForce(stats, horizon), horizon);
        expect(ages.at(-1)).toBe(horizon);
        expect(cdf[0]).toBe(0);
        cdf.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(cdf[i - 1] ?? 0);
          expect(value).toBeLessThanOrEqual(1);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('a job given up after all others had ended makes no end more likely', () => {
    fc.assert(
      fc.property(
        fc.array(exact, { minLength: 1, maxLength: 30 }),
        fc.double({ min: 1, max: 3, noNaN: true }),
        (ends, factor) => {
          const longest = Math.max(...ends.map((end) => (end as { exact: number }).exact));
          const cdfOf = (row: Duration[]) => curve(inForce(record(NO_STATS, row)), LAST_EDGE).cdf;
          const [without, having] = [cdfOf(ends), cdfOf([...ends, { censored: longest * factor }])];
          having.forEach((value, i) => {
            expect(value).toBeLessThanOrEqual(without[i]! + 1e-12);
          });
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('change', () => {
  test.each([
    ['three times as long', 300],
    ['a third as long', 33],
  ])('an operation that now takes %s is learned anew within 30 jobs', (_, median) => {
    const before = record(NO_STATS, jobs(100, 0.3, 400, 5));
    expect(costRatio(before, median, 0.3)).toBeGreaterThan(1.8);
    const after = record(before, jobs(median, 0.3, 30, 6));
    expect(costRatio(after, median, 0.3)).toBeLessThan(1.3);
  });

  test('an operation that takes what it always took is not forgotten', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const stats = record(NO_STATS, jobs(100, 0.3, 2000, seed));
      expect(weightOf(stats)).toBeGreaterThan(250);
      expect(costRatio(stats, 100, 0.3)).toBeLessThan(1.05);
    }
  });
});

describe('borrowed', () => {
  test('the siblings together weigh one job', () => {
    fc.assert(
      fc.property(fc.array(history, { minLength: 1, maxLength: 4 }), (siblings) => {
        const stats = borrowed(siblings);
        expect(stats.n).toBe(0);
        expect(weightOf(stats)).toBeCloseTo(siblings.some((sibling) => weightOf(sibling) > 0) ? 1 : 0, 1);
      }),
      { numRuns: 40 },
    );
    expect(borrowed([])).toEqual(NO_STATS);
    expect(borrowed([NO_STATS])).toEqual(NO_STATS);
  });

  test('helps the first job, and does no harm later even when the siblings are of another kind', () => {
    const near = borrowed([record(NO_STATS, jobs(130, 0.3, 100, 1)), record(NO_STATS, jobs(80, 0.3, 50, 2))]);
    expect(costRatio(near, 100, 0.3)).toBeLessThan(0.8 * costRatio(NO_STATS, 100, 0.3));
    const far = borrowed([record(NO_STATS, jobs(1500, 0.3, 100, 3))]);
    expect(costRatio(record(far, jobs(100, 0.3, 30, 4)), 100, 0.3)).toBeLessThan(1.2);
  });
});

test('damaged statistics still make a plan', () => {
  const anything = fc.oneof(
    fc.constant(undefined),
    fc.constant(null),
    fc.double(),
    fc.string(),
    fc.dictionary(fc.string(), fc.anything()),
  );
  const counters = fc.dictionary(
    fc.oneof(fc.string(), fc.integer({ min: -5, max: 5000 }).map(String)),
    fc.oneof(fc.double(), fc.constant('x')),
  );
  const batch = fc.oneof(
    anything,
    fc.record({ ended: fc.oneof(counters, anything), censored: fc.oneof(counters, anything) }),
  );
  const damaged = fc.record({ current: batch, base: batch, n: anything, llr: anything, generation: anything });
  fc.assert(
    fc.property(damaged, seconds, duration, (stats, age, more) => {
      const planner = new Planner(stats as unknown as OperationStats, OPTIONS);
      expect(planner.nextAge(age)).toBeGreaterThan(age);
      const after = record(stats as unknown as OperationStats, [more]);
      expect(Number.isFinite(after.n) && Number.isFinite(after.llr) && Number.isFinite(after.generation)).toBe(true);
      expect(weightOf(after)).toBeGreaterThan(0);
    }),
    { numRuns: 200 },
  );
});
