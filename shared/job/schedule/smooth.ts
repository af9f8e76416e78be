import { BUCKETS, bucketOf, EDGES, RATIO } from './buckets.ts';

/** The window of a count holds this power of all counts, so that it narrows as counts come in. */
const NEIGHBOURS_POWER = 0.6;
/** Half-width of the widest window, in buckets: a factor of 1.8 in age from 100 s on, more below. */
export const WIDEST = 60;

/**
 * For plans, the widest window reaches to twice an age. Below 100 s, where buckets are 1 s wide, 60 of them would spread jobs that fail
 * within seconds over a minute. Intervals are spread by the wider ones: with narrow ones they repeat their own points.
 */
const WIDEST_FACTOR = 2;
const widestForPlans = (bucket: number) => bucketOf(EDGES[bucket + 1]! * WIDEST_FACTOR) - bucket;

/**
 * For plans, windows of half and of twice as many counts are averaged. Which are better depends on the shape, one mode or several, and
 * few durations hardly tell: each counts by how well it foretells every job from the others. That is believed as if it came
 * from this many jobs: the points of intervals lie at the same places again and again, and seem to foretell each other.
 */
const NARROW = 0.5;
const WIDE = 2;
const TRUSTED_JOBS = 5;
/** About what the prior gives to a bucket, in jobs: one job that nothing foretold must not decide. */
const UNFORETOLD = 1e-3;

/**
 * For plans, a share of each count is also spread over a wider window: a few durations do not show how far the next ones may lie
 * from them, and a plan that takes their edge for the end of a mode waits for the next mode. The share falls with the root of n.
 */
const CAUTION = 0.5;
const WIDER = 3;
const WIDER_BUCKETS = 4;

/** One more than the widest window, that of plans at 75 s. */
const PADDING = 76;

/** Both from `PADDING` buckets before the first one. */
interface Tables {
  stretches: Float64Array;
  sumsOfSums: Float64Array;
}

let made: Tables | undefined;

/** Made for the first histogram that has counts. */
function tables(): Tables {
  if (made === undefined) {
    const stretches = Float64Array.from({ length: BUCKETS + 2 * PADDING + 2 }, (_, i) => stretchOf(i - PADDING));
    made = { stretches, sumsOfSums: runningSum(runningSum(stretches)) };
  }
  return made;
}

/**
 * How wide a bucket is, compared with the width that grows evenly with age. Edges are whole seconds, so widths jump from 1 to
 * 2 s at 150 s, to 3 s at 250 s and so on: a density that is even in time has jumps in the counts per bucket.
 */
function stretchOf(bucket: number): number {
  if (bucket < 0 || bucket >= BUCKETS) return 1;
  const from = EDGES[bucket]!;
  const to = EDGES[bucket + 1]!;
  return (to - from) / Math.max(1, ((to + from) / 2) * (RATIO - 1));
}

/**
 * Nearest-neighbour smoothing of a histogram. The weight of a bucket is spread, as a triangle, over the smallest window
 * around it that holds 1 + n^0.6 counts: wide where jobs are few, a bucket or two where they crowd. Within the triangle
 * wider buckets get more, or the plan would look where bucket widths jump. What would leave the histogram at an end is mirrored
 * back, so the sum stays.
 */
export function smooth(counts: Float64Array): Float64Array {
  return spread(counts, 1, 0, () => WIDEST).smoothed;
}

/** The same for plans: as wide as the counts themselves suggest, and wider while they are few. */
export function smoothForPlans(counts: Float64Array): Float64Array {
  const jobs = counts.reduce((sum, weight) => sum + weight, 0);
  const aside = Math.min(0.5, CAUTION / Math.sqrt(jobs));
  const [narrow, wide] = [NARROW, WIDE].map((scale) => spread(counts, scale, aside, widestForPlans));
  const evidence = (TRUSTED_JOBS * (wide!.fit - narrow!.fit)) / Math.max(1, jobs);
  const share = 1 / (1 + Math.exp(-evidence));
  return narrow!.smoothed.map((weight, i) => weight + share * (wide!.smoothed[i]! - weight));
}

interface Spread {
  smoothed: Float64Array;
  /** The logarithm of the likelihood of all jobs, each under what the others were spread to. */
  fit: number;
}

/** `scale` is that of the number of counts in a window, `aside` the share of each count for a wider one. */
function spread(counts: Float64Array, scale: number, aside: number, widest: (bucket: number) => number): Spread {
  const before = runningSum(counts);
  const size = counts.length;
  if (before[size] === 0) return { smoothed: new Float64Array(size), fit: 0 };
  const at = tables();
  const neighbours = 1 + scale * before[size]! ** NEIGHBOURS_POWER - 1e-9;
  const bends = new Float64Array(size + 2 * PADDING + 2);
  const peaks = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const weight = counts[i]!;
    if (weight <= 0) continue;
    const half = halfWidth(before, i, neighbours, widest(i));
    peaks[i] = addTriangle(at, bends, i, half, weight * (1 - aside));
    if (aside === 0) continue;
    peaks[i]! += addTriangle(at, bends, i, Math.min(widest(i), WIDER * half + WIDER_BUCKETS), weight * aside);
  }
  const smoothed = mirrored(stretched(integrateTwice(bends), at.stretches), size, PADDING);
  return { smoothed, fit: fitOf(counts, smoothed, peaks) };
}

/** `peaks`: what each bucket kept of its own count. One job of it is left out. */
function fitOf(counts: Float64Array, smoothed: Float64Array, peaks: Float64Array): number {
  let fit = 0;
  for (let i = 0; i < counts.length; i++) {
    const weight = counts[i]!;
    if (weight <= 0) continue;
    const others = smoothed[i]! - peaks[i]! * Math.min(1, 1 / weight);
    fit += weight * Math.log(Math.max(UNFORETOLD, others));
  }
  return fit;
}

/** A triangle is three bends in its slope. Answers its height. */
function addTriangle(at: Tables, bends: Float64Array, bucket: number, half: number, weight: number): number {
  const slope = weight / areaOf(at.sumsOfSums, bucket, half);
  bends[bucket - half + PADDING]! += slope;
  bends[bucket + 1 + PADDING]! -= 2 * slope;
  bends[bucket + half + 2 + PADDING]! += slope;
  return slope * (half + 1) * at.stretches[bucket + PADDING]!;
}

/** Sums of the first 0, 1, 2 ... counts. */
function runningSum(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) sums[i + 1] = sums[i]! + counts[i]!;
  return sums;
}

/** The smallest half-width, up to `widest`, whose window holds that many counts. A window only grows with its width: bisection. */
function halfWidth(before: Float64Array, bucket: number, neighbours: number, widest: number): number {
  const size = before.length - 1;
  let low = 0;
  let high = widest;
  while (low < high) {
    const half = (low + high) >> 1;
    const inside = before[Math.min(size, bucket + half + 1)]! - before[Math.max(0, bucket - half)]!;
    if (inside >= neighbours) high = half;
    else low = half + 1;
  }
  return low;
}

/** What a triangle of unit slope adds up to when each bucket takes its stretch of it. */
function areaOf(sumsOfSums: Float64Array, bucket: number, half: number): number {
  const at = bucket + PADDING;
  return sumsOfSums[at + half + 2]! - 2 * sumsOfSums[at + 1]! + sumsOfSums[at - half]!;
}

function stretched(padded: Float64Array, stretches: Float64Array): Float64Array {
  for (let i = 0; i < padded.length; i++) padded[i]! *= stretches[i]!;
  return padded;
}

/** All triangles together cost two running sums. */
function integrateTwice(bends: Float64Array): Float64Array {
  let slope = 0;
  let value = 0;
  for (let i = 0; i < bends.length; i++) {
    slope += bends[i]!;
    value += slope;
    bends[i] = Math.max(0, value);
  }
  return bends;
}

function mirrored(padded: Float64Array, size: number, offset: number): Float64Array {
  const inside = padded.slice(offset, offset + size);
  for (let k = 0; k < offset; k++) inside[reflect(-1 - k, size)]! += padded[offset - 1 - k]!;
  for (let k = 0; offset + size + k < padded.length; k++)
    inside[reflect(size + k, size)]! += padded[offset + size + k]!;
  return inside;
}

/** The index within a row, as light between two mirrors at its ends: a window can be wider than a short row. */
function reflect(index: number, size: number): number {
  let inside = index;
  while (inside < 0 || inside >= size) inside = inside < 0 ? -1 - inside : 2 * size - 1 - inside;
  return inside;
}
