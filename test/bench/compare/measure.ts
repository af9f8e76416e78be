import { noUsage, type Usage } from './prices.ts';

/** How one job was followed. */
export interface Followed {
  kind: string;
  /** Of the job, in seconds. */
  seconds: number;
  /** From its end to the moment at which its caller could know. */
  delaySeconds: number;
}

/** What following these jobs took. */
export interface Measurement {
  strategy: string;
  /** Jobs open at once on average; `undefined`: it makes no difference. */
  open?: number;
  jobs: Followed[];
  usage: Usage;
  remoteCalls: number;
  /** Statuses asked for: several in one remote call. */
  looks: number;
  /** Calls that asked the platform, and those that only took over from a sleeping loop. */
  ticks?: number;
  takeOvers?: number;
}

/** What is counted only ever rises: what lies between two moments is the difference. */
export function between(before: Usage, after: Usage): Usage {
  const usage = noUsage();
  for (const name of Object.keys(usage) as (keyof Usage)[]) usage[name] = after[name] - before[name];
  return usage;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
