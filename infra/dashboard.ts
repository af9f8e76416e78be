import { Duration } from 'aws-cdk-lib';
import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { TERMINAL_STATUSES, type TerminalStatus } from '../shared/job/job.ts';
import { ENDED_METRICS, type MetricName } from '../shared/observe/metrics.ts';
import { type ConnectionName, connectionMetric } from './metrics.ts';
import type { Platform } from './platform.ts';
import { PRICES } from './prices.ts';
import type { Reconcile } from './reconcile.ts';
import { TRANSITIONS_PER_TICK } from './wait-loop.ts';

export interface DashboardProps {
  platforms: readonly Platform[];
  connections: readonly ConnectionName[];
  api: apigatewayv2.HttpApi;
  reconcile: Reconcile;
  /** Of the metrics. */
  service: string;
}

/** CloudWatch takes 500 widgets: five for each connection, and those of the platforms besides. */
const MAX_CONNECTIONS = 80;
const MEMORY_GIGABYTES = 0.5;
const HOUR = Duration.hours(1);
const ROW = { height: 6 };

/** Good ends are green and blue, what one would look into is not. */
const COLOURS: Record<TerminalStatus, string> = {
  SUCCEEDED: '#2ca02c',
  PARTIALLY_SUCCEEDED: '#bcbd22',
  FAILED: '#d62728',
  CANCELED: '#7f7f7f',
  SUPERSEDED: '#c7c7c7',
  TIMED_OUT: '#ff7f0e',
  LOST: '#9467bd',
};

/** From what concerns everybody (is something wrong, what does it cost) to each platform and each connection. */
export function makeDashboard(scope: Construct, id: string, props: DashboardProps): cloudwatch.Dashboard {
  const shown = props.connections.slice(0, MAX_CONNECTIONS);
  const hidden = props.connections.length - shown.length;
  return new cloudwatch.Dashboard(scope, id, {
    defaultInterval: Duration.hours(12),
    // It looks back: an hour is the shortest that shows an hourly sum.
    periodOverride: cloudwatch.PeriodOverride.INHERIT,
    widgets: [
      [heading(`# Pollux: ${props.service}`)],
      overview(props),
      [heading('## Connections')],
      ...shown.map((connection) => connectionRow(props.service, connection)),
      ...(hidden > 0 ? [[heading(`${hidden} more: their metrics are in the namespace Pollux`)]] : []),
      [heading('## Platforms')],
      ...props.platforms.map(platformRow),
    ],
  });
}

function overview({ platforms, api, reconcile }: DashboardProps): cloudwatch.IWidget[] {
  const ticks = platforms.map(({ checkJobs }, index) => [`ticks${index}`, sum(checkJobs.metricInvocations())] as const);
  const times = platforms.map(({ checkJobs }, index) => [`time${index}`, sum(checkJobs.metricDuration())] as const);
  const all = (names: readonly (readonly [string, unknown])[]) => names.map(([name]) => name).join('+');
  const transitions = `(${all(ticks)})*${TRANSITIONS_PER_TICK}*${decimal(PRICES.stateTransition)}`;
  const calls = `(${all(ticks)})*${decimal(PRICES.lambdaRequest)}`;
  const computing = `(${all(times)})/1000*${MEMORY_GIGABYTES}*${decimal(PRICES.lambdaGigabyteSecond)}`;
  const costs = [
    math('State transitions', transitions, Object.fromEntries(ticks)),
    math('Lambda', `${calls}+${computing}`, Object.fromEntries([...ticks, ...times])),
  ];
  const count = { period: Duration.minutes(5), statistic: 'Sum' };
  return [
    graph('Cost of looking, $ an hour (list prices of us-east-1)', { left: costs, stacked: true, width: 8 }),
    graph('API', {
      left: [api.metricCount(count)],
      right: [api.metricClientError(count), api.metricServerError(count)],
      width: 8,
    }),
    graph('Reconcile', {
      left: [reconcile.function.metricInvocations(count), reconcile.function.metricErrors(count)],
      width: 8,
    }),
  ];
}

function connectionRow(service: string, of: ConnectionName): cloudwatch.IWidget[] {
  const metric = (name: MetricName, label: string) => connectionMetric(service, name, of, { label });
  const title = `${of.platform}/${of.connection}`;
  const ends = TERMINAL_STATUSES.map((status) =>
    connectionMetric(service, ENDED_METRICS[status], of, { label: status, color: COLOURS[status] }),
  );
  return [
    graph(`${title}: open jobs`, {
      left: [metric('OpenJobs', 'open')],
      right: [metric('JobsSubmitted', 'submitted'), metric('JobsRefused', 'refused')],
    }),
    graph(`${title}: ends`, { left: ends, stacked: true }),
    graph(`${title}: looks`, {
      left: [metric('Looks', 'looks'), metric('LooksFailed', 'failed')],
      right: [metric('ConnectionsDown', 'ticks while down')],
    }),
    graph(`${title}: longest unknown, s`, {
      left: [metric('OldestUnknownSeconds', 'seconds')],
      right: [metric('PublishFailures', 'events that the bus did not take')],
    }),
  ];
}

function platformRow({ platform, checkJobs, submitJob, loop }: Platform): cloudwatch.IWidget[] {
  const count = { period: Duration.minutes(5), statistic: 'Sum' };
  return [
    graph(`${platform}: ticks`, { left: [named(checkJobs.metricInvocations(count), 'ticks')] }),
    graph(`${platform}: duration of a tick, ms`, {
      left: ['p50', 'p95', 'Maximum'].map((statistic) =>
        checkJobs.metricDuration({ statistic, period: Duration.minutes(5), label: statistic }),
      ),
    }),
    graph(`${platform}: errors`, { left: errors({ checkJobs, submitJob }, count) }),
    graph(`${platform}: loops`, {
      left: [named(loop.metricStarted(count), 'started'), named(loop.metricFailed(count), 'failed')],
    }),
  ];
}

function errors(functions: Record<string, lambda.Function>, options: cloudwatch.MetricOptions): cloudwatch.IMetric[] {
  return Object.entries(functions).flatMap(([name, fn]) => [
    fn.metricErrors({ ...options, label: `${name} errors` }),
    fn.metricThrottles({ ...options, label: `${name} throttled` }),
  ]);
}

function heading(markdown: string): cloudwatch.TextWidget {
  return new cloudwatch.TextWidget({
    markdown,
    width: 24,
    height: 1,
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
  });
}

function graph(title: string, props: cloudwatch.GraphWidgetProps): cloudwatch.GraphWidget {
  // From 0, so that the same height means the same everywhere.
  return new cloudwatch.GraphWidget({
    title,
    width: 6,
    ...ROW,
    leftYAxis: { min: 0 },
    rightYAxis: { min: 0 },
    ...props,
  });
}

function math(label: string, expression: string, usingMetrics: Record<string, cloudwatch.IMetric>) {
  return new cloudwatch.MathExpression({ label, expression, usingMetrics, period: HOUR });
}

/** CloudWatch reads no exponents. */
function decimal(price: number): string {
  return price.toFixed(12).replace(/0+$/, '');
}

function sum(metric: cloudwatch.Metric): cloudwatch.Metric {
  return metric.with({ statistic: 'Sum', period: HOUR });
}

function named(metric: cloudwatch.Metric, label: string): cloudwatch.Metric {
  return metric.with({ label });
}
