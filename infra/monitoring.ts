import { Aws, Duration } from 'aws-cdk-lib';
import type * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../shared/observe/metrics.ts';
import type { Platform } from './platform.ts';
import type { Reconcile } from './reconcile.ts';

export interface MonitoringProps {
  platforms: readonly Platform[];
  reconcile: Reconcile;
  api: apigatewayv2.HttpApi;
  /** What an alarm does; an alarm without an action is still seen in the console. */
  alarmActions: readonly cloudwatch.IAlarmAction[];
}

interface AlarmOn {
  metric: cloudwatch.Metric | cloudwatch.MathExpression;
  /** What it means and what to look at first. */
  description: string;
  threshold?: number;
  /** How many of the last `evaluationPeriods` periods must be bad. */
  datapoints?: readonly [bad: number, of: number];
}

const FIVE_MINUTES = { period: Duration.minutes(5), statistic: 'Sum' } as const;

/**
 * A metric that the functions write themselves, over all connections of this stack, whose name is their service. A query,
 * because an alarm on a plain metric names every dimension, and would be needed once for each connection.
 */
function ownMetric(name: MetricName): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `SELECT SUM(${name}) FROM Pollux WHERE service = '${Aws.STACK_NAME}'`,
    label: name,
    period: FIVE_MINUTES.period,
  });
}

/** Alarms for what Pollux cannot repair itself, or repairs too often. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const alarm = (id: string, on: AlarmOn) => {
      const [datapointsToAlarm, evaluationPeriods] = on.datapoints ?? [1, 1];
      const made = new cloudwatch.Alarm(this, id, {
        metric: on.metric,
        alarmDescription: on.description,
        threshold: on.threshold ?? 1,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        datapointsToAlarm,
        evaluationPeriods,
        // No loop, no call, no number: silence is health.
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
      made.addAlarmAction(...props.alarmActions);
    };

    for (const { node, platform, loop, checkJobs, submitJob } of props.platforms) {
      alarm(`${node.id}LoopFailed`, {
        metric: loop.metricFailed(FIVE_MINUTES),
        description: `A wait-loop of ${platform} failed after its retries. Reconcile starts another: see its last error.`,
      });
      alarm(`${node.id}CheckErrors`, {
        metric: checkJobs.metricErrors(FIVE_MINUTES),
        description: `check-jobs of ${platform} keeps failing. A platform that is down does not do that: see its log.`,
        threshold: 3,
        datapoints: [2, 3],
      });
      alarm(`${node.id}SubmitErrors`, {
        metric: submitJob.metricErrors(FIVE_MINUTES),
        description: `submit-job of ${platform} fails. A refusal by the platform does not count: see its log.`,
      });
    }
    alarm('ReconcileErrors', {
      metric: props.reconcile.function.metricErrors(FIVE_MINUTES),
      description: 'Nobody looks after loops that died: see the log of reconcile.',
      datapoints: [2, 3],
    });
    alarm('ReconcileRepairs', {
      metric: ownMetric('LoopsRepaired'),
      description:
        'Reconcile keeps repairing loops. Once is a crash; again and again is a cause: see failed executions.',
      threshold: 3,
      datapoints: [2, 3],
    });
    alarm('ReconcileDeadLetters', {
      metric: props.reconcile.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      description: 'A call of reconcile could not be made: see the messages in the queue.',
    });
    alarm('PublishFailures', {
      metric: ownMetric('PublishFailures'),
      description:
        'Events of finished jobs do not reach the bus. They are kept and repeated: see the log of check-jobs.',
      datapoints: [2, 3],
    });
    alarm('ConnectionsDown', {
      metric: ownMetric('ConnectionsDown'),
      description:
        'An endpoint has not answered for a quarter of an hour: GET /v1/connections names it, and its last error.',
      datapoints: [3, 3],
    });
    alarm('ApiServerErrors', {
      metric: props.api.metricServerError(FIVE_MINUTES),
      description: 'The API answers 5xx: see integrationError in the access log.',
      threshold: 5,
    });
  }
}
