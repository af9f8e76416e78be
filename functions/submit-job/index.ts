import { randomUUID } from 'node:crypto';
import { requireConnection } from '../../shared/api/lookup.ts';
import { parseSubmit } from '../../shared/api/requests.ts';
import { present } from '../../shared/job/present.ts';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { type ApiHandler, type ApiResponse, apiHandler } from '../../shared/lambda/http-api.ts';
import { asLog, createLogger } from '../../shared/lambda/logger.ts';
import { createMetrics } from '../../shared/lambda/metrics.ts';
import { StepFunctionsExecutions } from '../../shared/loop/executions.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { SecretsManagerStore } from '../../shared/secrets/secrets-manager.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { type Submission, type SubmitPorts, submitJob } from './submit.ts';

/** `POST /v1/<platform>/{connection}/jobs`: submits a job to the platform, or adopts one that runs there already. */
export function handlerFor(adapter: Adapter): ApiHandler {
  const logger = createLogger();
  const metrics = createMetrics();
  const log = asLog(logger);
  const shared = { now: Date.now, random: Math.random, log };
  const connect = connector(adapter, connectionsBesideCode()[adapter.platform] ?? {}, {
    ...shared,
    secrets: new SecretsManagerStore(),
  });
  const ports: SubmitPorts = {
    ...shared,
    store: new DynamoStore(variable('POLLUX_TABLE')),
    executions: new StepFunctionsExecutions(() => variable('POLLUX_LOOP_ARN')),
    metrics,
  };
  return apiHandler({ logger, metrics }, async (request) => {
    const name = request.params.connection ?? '';
    const connection = requireConnection(adapter.platform, name, connect(name));
    const submit = parseSubmit(adapter, request.json());
    const submission: Submission = {
      ...submit,
      of: { platform: adapter.platform, connection: name },
      idempotencyKey: request.header('idempotency-key'),
      submitter: request.requestId || randomUUID(),
    };
    return answer(await submitJob(ports, adapter, connection, submission));
  });
}

function answer({ job, isNew, firstLookSeconds }: Awaited<ReturnType<typeof submitJob>>): ApiResponse {
  const location = `/v1/${job.platform}/${job.connection}/jobs/${job.id}`;
  if (!isNew) return { status: 200, headers: { location }, body: present(job) };
  return { status: 202, headers: { location, 'retry-after': String(firstLookSeconds) }, body: present(job) };
}
