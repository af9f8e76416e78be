import { LAST_EDGE } from './buckets.ts';
import { coldStartGap } from './cold-start.ts';
import { type Curve, cdfAt, curve, segmentOf } from './model.ts';
import { type Optimum, optimum } from './optimum.ts';
import { givenProgress } from './progress.ts';
import { inForce, type OperationStats } from './stats.ts';

/** What the dynamic programme can be asked for without losing its precision. */
const LEAST_LOOK_COST_SECONDS = 0.01;
const MOST_LOOK_COST_SECONDS = 1e6;

/**
 * When to look at the jobs of one operation on one connection. The plan is computed when it is first asked for and holds from
 * every age, so one planner serves all jobs of a tick.
 */
export class Planner {
  readonly #stats: OperationStats;
  readonly #horizon: number;
  readonly #lookCost: number;
  #planned: { curve: Curve; plan: Optimum } | undefined;

  /** `horizonSeconds`: the age at which a job is looked at in any case, 400 days at most; `lookCostSeconds` is c. */
  constructor(
    stats: OperationStats,
    { horizonSeconds, lookCostSeconds }: { horizonSeconds: number; lookCostSeconds: number },
  ) {
    this.#stats = stats;
    this.#horizon = Math.min(LAST_EDGE, Math.max(1, Math.floor(horizonSeconds) || 1));
    this.#lookCost = Math.min(MOST_LOOK_COST_SECONDS, Math.max(LEAST_LOOK_COST_SECONDS, lookCostSeconds || 0));
  }

  /**
   * Age in whole seconds of the next look at a job seen running at `ageSeconds` (0: the submit), `progress` percent done by
   * then. Later than `ageSeconds`, whatever it is; not beyond the horizon, except for a job that is: from there on the gaps are
   * those of the square-root law.
   */
  nextAge(ageSeconds: number, progress?: number): number {
    const age = Math.max(0, ageSeconds) || 0;
    if (age >= this.#horizon) return Math.floor(age) + Math.max(1, Math.floor(coldStartGap(age, this.#lookCost)));
    const { curve, plan } = this.#plan();
    const left = progress === undefined ? undefined : givenProgress(curve, age, progress);
    if (left !== undefined) return left.ages[optimum(left, this.#lookCost).next[0]!]!;
    return curve.ages[best(curve, plan, age)]!;
  }

  /** The ages of all looks at a job that never ends, the last one at the horizon. */
  polls(): number[] {
    const { curve, plan } = this.#plan();
    const last = curve.ages.length - 1;
    const ages: number[] = [];
    for (let i = 0; i < last; ) {
      i = plan.next[i]!;
      ages.push(curve.ages[i]!);
    }
    return ages;
  }

  #plan(): { curve: Curve; plan: Optimum } {
    if (this.#planned === undefined) {
      const model = curve(inForce(this.#stats, this.#horizon), this.#horizon, true);
      this.#planned = { curve: model, plan: optimum(model, this.#lookCost) };
    }
    return this.#planned;
  }
}

/**
 * The best next look from any age. The best one from an edge is known; the further along a bucket, the later it is, up to
 * that of the next edge: few need to be compared.
 */
function best(curve: Curve, { next, intercepts }: Optimum, age: number): number {
  const { ages } = curve;
  const i = segmentOf(ages, age);
  if (age === ages[i]) return next[i]!;
  const ended = cdfAt(curve, age);
  let least = next[i]!;
  for (let j = least + 1; j <= next[i + 1]!; j++) {
    if (intercepts[j]! - ended * ages[j]! <= intercepts[least]! - ended * ages[least]!) least = j;
  }
  return least;
}
