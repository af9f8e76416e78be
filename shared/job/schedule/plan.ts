import type { ActiveJob } from '../job.ts';
import { Planner } from './planner.ts';
import { NO_STATS, type OperationStats } from './stats.ts';

/** What bounds the plan of a connection's jobs. */
export interface PlanLimits {
  /** How many seconds of delay one look is worth. */
  lookCostSeconds: number;
  /** The platform's own limit, or the product's (15 minutes), whichever is shorter. */
  maxGapSeconds: number;
  /** For platforms where a look learns nothing by itself. */
  minGapSeconds?: number;
  /**
   * Share of a planned gap after which a job is looked at too when the loop is awake anyway: 0.5 where one call asks
   * about many jobs, 0.8 where every look is a call of its own.
   */
  pullForwardAfter: number;
  /** The same with many jobs open, where that is another share. */
  pullForwardWhenBusy?: number;
}

export const DEFAULT_LOOK_COST_SECONDS = 3;
/** A cap of 900 s costs 1 % over no cap, 300 s 5 %, 60 s 39 % in the study of poll schedules. */
export const MAX_GAP_SECONDS = 900;
const MIN_GAP_SECONDS = 1;
/** Using a job's progress costs a plan of its own, about 0.2 ms. With more jobs than this a tick does without. */
const MAX_PROGRESS_PLANS = 300;
/** Jobs with nearly the same deadline share a plan: whole powers of this. */
const HORIZON_STEP = 1.25;

type Planned = Pick<ActiveJob, 'operation' | 'createdAt' | 'deadline'>;

/** The plans of a connection's operations, from what is remembered of each; made when first asked for. */
export class Plans {
  readonly limits: PlanLimits;
  readonly #stats: (operation: string) => OperationStats;
  readonly #planners = new Map<string, Planner>();
  #progressPlans = 0;

  constructor(limits: PlanLimits, stats: (operation: string) => OperationStats = () => NO_STATS) {
    this.limits = limits;
    this.#stats = stats;
  }

  /**
   * The whole number of seconds from a look at age `ageSeconds` (0: the submit) to the next one. `progress` is what that
   * look saw.
   */
  gapSeconds(job: Planned, ageSeconds: number, progress?: number): number {
    if (this.limits.minGapSeconds !== undefined) return this.limits.minGapSeconds;
    const age = Math.max(0, ageSeconds);
    const next = this.#planner(job).nextAge(age, this.#usable(progress));
    const longest = Math.max(MIN_GAP_SECONDS, Math.min(this.limits.maxGapSeconds, MAX_GAP_SECONDS));
    return Math.min(longest, Math.max(MIN_GAP_SECONDS, Math.round(next - age)));
  }

  #usable(progress: number | undefined): number | undefined {
    if (progress === undefined || this.#progressPlans >= MAX_PROGRESS_PLANS) return undefined;
    this.#progressPlans++;
    return progress;
  }

  #planner({ operation, createdAt, deadline }: Planned): Planner {
    const seconds = Math.max(1, (deadline - createdAt) / 1000);
    const horizonSeconds = Math.ceil(HORIZON_STEP ** Math.ceil(Math.log(seconds) / Math.log(HORIZON_STEP) - 1e-9));
    const key = `${horizonSeconds} ${operation}`;
    let planner = this.#planners.get(key);
    if (planner === undefined) {
      const { lookCostSeconds } = this.limits;
      planner = new Planner(this.#stats(operation), { horizonSeconds, lookCostSeconds });
      this.#planners.set(key, planner);
    }
    return planner;
  }
}
