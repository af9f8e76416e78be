import fc from 'fast-check';
import { type Duration, NO_STATS, type OperationStats, record } from '../../../shared/job/schedule/stats.ts';

/** Anything from a blink to 8 hours, evenly over the orders of magnitude. */
export const seconds = fc.double({ min: 0, max: Math.log(28_800), noNaN: true }).map(Math.exp);
export const exact: fc.Arbitrary<Duration> = seconds.map((duration) => ({ exact: duration }));
export const interval: fc.Arbitrary<Duration> = fc
  .tuple(seconds, fc.integer({ min: 1, max: 600 }))
  .map(([after, width]) => ({ after: Math.floor(after), upTo: Math.floor(after) + width }));
export const duration: fc.Arbitrary<Duration> = fc.oneof(
  { weight: 4, arbitrary: exact },
  { weight: 3, arbitrary: interval },
  { weight: 1, arbitrary: seconds.map((age) => ({ censored: age })) },
);

/** Up to five batches. */
export const history: fc.Arbitrary<OperationStats> = fc
  .array(duration, { maxLength: 160 })
  .map((durations) => record(NO_STATS, durations));

export const options = fc.record({
  horizonSeconds: fc.constantFrom(60, 600, 7200, 28_800, 86_400),
  lookCostSeconds: fc.constantFrom(0.3, 1, 3, 10, 30),
});

/** All weight in a history. */
export function weightOf({ current, base }: OperationStats): number {
  return [current, base]
    .flatMap(({ ended, censored }) => [...Object.values(ended), ...Object.values(censored)])
    .reduce((sum, weight) => sum + weight, 0);
}
