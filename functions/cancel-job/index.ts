import { requireConnection } from '../../shared/api/lookup.ts';
import { present } from '../../shared/job/present.ts';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { type ApiHandler, apiHandler } from '../../shared/lambda/http-api.ts';
import { asLog, createLogger } from '../../shared/lambda/logger.ts';
import { StepFunctionsExecutions } from '../../shared/loop/executions.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { SecretsManagerStore } from '../../shared/secrets/secrets-manager.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { cancelJob } from './cancel.ts';

/** `POST /v1/<platform>/{connection}/jobs/{id}/cancel`: asks the platform to cancel; the loop sees what comes of it. */
export function handlerFor(adapter: Adapter): ApiHandler {
  const logger = createLogger();
  const shared = { now: Date.now, random: Math.random, log: asLog(logger) };
  const ports = {
    ...shared,
    store: new DynamoStore(variable('POLLUX_TABLE')),
    executions: new StepFunctionsExecutions(() => variable('POLLUX_LOOP_ARN')),
  };
  const connections = connectionsBesideCode()[adapter.platform] ?? {};
  const connect = connector(adapter, connections, { ...shared, secrets: new SecretsManagerStore() });
  return apiHandler({ logger }, async ({ params }) => {
    const name = params.connection ?? '';
    const connection = requireConnection(adapter.platform, name, connect(name));
    const of = { platform: adapter.platform, connection: name };
    const job = await cancelJob(ports, connection.platform, of, params.id ?? '');
    return { status: 202, headers: { location: `/v1/${of.platform}/${name}/jobs/${job.id}` }, body: present(job) };
  });
}
