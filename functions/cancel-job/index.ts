import { requireConnection } from '../../shared/api/lookup.ts';
import { present } from '../../shared/job/present.ts';
import { type ApiHandler, apiHandler } from '../../shared/lambda/http-api.ts';
import { jobFunction } from '../../shared/lambda/job-function.ts';
import type { AdapterRuntime } from '../../shared/platforms/adapter.ts';
import { cancelJob } from './cancel.ts';

/** `POST /v1/<platform>/{connection}/jobs/{id}/cancel`: asks the platform to cancel; the loop sees what comes of it. */
export function handlerFor(adapter: AdapterRuntime): ApiHandler {
  const { logger, ports, connect, names } = jobFunction(adapter);
  return apiHandler({ logger }, async ({ params, endBy }) => {
    const name = params.connection ?? '';
    const { platform } = requireConnection(adapter.platform, name, connect(name), names);
    const of = { platform: adapter.platform, connection: name };
    const job = await cancelJob({ ...ports, endBy }, platform, of, params.id ?? '');
    return { status: 202, headers: { location: `/v1/${of.platform}/${name}/jobs/${job.id}` }, body: present(job) };
  });
}
