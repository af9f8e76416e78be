import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { asLog, createLogger } from '../../shared/lambda/logger.ts';
import { createMetrics } from '../../shared/lambda/metrics.ts';
import { StepFunctionsExecutions } from '../../shared/loop/executions.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { type Repair, reconcile } from './reconcile.ts';

const logger = createLogger();
const metrics = createMetrics();
const loops = JSON.parse(variable('POLLUX_LOOPS')) as Record<string, string>;
const connections = Object.entries(connectionsBesideCode()).flatMap(([platform, names]) =>
  Object.keys(names).map((connection) => ({ platform, connection })),
);
const ports = {
  store: new DynamoStore(variable('POLLUX_TABLE')),
  executions: new StepFunctionsExecutions((platform) => loops[platform]!),
  log: asLog(logger),
  metrics,
  now: Date.now,
};

/** Every minute: is each connection's loop alive, and does every job have one? */
export const handler = middy<unknown, { repairs: Repair[] }>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .use({ after: () => metrics.flush(), onError: () => metrics.flush() })
  .handler(async () => ({ repairs: await reconcile(ports, connections) })) as unknown as (
  event: unknown,
  context: Context,
) => Promise<{ repairs: Repair[] }>;
