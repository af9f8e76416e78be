import type { Curve } from '../../../shared/job/schedule/model.ts';
import { optimum } from '../../../shared/job/schedule/optimum.ts';
import type { Distribution } from './distributions.ts';

/** The probability to have ended by each whole second, and its integral. */
export interface Truth {
  deadline: number;
  cdf: Float64Array;
  area: Float64Array;
}

export interface Cost {
  looks: number;
  /** Mean seconds from the end to the look that finds it. */
  latency: number;
}

/** A tenth of a second is fine enough for the integral of distributions that are seconds wide. */
const STEPS = 10;

export function truthOf({ cdf, deadline }: Distribution): Truth {
  const truth = { deadline, cdf: new Float64Array(deadline + 1), area: new Float64Array(deadline + 1) };
  for (let second = 0; second < deadline; second++) {
    let sum = 0;
    for (let k = 0; k < STEPS; k++) sum += cdf(second + (k + 0.5) / STEPS);
    truth.area[second + 1] = truth.area[second]! + sum / STEPS;
    truth.cdf[second + 1] = cdf(second + 1);
  }
  return truth;
}

/** What looks at these ages cost on average: exact, no sampling. The last look is at the deadline. */
export function costOf({ deadline, cdf, area }: Truth, ages: readonly number[]): Cost {
  let looks = 0;
  let latency = 0;
  let before = 0;
  for (const age of [...ages.filter((age) => age < deadline), deadline]) {
    looks += 1 - cdf[before]!;
    latency += area[age]! - area[before]! - cdf[before]! * (age - before);
    before = age;
  }
  return { looks, latency };
}

/** The cheapest plan of whole seconds for who knows the distribution. */
export function optimalAges({ deadline, cdf }: Truth, lookCost: number): number[] {
  const curve: Curve = { ages: Array.from({ length: deadline + 1 }, (_, second) => second), cdf };
  const { next } = optimum(curve, lookCost);
  const ages: number[] = [];
  for (let age = 0; age < deadline; ) {
    age = next[age]!;
    ages.push(age);
  }
  return ages;
}
