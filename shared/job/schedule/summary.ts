import { EDGES } from './buckets.ts';
import { ageAt, type Curve, curve } from './model.ts';
import { type PlanLimits, Plans } from './plan.ts';
import { inForce, type OperationStats } from './stats.ts';

/** What is known of how long an operation takes, and when its jobs are looked at because of it. Seconds since the submit. */
export interface OperationSummary {
  /** Ended jobs that are remembered; older ones fade. */
  ended: number;
  /** Those of them that failed. They count for the polls, not for the histogram and the quantiles. */
  failed: number;
  /** Jobs that were cut short, and were still running when they were. */
  cutShort: number;
  /** Ages by which that share of the jobs that do not fail has ended. Absent before the first one has. */
  quantiles?: { p10: number; p50: number; p90: number; p95: number };
  histogram: { from: number; to: number; count: number }[];
  /** Ages of the looks at a job whose loop has no other job, as long as it does not end. */
  looks: number[];
}

/** Wide enough to be drawn, narrow enough to show modes. */
const BAR_RATIO = 1.15;
const MAX_LOOKS = 60;

export function summaryOf(stats: OperationStats, limits: PlanLimits, horizonSeconds: number): OperationSummary {
  const { ended, failed, censored } = inForce(stats);
  const succeeded = ended.map((weight, i) => Math.max(0, weight - failed[i]!));
  const sum = (weights: Float64Array) => Math.round(10 * weights.reduce((all, weight) => all + weight, 0)) / 10;
  const known = sum(succeeded) > 0;
  return {
    ended: sum(ended),
    failed: sum(failed),
    cutShort: sum(censored),
    ...(known && { quantiles: quantilesOf(curve({ ended: succeeded, censored }, horizonSeconds)) }),
    histogram: bars(succeeded),
    looks: looksOf(stats, limits, horizonSeconds),
  };
}

function quantilesOf(model: Curve) {
  const at = (share: number) => Math.round(10 * ageAt(model, share)) / 10;
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9), p95: at(0.95) };
}

function bars(ended: Float64Array): OperationSummary['histogram'] {
  const all: OperationSummary['histogram'] = [];
  let bar = { from: 0, to: 1, count: 0 };
  for (let i = 0; i < ended.length; i++) {
    const to = EDGES[i + 1]!;
    if (to > Math.max(bar.from + 1, bar.from * BAR_RATIO)) {
      if (bar.count > 0) all.push(bar);
      bar = { from: EDGES[i]!, to, count: 0 };
    }
    bar = { ...bar, to, count: Math.round(1000 * (bar.count + ended[i]!)) / 1000 };
  }
  return bar.count > 0 ? [...all, bar] : all;
}

function looksOf(stats: OperationStats, limits: PlanLimits, horizonSeconds: number): number[] {
  const plans = new Plans(limits, () => stats);
  const job = { operation: '', createdAt: 0, deadline: horizonSeconds * 1000 };
  const ages: number[] = [];
  for (let age = 0; age < horizonSeconds && ages.length < MAX_LOOKS; ages.push(age)) age += plans.gapSeconds(job, age);
  return ages;
}
