import { EDGES } from './buckets.ts';
import { A, TAU_SECONDS } from './cold-start.ts';
import { edgesUpTo, type Histogram } from './histogram.ts';
import { smooth, smoothForPlans } from './smooth.ts';

/** How many jobs the prior is worth: little, so that the first few durations already count for more. */
const PRIOR_JOBS = 0.1;

/** The probability that a job has ended by each age; linear between two ages. */
export interface Curve {
  ages: readonly number[];
  cdf: Float64Array;
}

/**
 * The distribution of durations that a histogram, cut at `horizon`, speaks for. In each bucket the chance to end
 * there, for a job that got there, is (ended + prior) / (at risk + prior): Kaplan-Meier's estimate, pulled by a tenth of a
 * job towards a hazard of a/(age + tau), which favours no time scale. Where no job was ever at risk, before the first
 * one or beyond the longest, that prior is all there is. `forPlans`: smoothed more carefully (see `smoothForPlans`).
 */
export function curve(
  { ended: counts, censored }: Pick<Histogram, 'ended' | 'censored'>,
  horizon: number,
  forPlans = false,
): Curve {
  const ages = edgesUpTo(horizon);
  const ended = forPlans ? smoothForPlans(counts) : smooth(counts);
  const last = ended.length - 1;
  const cdf = new Float64Array(ages.length);
  const hazards = new Float64Array(ended.length);
  const priors = priorHazardsOfGrid();
  let atRisk = 0;
  for (let i = last; i >= 0; i--) {
    atRisk += ended[i]! + censored[i]!;
    // A job that was given up inside a bucket was at risk in half of it. Nobody was given up inside the last one.
    const exposed = atRisk - (i === last ? 0 : censored[i]! / 2);
    const prior = i === last ? priorHazard(ages[i]!, horizon) : priors[i]!;
    const hazard = (ended[i]! + PRIOR_JOBS * prior) / (exposed + PRIOR_JOBS);
    hazards[i] = Math.min(1, Math.max(0, hazard));
  }
  let alive = 1;
  for (let i = 0; i <= last; i++) {
    alive *= 1 - hazards[i]!;
    cdf[i + 1] = 1 - alive;
  }
  return { ages, cdf };
}

let priorHazards: readonly number[] | undefined;

/** Of the whole buckets of the grid; made for the first curve. */
function priorHazardsOfGrid(): readonly number[] {
  priorHazards ??= EDGES.slice(1).map((edge, i) => priorHazard(EDGES[i]!, edge));
  return priorHazards;
}

/** The chance to end between two ages under a hazard of a/(age + tau). */
function priorHazard(from: number, to: number): number {
  return 1 - ((from + TAU_SECONDS) / (to + TAU_SECONDS)) ** A;
}

/** The probability to have ended by an age. */
export function cdfAt({ ages, cdf }: Curve, age: number): number {
  if (age <= 0) return 0;
  const i = segmentOf(ages, age);
  if (i >= cdf.length - 1) return cdf[cdf.length - 1]!;
  return cdf[i]! + ((cdf[i + 1]! - cdf[i]!) * (age - ages[i]!)) / (ages[i + 1]! - ages[i]!);
}

/** The age by which that share of all jobs has ended. */
export function ageAt({ ages, cdf }: Curve, share: number): number {
  const i = Math.min(segmentOf(cdf, share), cdf.length - 2);
  const mass = cdf[i + 1]! - cdf[i]!;
  return mass > 0 ? ages[i]! + (ages[i + 1]! - ages[i]!) * Math.min(1, (share - cdf[i]!) / mass) : ages[i + 1]!;
}

/** The last index whose value is at most `value`, in a rising row. */
export function segmentOf(rising: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = rising.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rising[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The integral of the probability from the first age to each: how long a job has been over, on average. */
export function areas({ ages, cdf }: Curve): Float64Array {
  const sums = new Float64Array(cdf.length);
  for (let i = 0; i + 1 < cdf.length; i++) {
    sums[i + 1] = sums[i]! + ((cdf[i]! + cdf[i + 1]!) / 2) * (ages[i + 1]! - ages[i]!);
  }
  return sums;
}
