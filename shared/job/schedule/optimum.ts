import { areas, type Curve } from './model.ts';

/** For each age of a curve at which a look found the job running: the index of the age of the next look. */
export interface Optimum {
  next: Int32Array;
  /** Intercept of each age's line: see below. */
  intercepts: Float64Array;
}

/**
 * The cheapest looks under a curve, by dynamic programming from the horizon backwards. The cost of a job is
 * `lookCost` seconds for each look plus the seconds from its end to the look that finds it. With I the integral of
 * the probability F, and W_i the cost still to come, weighted by the probability to be there, of a job found running at t_i:
 *
 *     W_i = c (1 - F_i) - I_i + F_i t_i + min over j > i of (I_j + W_j - F_i t_j)
 *
 * Each j is a line in F_i with slope -t_j. F rises and slopes fall as we go back, so the lower hull of the lines is a
 * queue, and the whole programme takes linear time. Barlow, Hunter and Proschan, "Optimum checking procedures", 1963.
 */
export function optimum(curve: Curve, lookCost: number): Optimum {
  const { ages, cdf } = curve;
  const area = areas(curve);
  const last = ages.length - 1;
  const next = new Int32Array(ages.length).fill(last);
  const intercepts = new Float64Array(ages.length);
  const hull = new Hull(ages, intercepts);
  intercepts[last] = area[last]!;
  for (let i = last - 1; i >= 0; i--) {
    hull.push(i + 1);
    const ended = cdf[i]!;
    const best = hull.lowestAt(ended);
    next[i] = best;
    // I_i + W_i, in which I_i cancels.
    intercepts[i] = lookCost * (1 - ended) + ended * ages[i]! + intercepts[best]! - ended * ages[best]!;
  }
  return { next, intercepts };
}

/** Lower hull of the lines `intercept[j] - age[j] * x`, pushed by falling j and asked by falling x. */
class Hull {
  readonly #ages: readonly number[];
  readonly #intercepts: Float64Array;
  readonly #lines: number[] = [];
  #head = 0;

  constructor(ages: readonly number[], intercepts: Float64Array) {
    this.#ages = ages;
    this.#intercepts = intercepts;
  }

  push(line: number): void {
    const lines = this.#lines;
    while (lines.length - this.#head >= 2 && this.#covers(lines.at(-2)!, lines.at(-1)!, line)) lines.pop();
    lines.push(line);
  }

  lowestAt(x: number): number {
    while (this.#head + 1 < this.#lines.length) {
      const [now, then] = [this.#lines[this.#head]!, this.#lines[this.#head + 1]!];
      if (this.#value(then, x) > this.#value(now, x)) break;
      this.#head++;
    }
    return this.#lines[this.#head]!;
  }

  /** Whether the middle one of three lines is nowhere the lowest. */
  #covers(first: number, middle: number, last: number): boolean {
    const [m1, m2, m3] = [-this.#ages[first]!, -this.#ages[middle]!, -this.#ages[last]!];
    const [b1, b2, b3] = [this.#intercepts[first]!, this.#intercepts[middle]!, this.#intercepts[last]!];
    return (b3 - b1) * (m1 - m2) >= (b2 - b1) * (m1 - m3);
  }

  #value(line: number, x: number): number {
    return this.#intercepts[line]! - this.#ages[line]! * x;
  }
}
