import { BUCKETS, bucketOf, EDGES, LAST_EDGE } from './buckets.ts';
import { batchOf, blend, empty, type Histogram, histogramOf, total } from './histogram.ts';
import { ageAt, type Curve, cdfAt, curve } from './model.ts';
import { WIDEST } from './smooth.ts';

/** Sparse: bucket index -> weight. */
export type Counters = Record<number, number>;

export interface Batch {
  ended: Counters;
  censored: Counters;
  /** Those of `ended` that failed. Absent where there are none. */
  failed?: Counters;
}

/**
 * What is remembered of how long one operation takes on one connection. The current batch is folded into the base when it
 * is full; the base fades, so that it speaks for the last few hundred jobs.
 */
export interface OperationStats {
  current: Batch;
  base: Batch;
  /** Jobs in the current batch. */
  n: number;
  /** Evidence of this batch that the base no longer holds: log-likelihood ratio, natural logarithm. */
  llr: number;
  /** Counts the batches. */
  generation: number;
}

export const NO_STATS: OperationStats = Object.freeze({
  current: { ended: {}, censored: {} },
  base: { ended: {}, censored: {} },
  n: 0,
  llr: 0,
  generation: 0,
});

/** What is known of how long a job took, in seconds since its submit. `failed`: it ended as FAILED. */
export type Duration = ({ exact: number } | { after: number; upTo: number } | { censored: number }) & { failed?: true };

const BATCH_JOBS = 32;
/** What the base keeps at each batch: it speaks for 32 / (1 - 0.9) = 320 jobs. */
const DECAY = 0.9;
/** What is left of a base that no longer holds: enough to fill gaps, too little to stand against new jobs. */
const FORGOTTEN = 0.03;
/** A base is put aside when the current batch is e^4 = 55 times likelier without it. */
const FORGET_ABOVE = 4;
const LEAST_PROBABILITY = 1e-6;
/** An interval is counted at this many points, a fraction of a job each. */
const POINTS = 4;
const LEAST_WEIGHT = 0.02;

/** The same as OperationStats, to work on. */
interface Tally {
  current: Histogram;
  base: Histogram;
  n: number;
  llr: number;
  generation: number;
  hasBase: boolean;
}

/**
 * Counts durations, oldest first: evidence before counting, spreading, rotation of a full batch. Pure: answers a new object.
 * A duration that is no number is passed over. `decay` is there for tests.
 */
export function record(stats: OperationStats, durations: readonly Duration[], decay = DECAY): OperationStats {
  const tally = unpack(stats);
  for (const duration of durations) {
    if (tally.n >= BATCH_JOBS) rotate(tally, decay);
    const known = normalized(duration);
    if (known !== undefined) count(tally, known, duration.failed === true);
  }
  if (tally.n >= BATCH_JOBS) rotate(tally, decay);
  return pack(tally);
}

/**
 * First estimate for an operation that has no history here: the siblings' histograms, scaled to a total weight of 1. One job's
 * worth helps the first few plans and is soon outweighed; ten would stand in the way.
 */
export function borrowed(siblings: readonly OperationStats[]): OperationStats {
  let pool = empty();
  for (const sibling of siblings) pool = blend(pool, inForce(sibling), 1);
  const weight = total(pool);
  if (weight === 0) return NO_STATS;
  const base = batchOf(blend(empty(), pool, 1 / weight));
  return { ...NO_STATS, base };
}

/** The histogram that plans are made from. */
export function inForce(stats: OperationStats, horizon = LAST_EDGE): Histogram {
  const tally = unpack(stats);
  return blend(tally.current, tally.base, baseWeight(tally), horizon);
}

function baseWeight({ llr }: Tally): number {
  return llr > FORGET_ABOVE ? FORGOTTEN : 1;
}

function unpack({ current, base, n, llr, generation }: OperationStats): Tally {
  const past = histogramOf(base);
  return {
    current: histogramOf(current),
    base: past,
    n: finite(n),
    llr: finite(llr),
    generation: finite(generation),
    hasBase: total(past) > 0,
  };
}

/** A stored item may be damaged; no sound one holds a number beyond this. */
function finite(value: number): number {
  return Number.isFinite(value) && Math.abs(value) <= 1e9 ? value : 0;
}

function pack({ current, base, n, llr, generation }: Tally): OperationStats {
  return {
    current: batchOf(current),
    base: batchOf(base),
    n,
    llr: Math.round(llr * 1e4) / 1e4,
    generation,
  };
}

/** Within the grid and in order; `undefined` for what is no duration. */
function normalized(duration: Duration): Duration | undefined {
  if ('exact' in duration) {
    if (!(duration.exact >= 0)) return undefined;
    return duration.exact > LAST_EDGE ? { censored: LAST_EDGE } : duration;
  }
  if ('censored' in duration)
    return duration.censored >= 0 ? { censored: Math.min(duration.censored, LAST_EDGE) } : undefined;
  const after = Math.max(0, duration.after);
  if (!(duration.upTo >= after)) return undefined;
  if (duration.upTo > LAST_EDGE) return { censored: Math.min(after, LAST_EDGE) };
  return duration.upTo > after ? { after, upTo: duration.upTo } : { exact: duration.upTo };
}

function count(tally: Tally, duration: Duration, failed: boolean): void {
  const add = (bucket: number, weight: number) => {
    tally.current.ended[bucket]! += weight;
    if (failed) tally.current.failed[bucket]! += weight;
  };
  tally.n++;
  if ('censored' in duration) {
    tally.current.censored[bucketOf(duration.censored)]! += 1;
  } else if ('exact' in duration) {
    const bucket = bucketOf(duration.exact);
    weigh(tally, EDGES[bucket]!, EDGES[bucket + 1]!);
    add(bucket, 1);
  } else {
    weigh(tally, duration.after, duration.upTo);
    for (const point of points(tally, duration.after, duration.upTo)) {
      add(bucketOf(point), 1 / POINTS);
    }
  }
}

/** Asks, before a job is counted, whether it is more likely with the base or with next to nothing of it. */
function weigh(tally: Tally, after: number, upTo: number): void {
  if (!tally.hasBase) return;
  const likelihood = (weight: number) => {
    const model = modelUpTo(upTo, tally, weight);
    return Math.max(LEAST_PROBABILITY, cdfAt(model, upTo) - cdfAt(model, after));
  };
  tally.llr += Math.log(likelihood(FORGOTTEN) / likelihood(1));
}

/**
 * Where in an interval the job may have ended: equal shares of what the model in force gives to it, one step of Turnbull's
 * self-consistency. Detection times or midpoints would teach the plan its own looks.
 */
function points(tally: Tally, after: number, upTo: number): number[] {
  const model = modelUpTo(upTo, tally, baseWeight(tally));
  const low = cdfAt(model, after);
  const mass = cdfAt(model, upTo) - low;
  return Array.from({ length: POINTS }, (_, k) => {
    const share = (k + 0.5) / POINTS;
    const age = mass > 1e-9 ? ageAt(model, low + share * mass) : after + share * (upTo - after);
    return Math.min(upTo, Math.max(after + 1e-6, age));
  });
}

/** The model for ages up to `upTo`, and no further than smoothing makes counts beyond matter for them. */
function modelUpTo(upTo: number, { current, base }: Tally, weight: number): Curve {
  const horizon = EDGES[Math.min(BUCKETS, bucketOf(upTo) + 2 * WIDEST + 2)]!;
  return curve(blend(current, base, weight, horizon), horizon);
}

function rotate(tally: Tally, decay: number): void {
  const base = blend(tally.current, tally.base, decay * baseWeight(tally));
  for (const weights of [base.ended, base.failed, base.censored]) {
    weights.forEach((weight, i) => {
      if (weight < LEAST_WEIGHT) weights[i] = 0;
    });
  }
  Object.assign(tally, {
    current: empty(),
    base,
    n: 0,
    llr: 0,
    generation: tally.generation + 1,
    hasBase: total(base) > 0,
  });
}
