import { describe, expect, test } from 'vitest';
import { NO_STATS, record } from '../../shared/job/schedule/stats.ts';
import { summaryOf } from '../../shared/job/schedule/summary.ts';
import { operationsView } from '../../shared/openapi/views.ts';
import { LIMITS } from '../support/world.ts';

describe('what is shown of an operation', () => {
  test('its durations, and looks that lie where they end', () => {
    const durations = Array.from({ length: 100 }, (_, i) => ({ exact: 300 + ((37 * i) % 100) }));
    const summary = summaryOf(record(NO_STATS, [...durations, { censored: 50 }]), LIMITS, 86_400);
    expect(summary.quantiles!.p50).toBeGreaterThan(335);
    expect(summary.quantiles!.p50).toBeLessThan(365);
    expect(summary.histogram.reduce((sum, { count }) => sum + count, 0)).toBeCloseTo(summary.ended, 1);
    for (const { from, to } of summary.histogram) expect(to).toBeGreaterThan(from);
    expect(summary.looks[0]).toBeGreaterThan(250);
    expect(summary.looks.filter((age) => age < 420).length).toBeGreaterThan(3);
    expect(operationsView.parse({ operations: [{ operation: 'op', ...summary }] })).toBeTruthy();
  });

  test('jobs that failed at once do not shape the durations that are shown', () => {
    const clones = Array.from({ length: 10 }, (_, i) => ({ exact: 30 + i }));
    const refused = Array.from({ length: 20 }, () => ({ exact: 1, failed: true as const }));
    const summary = summaryOf(record(NO_STATS, [...clones, ...refused]), LIMITS, 86_400);
    expect(summary).toMatchObject({ ended: 30, failed: 20 });
    expect(summary.quantiles!.p10).toBeGreaterThan(25);
    expect(summary.quantiles!.p50).toBeGreaterThan(30);
    expect(summary.quantiles!.p50).toBeLessThan(45);
    expect(summary.histogram.reduce((sum, { count }) => sum + count, 0)).toBeCloseTo(10, 1);
    expect(summary.looks[0]).toBeLessThan(10);
  });

  test('where all jobs failed: their number, and no quantiles', () => {
    const summary = summaryOf(record(NO_STATS, [{ exact: 2, failed: true }]), LIMITS, 86_400);
    expect(summary).toMatchObject({ ended: 1, failed: 1, histogram: [] });
    expect(summary).not.toHaveProperty('quantiles');
  });

  test('without history: no quantiles, the looks of the square-root law', () => {
    const summary = summaryOf(NO_STATS, LIMITS, 86_400);
    expect(summary).toMatchObject({ ended: 0, cutShort: 0, histogram: [] });
    expect(summary).not.toHaveProperty('quantiles');
    expect(summary.looks.slice(0, 4)).toEqual([13, 30, 50, 74]);
  });
});
