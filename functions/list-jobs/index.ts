import { listQuery } from '../../shared/api/list-query.ts';
import { requireConfigured } from '../../shared/api/lookup.ts';
import { pageView } from '../../shared/api/page.ts';
import { validated } from '../../shared/api/validated.ts';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { apiHandler } from '../../shared/lambda/http-api.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';

const store = new DynamoStore(variable('POLLUX_TABLE'));
const connections = connectionsBesideCode();

/** `GET /v1/{platform}/{connection}/jobs`: the connection's jobs, newest first, a page at a time. */
export const handler = apiHandler({ logger: createLogger() }, async ({ params, query }) => {
  const { platform = '', connection = '' } = params;
  requireConfigured(connections, { platform, connection });
  return { status: 200, body: pageView(await store.listJobs({ platform, connection }, validated(listQuery, query))) };
});
