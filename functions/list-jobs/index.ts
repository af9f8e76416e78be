import { requireConnection } from '../../shared/api/lookup.ts';
import { listQuery, validated } from '../../shared/api/requests.ts';
import { present } from '../../shared/job/present.ts';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { apiHandler } from '../../shared/lambda/http-api.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';

const store = new DynamoStore(variable('POLLUX_TABLE'));
const connections = connectionsBesideCode();

/** `GET /v1/{platform}/{connection}/jobs`: the connection's jobs, newest first, a page at a time. */
export const handler = apiHandler({ logger: createLogger() }, async ({ params, query }) => {
  const { platform = '', connection = '' } = params;
  requireConnection(platform, connection, connections[platform]?.[connection]);
  const page = await store.listJobs({ platform, connection }, validated(listQuery, query));
  return { status: 200, body: { jobs: page.jobs.map(present), ...(page.cursor && { cursor: page.cursor }) } };
});
