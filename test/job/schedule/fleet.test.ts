import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Planner } from '../../../shared/job/schedule/planner.ts';
import { NO_STATS, record } from '../../../shared/job/schedule/stats.ts';
import { looksOfFleet } from '../../bench/schedule/fleet.ts';
import { randomFrom } from '../../bench/schedule/random.ts';
import { exact } from './histories.ts';

describe('a fleet in one loop', () => {
  const LIMITS = { horizonSeconds: 7200, lookCostSeconds: 3 };

  test('looks at no job late, too early or after its end, and shares its ticks', () => {
    const kinds = fc.array(fc.array(exact, { maxLength: 60 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(kinds, fc.integer(), (histories, seed) => {
        const planners = histories.map((durations) => new Planner(record(NO_STATS, durations), LIMITS));
        const random = randomFrom(seed);
        const jobs = Array.from({ length: 300 }, (_, i) => {
          const start = i * 10 + 9 * random();
          return {
            start,
            end: start - 250 * Math.log(1 - 0.999 * random()),
            kind: Math.floor(random() * planners.length),
          };
        });
        const ticks = [0, 0.5].map((slack) => {
          const looks = looksOfFleet(planners, jobs, slack);
          jobs.forEach((job, i) => {
            checkLooks(planners[job.kind]!, job, looks[i]!, slack);
          });
          return new Set(looks.flat()).size;
        });
        expect(ticks[1]).toBeLessThan(ticks[0]!);
      }),
      { numRuns: 15 },
    );
  });

  function checkLooks(planner: Planner, job: { start: number; end: number }, looks: number[], slack: number): void {
    const born = Math.ceil(job.start);
    let last = born;
    for (const [i, look] of looks.entries()) {
      const gap = planner.nextAge(last - born) - (last - born);
      expect(look).toBeLessThanOrEqual(last + gap + 1);
      expect(look).toBeGreaterThanOrEqual(last + (1 - slack) * gap);
      expect(look >= job.end).toBe(i === looks.length - 1);
      last = look;
    }
  }
});
