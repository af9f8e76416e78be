import { requireConfigured } from '../../shared/api/lookup.ts';
import type { PlanLimits } from '../../shared/job/schedule/plan.ts';
import { summaryOf } from '../../shared/job/schedule/summary.ts';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { apiHandler } from '../../shared/lambda/http-api.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';

const store = new DynamoStore(variable('POLLUX_TABLE'));
/** What bounds each connection's plans. */
const connections = connectionsBesideCode() as Record<string, Record<string, PlanLimits>>;

const HORIZON_SECONDS = 86_400;

/** `GET /v1/{platform}/{connection}/operations`: how long each operation takes there, and when its jobs are looked at. */
export const handler = apiHandler({ logger: createLogger() }, async ({ params }) => {
  const { platform = '', connection = '' } = params;
  requireConfigured(connections, { platform, connection });
  const limits = connections[platform]![connection]!;
  const known = await store.listStats({ platform, connection });
  const operations = [...known].map(([operation, { stats }]) => ({
    operation,
    ...summaryOf(stats, limits, HORIZON_SECONDS),
  }));
  return { status: 200, body: { operations } };
});
