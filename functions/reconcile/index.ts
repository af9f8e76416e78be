import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { EventBridgeBus } from '../../shared/events/eventbridge.ts';
import { keepFinishedSeconds } from '../../shared/job/retention.ts';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { asLog, createLogger } from '../../shared/lambda/logger.ts';
import { createMetrics } from '../../shared/lambda/metrics.ts';
import { failedExecution } from '../../shared/loop/execution-events.ts';
import { StepFunctionsCallbacks, StepFunctionsExecutions } from '../../shared/loop/executions.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { type Repair, reconcile, reconcileFailed } from './reconcile.ts';
import { retire } from './retire.ts';

/** Left of the function's time when no further connection is begun: for those under way, and for the metrics. */
const MARGIN_MS = 5_000;

const logger = createLogger();
const metrics = createMetrics();
const loops = JSON.parse(variable('POLLUX_LOOPS')) as Record<string, string>;
const platformOf = (arn: string) => Object.keys(loops).find((platform) => loops[platform] === arn);
const configured = connectionsBesideCode();
const connections = Object.entries(configured).flatMap(([platform, names]) =>
  Object.keys(names).map((connection) => ({ platform, connection })),
);
const ports = {
  store: new DynamoStore(variable('POLLUX_TABLE')),
  executions: new StepFunctionsExecutions((platform) => loops[platform]!),
  log: asLog(logger),
  metrics,
  now: Date.now,
  random: Math.random,
};
/** For the jobs of connections that were removed: nobody else is left to end and announce them. */
const lastSteps = {
  ...ports,
  bus: new EventBridgeBus(variable('POLLUX_BUS'), ports.log),
  callbacks: new StepFunctionsCallbacks(ports.log),
  keepFinishedSeconds: keepFinishedSeconds(),
};

/**
 * Every minute: is each connection's loop alive, and does every job have one? And for an execution that has failed: its
 * connection alone, at once.
 */
async function repairs(event: unknown, context: Context): Promise<Repair[]> {
  const failed = failedExecution(event, platformOf);
  if (failed === undefined) {
    const endBy = Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS;
    const done = await reconcile(ports, connections, endBy);
    await retire(lastSteps, connections, endBy);
    return done;
  }
  // A connection that is configured no more has nobody to poll its jobs.
  const known = Object.hasOwn(configured[failed.platform] ?? {}, failed.connection);
  return known ? reconcileFailed(ports, failed) : [];
}

export const handler = middy<unknown, { repairs: Repair[] }>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .use({ after: () => metrics.flush(), onError: () => metrics.flush() })
  .handler(async (event, context) => ({ repairs: await repairs(event, context) })) as unknown as (
  event: unknown,
  context: Context,
) => Promise<{ repairs: Repair[] }>;
