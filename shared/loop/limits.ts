import { DEFAULT_LOOK_COST_SECONDS, type PlanLimits } from '../job/schedule/plan.ts';
import type { AdapterRuntime } from '../platforms/adapter.ts';
import type { CommonOptions } from '../platforms/options.ts';

/** What bounds the plan of a connection's jobs: its user's knob, and its platform's nature. */
export function planLimits(adapter: AdapterRuntime, options: CommonOptions): PlanLimits {
  return {
    lookCostSeconds: options.lookCostSeconds ?? DEFAULT_LOOK_COST_SECONDS,
    maxGapSeconds: adapter.bounds.maxGapSeconds,
    ...(adapter.bounds.minGapSeconds !== undefined && { minGapSeconds: adapter.bounds.minGapSeconds }),
    pullForwardAfter: adapter.capabilities.batchCheck ? 0.5 : 0.8,
    // A busy loop ticks all the time: at 1,000 jobs this adds a look to every four, no tick, and takes a fifth off the delay.
    ...(adapter.capabilities.batchCheck && { pullForwardWhenBusy: 0.4 }),
  };
}
