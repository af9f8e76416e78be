import { matchesTag } from '../../shared/api/entity-tag.ts';
import { requireConfigured, requireJob } from '../../shared/api/lookup.ts';
import { presentWithTimeline } from '../../shared/job/present.ts';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { apiHandler } from '../../shared/lambda/http-api.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';

const store = new DynamoStore(variable('POLLUX_TABLE'));
const connections = connectionsBesideCode();

/** `GET /v1/{platform}/{connection}/jobs/{id}`: one job, as of its last look. */
export const handler = apiHandler({ logger: createLogger() }, async ({ params, header }) => {
  const { platform = '', connection = '', id = '' } = params;
  requireConfigured(connections, { platform, connection });
  const job = await requireJob(store, { platform, connection }, id);
  const etag = `"${job.rev}"`;
  if (matchesTag(header('if-none-match'), etag)) return { status: 304, headers: { etag } };
  return { status: 200, headers: { etag }, body: presentWithTimeline(job) };
});
