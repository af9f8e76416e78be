import { BUCKETS, bucketOf, EDGES, LAST_EDGE } from './buckets.ts';
import type { Batch, Counters } from './stats.ts';

/** No counter grows beyond some hundreds of jobs. */
const HEAVIEST = 1e9;
/** Weights are kept to four decimals. */
const PRECISION = 1e4;

/** Counts of jobs by bucket: those that ended there (with the failed ones among them), and those last seen running there. */
export interface Histogram {
  ended: Float64Array;
  failed: Float64Array;
  censored: Float64Array;
}

export function empty(): Histogram {
  return { ended: new Float64Array(BUCKETS), failed: new Float64Array(BUCKETS), censored: new Float64Array(BUCKETS) };
}

export function histogramOf(batch: Partial<Batch> | undefined): Histogram {
  const histogram = empty();
  addCounters(histogram.ended, batch?.ended);
  addCounters(histogram.failed, batch?.failed);
  addCounters(histogram.censored, batch?.censored);
  return histogram;
}

/** What cannot be a counter of this grid is passed over: a stored item may be older, newer or damaged. */
function addCounters(to: Float64Array, counters: Counters | undefined): void {
  for (const [key, weight] of Object.entries(counters ?? {})) {
    const bucket = Number(key);
    if (Number.isInteger(bucket) && bucket >= 0 && bucket < to.length && weight > 0 && weight <= HEAVIEST) {
      to[bucket]! += weight;
    }
  }
}

/**
 * `one` and a `factor` of `other`, in a world that ends at `horizon`: whatever lies beyond was seen running until then. One
 * pass, because it is made twice for every recorded job.
 */
export function blend(one: Histogram, other: Histogram, factor: number, horizon = LAST_EDGE): Histogram {
  const size = bucketOf(horizon) + 1;
  const ended = new Float64Array(size);
  const failed = new Float64Array(size);
  const censored = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    ended[i] = one.ended[i]! + factor * other.ended[i]!;
    failed[i] = one.failed[i]! + factor * other.failed[i]!;
    censored[i] = one.censored[i]! + factor * other.censored[i]!;
  }
  for (let i = size; i < BUCKETS; i++) {
    censored[size - 1]! += one.ended[i]! + one.censored[i]! + factor * (other.ended[i]! + other.censored[i]!);
  }
  return { ended, failed, censored };
}

/** The edges of the buckets up to a horizon, itself the last of them. */
export function edgesUpTo(horizon: number): number[] {
  return [...EDGES.slice(0, bucketOf(horizon) + 1), horizon];
}

/** Sparse, and rounded so that an item stays small. */
export function batchOf({ ended, failed, censored }: Histogram): Batch {
  const failures = countersOf(failed);
  return {
    ended: countersOf(ended),
    censored: countersOf(censored),
    ...(Object.keys(failures).length > 0 && { failed: failures }),
  };
}

function countersOf(weights: Float64Array): Counters {
  const counters: Counters = {};
  weights.forEach((weight, bucket) => {
    const rounded = Math.round(weight * PRECISION) / PRECISION;
    if (rounded > 0) counters[bucket] = rounded;
  });
  return counters;
}

export function total({ ended, censored }: Pick<Histogram, 'ended' | 'censored'>): number {
  return sum(ended) + sum(censored);
}

function sum(weights: Float64Array): number {
  return weights.reduce((all, weight) => all + weight, 0);
}
