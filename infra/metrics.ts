import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricName } from '../shared/observe/metrics.ts';

/** Namespace of the metrics that the functions write themselves. */
export const METRICS_NAMESPACE = 'Pollux';

export interface ConnectionName {
  platform: string;
  connection: string;
}

const FIVE_MINUTES = Duration.minutes(5);

/** Of one connection of one Pollux, which `service` names (see `serviceName`). */
export function connectionMetric(
  service: string,
  name: MetricName,
  { platform, connection }: ConnectionName,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRICS_NAMESPACE,
    metricName: name,
    dimensionsMap: { service, platform, connection },
    period: FIVE_MINUTES,
    statistic: name === 'OpenJobs' || name.endsWith('Seconds') ? 'Maximum' : 'Sum',
    ...options,
  });
}

/**
 * Over all connections of one Pollux. A query, because an alarm on a plain metric names every dimension, and would be needed
 * once for each connection.
 */
export function totalMetric(
  service: string,
  name: MetricName,
  { statistic = 'SUM', period = FIVE_MINUTES }: { statistic?: 'SUM' | 'MAX'; period?: Duration } = {},
): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `SELECT ${statistic}(${name}) FROM ${METRICS_NAMESPACE} WHERE service = '${service}'`,
    label: name,
    period,
  });
}
