import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import type { MetricName, Metrics } from '../observe/metrics.ts';

/** Counts of one invocation, written as CloudWatch embedded metrics when it ends. */
export interface Metered extends Metrics {
  flush(): void;
}

const SAID_EVEN_IF_ZERO: ReadonlySet<MetricName> = new Set(['OpenJobs', 'LookLag']);

/** Of these the largest of an invocation is written: a tick may let go thousands of jobs, and each measures. */
const LARGEST_ONLY: ReadonlySet<MetricName> = new Set(['ItemCollectionSize']);

const UNITS: Partial<Record<MetricName, (typeof MetricUnit)[keyof typeof MetricUnit]>> = {
  LookLag: MetricUnit.Milliseconds,
  OldestUnknownSeconds: MetricUnit.Seconds,
  ItemCollectionSize: MetricUnit.Gigabytes,
};

export function createMetrics(): Metered {
  const byConnection = new Map<string, PowertoolsMetrics>();
  const largest = new Map<PowertoolsMetrics, Map<MetricName, number>>();
  return {
    count(name: MetricName, value: number, of) {
      if (of === undefined || (value === 0 && !SAID_EVEN_IF_ZERO.has(name))) return;
      const key = `${of.platform}/${of.connection}`;
      let metrics = byConnection.get(key);
      if (metrics === undefined) {
        metrics = new PowertoolsMetrics();
        metrics.addDimensions({ platform: of.platform, connection: of.connection });
        byConnection.set(key, metrics);
      }
      if (LARGEST_ONLY.has(name)) {
        const values = largest.get(metrics) ?? new Map<MetricName, number>();
        largest.set(metrics, values.set(name, Math.max(value, values.get(name) ?? value)));
      } else metrics.addMetric(name, UNITS[name] ?? MetricUnit.Count, value);
    },
    flush() {
      for (const [metrics, values] of largest) {
        for (const [name, value] of values) metrics.addMetric(name, UNITS[name] ?? MetricUnit.Count, value);
      }
      largest.clear();
      for (const metrics of byConnection.values()) metrics.publishStoredMetrics();
      byConnection.clear();
    },
  };
}
