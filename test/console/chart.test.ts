import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chartOf } from '../../console/chart.ts';
import { plannedLook } from '../../console/plan.ts';
import { pollDelay } from '../../console/polling.ts';
import type { OperationSummary } from '../../shared/job/schedule/summary.ts';

const summary = fc
  .record({
    edges: fc.uniqueArray(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 2, maxLength: 40 }),
    counts: fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 40, maxLength: 40 }),
    looks: fc.array(fc.double({ min: 0.5, max: 86_400, noNaN: true }), { maxLength: 60 }),
    ages: fc.tuple(...Array.from({ length: 4 }, () => fc.double({ min: 0.1, max: 1e6, noNaN: true }))),
    width: fc.integer({ min: 280, max: 860 }),
  })
  .map(({ edges, counts, looks, ages, width }) => {
    const sorted = edges.sort((a, b) => a - b);
    const histogram = sorted.slice(1).map((to, i) => ({ from: sorted[i]!, to, count: counts[i]! }));
    const [p10, p50, p90, p95] = ages.sort((a, b) => a - b) as [number, number, number, number];
    const known: OperationSummary = {
      ended: 1,
      cutShort: 0,
      histogram,
      looks: looks.sort((a, b) => a - b),
      quantiles: { p10, p50, p90, p95 },
    };
    return { known, width };
  });

describe('a chart', () => {
  it('holds everything, in the order of time', () => {
    fc.assert(
      fc.property(summary, ({ known, width }) => {
        const { bars, looks, looksBeyond, ticks, quantiles, axisY, height } = chartOf(known, width);
        expect(bars).toHaveLength(known.histogram.length);
        expect(looks.length + looksBeyond).toBe(known.looks.length);
        for (const bar of bars) {
          expect(bar.x).toBeGreaterThanOrEqual(0);
          expect(bar.x + bar.width).toBeLessThanOrEqual(width);
          expect(bar.y).toBeGreaterThanOrEqual(0);
          expect(bar.y + bar.height).toBeCloseTo(axisY);
        }
        expect(axisY).toBeLessThan(height);
        for (const { x } of [...looks, ...ticks, ...quantiles]) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(width);
        }
        for (const marks of [bars, looks, ticks]) {
          expect(marks.map(({ x }) => x)).toEqual(marks.map(({ x }) => x).toSorted((a, b) => a - b));
        }
        expect(quantiles[0]!.name).toBe('p50');
        // The highest bar takes all the height there is, and no other is higher.
        const most = Math.max(...known.histogram.map(({ count }) => count));
        const highest = Math.max(...bars.map((bar) => bar.height));
        expect(bars.find(({ count }) => count === most)!.height).toBe(highest);
      }),
    );
  });

  it('puts a duration between the looks that it lies between, and labels round ages', () => {
    const histogram = [{ from: 20, to: 23, count: 4 }];
    const { bars, looks, ticks } = chartOf({ ended: 4, cutShort: 0, histogram, looks: [5, 18, 25, 400] }, 640);
    const [bar] = bars;
    expect(looks.map(({ seconds }) => seconds)).toEqual([5, 18, 25]);
    expect(looks[1]!.x).toBeLessThan(bar!.x);
    expect(looks[2]!.x).toBeGreaterThan(bar!.x + bar!.width);
    expect(ticks.map(({ seconds }) => seconds)).toEqual([5, 10, 15, 20, 30]);
  });

  it('marks the age of a job, be it older than the axis is long', () => {
    const known = { ended: 4, cutShort: 0, histogram: [{ from: 20, to: 23, count: 4 }], looks: [5, 18] };
    const at = (age: number) => chartOf(known, 640, age).age!.x;
    expect(at(10)).toBeLessThan(at(20));
    expect(at(20)).toBeCloseTo(chartOf(known, 640).bars[0]!.x);
    expect(at(86_400)).toBeLessThanOrEqual(640);
    expect(chartOf(known, 640).age).toBeUndefined();
  });

  it('has an axis even where nothing has ended yet', () => {
    const { bars, looks, ticks } = chartOf({ ended: 0, cutShort: 2, histogram: [], looks: [13, 30] }, 300);
    expect([bars.length, looks.length]).toEqual([0, 2]);
    expect(ticks.length).toBeGreaterThan(2);
  });
});

describe('the planned next look', () => {
  const createdAt = 1_000_000;
  it.each([
    [0, 13],
    [12.9, 13],
    [13, 30],
    [29, 30],
  ])('of a job %d s old is at %d s', (age, look) => {
    expect(plannedLook(createdAt, [13, 30], createdAt + age * 1000)).toBe(createdAt + look * 1000);
  });

  it('is not known beyond the plan', () => {
    expect(plannedLook(createdAt, [13, 30], createdAt + 31_000)).toBeUndefined();
  });
});

describe('the API is asked', () => {
  const visible = { visible: true, busy: false, failures: 0 };
  it('soon while something runs, seldom while nothing does, never while nobody looks', () => {
    expect(pollDelay({ ...visible, busy: true })).toBe(2_000);
    expect(pollDelay(visible)).toBe(5_000);
    expect(pollDelay({ visible: false, busy: true, failures: 3 })).toBeUndefined();
  });

  it('ever less often while it does not answer, but at least every minute', () => {
    const delays = [1, 2, 3, 4, 5, 60].map((failures) => pollDelay({ ...visible, busy: true, failures }));
    expect(delays).toEqual([4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });
});
