import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import type { MetricName, Metrics } from '../observe/metrics.ts';

/** Counts of one invocation, written as CloudWatch embedded metrics when it ends. */
export interface Metered extends Metrics {
  flush(): void;
}

const SAID_EVEN_IF_ZERO: ReadonlySet<MetricName> = new Set(['OpenJobs', 'LookLag']);

export function createMetrics(): Metered {
  const byConnection = new Map<string, PowertoolsMetrics>();
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
      const unit = name === 'LookLag' ? MetricUnit.Milliseconds : MetricUnit.Count;
      metrics.addMetric(name, name.endsWith('Seconds') ? MetricUnit.Seconds : unit, value);
    },
    flush() {
      for (const metrics of byConnection.values()) metrics.publishStoredMetrics();
      byConnection.clear();
    },
  };
}
