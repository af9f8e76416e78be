import { Duration } from 'aws-cdk-lib';
import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../shared/observe/metrics.ts';
import { totalMetric } from './metrics.ts';
import type { Platform } from './platform.ts';
import type { Reconcile } from './reconcile.ts';
import type { JobTable } from './table.ts';

export interface MonitoringProps {
  platforms: readonly Platform[];
  reconcile: Reconcile;
  api: apigatewayv2.HttpApi;
  jobs: JobTable;
  /** Of the metrics. */
  service: string;
  /** What an alarm does; an alarm without an action is still seen in the console. */
  alarmActions: readonly cloudwatch.IAlarmAction[];
}

interface AlarmOn {
  metric: cloudwatch.Metric | cloudwatch.MathExpression;
  /** What it means, in a sentence. */
  description: string;
  /** Heading in docs/runbook.md that says what to do. */
  section: string;
  threshold?: number;
  /** How many of the last `evaluationPeriods` periods must be bad. */
  datapoints?: readonly [bad: number, of: number];
  /** The number is bad when it is too small; then silence is bad too. */
  below?: boolean;
}

const FIVE_MINUTES = { period: Duration.minutes(5), statistic: 'Sum' } as const;

/** The longest sleep of a loop: a connection that is down is looked at, and counted, at least this often. */
const LONGEST_SLEEP = Duration.minutes(15);

/** Longer than a restart of a vCenter; a deadline is a day unless told. */
const OLDEST_UNKNOWN_SECONDS = 1_800;

/** Of the 10 that a collection with a local index may have: finished jobs of a few days more. */
const ITEM_COLLECTION_GIGABYTES = 7;

/** Some are part of every day: the SDK repeats them after a moment. These are so many that jobs are late. */
const MANY_THROTTLED_CALLS = 10;
const MANY_THROTTLED_READS_OR_WRITES = 100;

type TotalMetric = (name: MetricName, options?: Parameters<typeof totalMetric>[2]) => cloudwatch.MathExpression;

type MakeAlarm = (id: string, on: AlarmOn) => void;

/** Alarms for what Pollux cannot repair itself, or repairs too often. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const alarm: MakeAlarm = (id, on) => {
      const [datapointsToAlarm, evaluationPeriods] = on.datapoints ?? [1, 1];
      const made = new cloudwatch.Alarm(this, id, {
        metric: on.metric,
        alarmDescription: `${on.description} See docs/runbook.md#${on.section}`,
        threshold: on.threshold ?? 1,
        comparisonOperator: on.below
          ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
          : cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        datapointsToAlarm,
        evaluationPeriods,
        // No loop, no call, no number: silence is health, but of what is called every minute.
        treatMissingData: on.below ? cloudwatch.TreatMissingData.BREACHING : cloudwatch.TreatMissingData.NOT_BREACHING,
      });
      made.addAlarmAction(...props.alarmActions);
    };

    const ours: TotalMetric = (name, options) => totalMetric(props.service, name, options);
    for (const of of props.platforms) this.#platform(alarm, of);
    this.#loops(alarm, props.reconcile, ours);
    this.#table(alarm, props.jobs);
    alarm('PublishFailures', {
      metric: ours('PublishFailures'),
      description: 'Events of finished jobs do not reach the bus. They are repeated.',
      section: 'publish-failures',
      datapoints: [2, 3],
    });
    alarm('CallbacksRefused', {
      metric: ours('CallbacksRefused'),
      description: 'Step Functions refuses task tokens of finished jobs. They are repeated for a day.',
      section: 'callbacks-refused',
      datapoints: [2, 3],
    });
    alarm('CallbacksGivenUp', {
      metric: ours('CallbacksGivenUp'),
      description: 'A task token was refused for a day: its state machine waits until its own time-out.',
      section: 'callbacks-refused',
    });
    alarm('WritesFailed', {
      metric: ours('WritesFailed'),
      description: 'DynamoDB does not take what was learned of jobs, so they do not end here.',
      section: 'writes-failed',
      datapoints: [2, 3],
    });
    alarm('ItemCollectionSize', {
      metric: ours('ItemCollectionSize', { statistic: 'MAX' }),
      description: 'A connection nears the 10 GB that DynamoDB takes of it; at 10 GB none of its jobs can end.',
      section: 'item-collection-size',
      threshold: ITEM_COLLECTION_GIGABYTES,
    });
    alarm('ConnectionsDown', {
      metric: ours('ConnectionsDown', { period: LONGEST_SLEEP }),
      description: 'An endpoint does not answer, and did not a quarter of an hour ago.',
      section: 'connections-down',
      datapoints: [2, 2],
    });
    alarm('OldestUnknown', {
      metric: ours('OldestUnknownSeconds', { statistic: 'MAX', period: LONGEST_SLEEP }),
      description: 'For half an hour and more no look has told the state of a job.',
      section: 'oldest-unknown',
      threshold: OLDEST_UNKNOWN_SECONDS,
    });
    alarm('ApiServerErrors', {
      metric: props.api.metricServerError(FIVE_MINUTES),
      description: 'The API answers 5xx.',
      section: 'api-server-errors',
      threshold: 5,
    });
  }

  #platform(alarm: MakeAlarm, { node, platform, loop, checkJobs, submitJob }: Platform): void {
    alarm(`${node.id}LoopFailed`, {
      metric: loop.metricFailed(FIVE_MINUTES),
      description: `A wait-loop of ${platform} failed after its retries; reconcile starts another.`,
      section: 'loop-failed',
    });
    alarm(`${node.id}CheckErrors`, {
      metric: checkJobs.metricErrors(FIVE_MINUTES),
      description: `check-jobs of ${platform} keeps failing. A platform that is down does not do that.`,
      section: 'check-errors',
      threshold: 3,
      datapoints: [2, 3],
    });
    alarm(`${node.id}SubmitErrors`, {
      metric: submitJob.metricErrors(FIVE_MINUTES),
      description: `submit-job of ${platform} fails. A refusal by the platform does not count.`,
      section: 'submit-errors',
    });
    alarm(`${node.id}FunctionsThrottled`, {
      metric: sum({
        checks: checkJobs.metricThrottles(FIVE_MINUTES),
        submits: submitJob.metricThrottles(FIVE_MINUTES),
      }),
      description: `Lambda has no room for check-jobs or submit-job of ${platform}: jobs are polled later, submits get 503.`,
      section: 'functions-throttled',
      threshold: MANY_THROTTLED_CALLS,
      datapoints: [2, 3],
    });
    alarm(`${node.id}LoopsThrottled`, {
      metric: loop.metricThrottled(FIVE_MINUTES),
      description: `Step Functions puts off state transitions of the wait-loops of ${platform}: jobs are polled later.`,
      section: 'loops-throttled',
      threshold: MANY_THROTTLED_CALLS,
      datapoints: [2, 3],
    });
  }

  #table(alarm: MakeAlarm, { table }: JobTable): void {
    const throttled = (direction: 'Read' | 'Write') => table.metric(`${direction}ThrottleEvents`, FIVE_MINUTES);
    alarm('TableThrottled', {
      metric: sum({ reads: throttled('Read'), writes: throttled('Write') }),
      description:
        'DynamoDB puts off reads or writes of the table: one connection has more jobs than its partition takes.',
      section: 'table-throttled',
      threshold: MANY_THROTTLED_READS_OR_WRITES,
      datapoints: [2, 3],
    });
  }

  /** Loops that do not run, and who looks after them. */
  #loops(alarm: MakeAlarm, reconcile: Reconcile, ours: TotalMetric): void {
    alarm('ReconcileNotRunning', {
      metric: reconcile.function.metricInvocations(FIVE_MINUTES),
      description: 'Nobody has looked after the wait-loops for ten minutes: reconcile is not called.',
      section: 'reconcile-not-running',
      datapoints: [2, 2],
      below: true,
    });
    alarm('ReconcileErrors', {
      metric: reconcile.function.metricErrors(FIVE_MINUTES),
      description: 'Reconcile fails: nobody looks after wait-loops that died.',
      section: 'reconcile-errors',
      datapoints: [2, 3],
    });
    alarm('ReconcileThrottled', {
      metric: reconcile.function.metricThrottles(FIVE_MINUTES),
      description: 'Lambda has no room for reconcile: nobody looks after wait-loops that died.',
      section: 'functions-throttled',
      datapoints: [2, 3],
    });
    alarm('ReconcileRepairs', {
      metric: ours('LoopsRepaired'),
      description: 'Reconcile keeps restarting wait-loops. Once is a crash; again and again is a cause.',
      section: 'reconcile-repairs',
      threshold: 3,
      datapoints: [2, 3],
    });
    alarm('LoopsNotRepaired', {
      metric: ours('LoopsNotRepaired'),
      description: 'A wait-loop does not run, or cannot be examined, and reconcile cannot start another.',
      section: 'loops-not-repaired',
      datapoints: [2, 3],
    });
    alarm('ReconcileDeadLetters', {
      metric: reconcile.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      description: 'A call of reconcile could not be made, or failed for good.',
      section: 'reconcile-dead-letters',
    });
  }
}

/** As one metric, for one alarm. AWS writes some of these only where there is something to count. */
function sum(metrics: Record<string, cloudwatch.IMetric>): cloudwatch.MathExpression {
  const expression = Object.keys(metrics)
    .map((name) => `FILL(${name}, 0)`)
    .join(' + ');
  return new cloudwatch.MathExpression({ expression, usingMetrics: metrics, period: FIVE_MINUTES.period });
}
