import { randomUUID } from 'node:crypto';
import { requireConnection } from '../../shared/api/lookup.ts';
import { parseSubmit } from '../../shared/api/requests.ts';
import { present } from '../../shared/job/present.ts';
import { keepFinishedSeconds } from '../../shared/job/retention.ts';
import { type ApiHandler, type ApiResponse, apiHandler } from '../../shared/lambda/http-api.ts';
import { jobFunction } from '../../shared/lambda/job-function.ts';
import { createMetrics } from '../../shared/lambda/metrics.ts';
import { cachedStats } from '../../shared/loop/statistics.ts';
import type { AdapterRuntime, RequestSchemas } from '../../shared/platforms/adapter.ts';
import { type Submission, type SubmitPorts, submitJob } from './submit.ts';

/** `POST /v1/<platform>/{connection}/jobs`: submits a job to the platform, or adopts one that runs there already. */
export function handlerFor(adapter: AdapterRuntime & RequestSchemas): ApiHandler {
  const metrics = createMetrics();
  const { logger, ports: shared, connect, names, siblings } = jobFunction(adapter);
  const ports: SubmitPorts = {
    ...shared,
    metrics,
    keepFinishedSeconds: keepFinishedSeconds(),
    stats: cachedStats({ ...shared, siblings }),
  };
  return apiHandler({ logger, metrics }, async (request) => {
    const name = request.params.connection ?? '';
    const connection = requireConnection(adapter.platform, name, connect(name), names);
    const submit = parseSubmit(adapter, request.json());
    const submission: Submission = {
      ...submit,
      of: { platform: adapter.platform, connection: name },
      idempotencyKey: request.header('idempotency-key'),
      submitter: request.requestId || randomUUID(),
    };
    return answer(await submitJob({ ...ports, endBy: request.endBy }, adapter, connection, submission));
  });
}

/** Where nothing is ever looked at (reported jobs), a caller that polls is asked to be this patient. */
const MAX_RETRY_AFTER_SECONDS = 60;

function answer({ job, isNew, firstLookSeconds }: Awaited<ReturnType<typeof submitJob>>): ApiResponse {
  const location = `/v1/${job.platform}/${job.connection}/jobs/${job.id}`;
  if (!isNew) return { status: 200, headers: { location }, body: present(job) };
  return {
    status: 202,
    headers: { location, 'retry-after': String(Math.min(firstLookSeconds, MAX_RETRY_AFTER_SECONDS)) },
    body: present(job),
  };
}
