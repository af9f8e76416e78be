import { requireConnection } from '../../shared/api/lookup.ts';
import { reportRequest } from '../../shared/api/report.ts';
import { validated } from '../../shared/api/validated.ts';
import { present } from '../../shared/job/present.ts';
import { type ApiHandler, apiHandler } from '../../shared/lambda/http-api.ts';
import { jobFunction } from '../../shared/lambda/job-function.ts';
import type { AdapterRuntime, Report } from '../../shared/platforms/adapter.ts';
import { reportJob } from './report.ts';

/** `POST /v1/<platform>/{connection}/jobs/{id}/report`: what a worker says of its job. */
export function handlerFor(adapter: AdapterRuntime): ApiHandler {
  const { logger, ports, connect, names } = jobFunction(adapter);
  return apiHandler({ logger }, async ({ params, json, endBy }) => {
    const name = params.connection ?? '';
    const { platform } = requireConnection(adapter.platform, name, connect(name), names);
    const report = validated(reportRequest, json()) as Report;
    const of = { platform: adapter.platform, connection: name };
    const job = await reportJob({ ...ports, endBy }, adapter, platform, of, params.id ?? '', report);
    return { status: 200, body: present(job) };
  });
}
