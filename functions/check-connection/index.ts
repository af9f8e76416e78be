import { requireConnection } from '../../shared/api/lookup.ts';
import { type ApiHandler, apiHandler } from '../../shared/lambda/http-api.ts';
import { jobFunction } from '../../shared/lambda/job-function.ts';
import { wakeAfterCheck } from '../../shared/loop/wake.ts';
import type { AdapterRuntime } from '../../shared/platforms/adapter.ts';
import { checkConnection } from './check.ts';

/**
 * `POST /v1/<platform>/{connection}/check`: logs in, asks the platform something harmless, and says what is wrong. Where
 * nothing is, polls that wait for an operator are made at once.
 */
export function handlerFor(adapter: AdapterRuntime): ApiHandler {
  const { logger, ports, secrets, connect } = jobFunction(adapter);
  return apiHandler({ logger }, async ({ params }) => {
    const connection = params.connection ?? '';
    const open = requireConnection(adapter.platform, connection, connect(connection));
    const checked = await checkConnection(open, { ...ports, secrets });
    if (checked.ok) await wakeAfterCheck(ports, { platform: adapter.platform, connection }, ports.now());
    return { status: 200, body: { platform: adapter.platform, connection, ...checked } };
  });
}
