import { type Curve, cdfAt, segmentOf } from './model.ts';

/** Below this a percentage says nothing yet. */
const LEAST_PERCENT = 3;
/** Relative error of the extrapolated end: this much at 100 %, ... */
const SURE = 0.12;
/** ... and this much more at 0 %. */
const UNSURE = 0.2;
/** What a percentage cannot argue away, so that one that lies does little harm. */
const FLOOR = 0.02;

/**
 * What is left of a curve for a job seen running at `age` with `percent` done: weights every end by how far it is from
 * the one that the percentage extrapolates to, `100 age / percent`, and scales the rest to 1. `undefined` if the percentage
 * says nothing.
 */
export function givenProgress(curve: Curve, age: number, percent: number): Curve | undefined {
  if (!(percent >= LEAST_PERCENT && percent < 100) || !(age > 0)) return undefined;
  const { ages, cdf } = curve;
  const weight = weighting(age, percent);
  const from = segmentOf(ages, age);
  const last = ages.length - 1;
  if (from >= last) return undefined;
  const left = [age, ...ages.slice(from + 1)];
  const mass = new Float64Array(left.length);
  let sum = 0;
  let before = cdfAt(curve, age);
  for (let j = from + 1; j <= last; j++) {
    const middle = Math.sqrt(Math.max(0.5, ages[j - 1]!) * ages[j]!);
    sum += (cdf[j]! - before) * weight(middle);
    mass[j - from] = sum;
    before = cdf[j]!;
  }
  const all = sum + (1 - cdf[last]!) * FLOOR;
  return all > 1e-12 ? { ages: left, cdf: mass.map((share) => share / all) } : undefined;
}

/** Log-normal around the extrapolated end, the narrower the more is done. */
function weighting(age: number, percent: number): (end: number) => number {
  const end = (100 * age) / percent;
  const sigma = UNSURE * (1 - percent / 100) + SURE;
  return (middle) => FLOOR + (1 - FLOOR) * (SURE / sigma) * Math.exp(-((Math.log(middle / end) / sigma) ** 2) / 2);
}
