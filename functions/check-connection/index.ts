import { requireConnection } from '../../shared/api/lookup.ts';
import { connectionsBesideCode } from '../../shared/lambda/environment.ts';
import { type ApiHandler, apiHandler } from '../../shared/lambda/http-api.ts';
import { asLog, createLogger } from '../../shared/lambda/logger.ts';
import type { AdapterRuntime } from '../../shared/platforms/adapter.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { SecretsManagerStore } from '../../shared/secrets/secrets-manager.ts';
import { checkConnection } from './check.ts';

/** `POST /v1/<platform>/{connection}/check`: logs in, asks the platform something harmless, and says what is wrong. */
export function handlerFor(adapter: AdapterRuntime): ApiHandler {
  const logger = createLogger();
  const secrets = new SecretsManagerStore();
  const ports = { now: Date.now, random: Math.random, log: asLog(logger), secrets };
  const connect = connector(adapter, connectionsBesideCode()[adapter.platform] ?? {}, ports);
  return apiHandler({ logger }, async ({ params }) => {
    const connection = params.connection ?? '';
    const open = requireConnection(adapter.platform, connection, connect(connection));
    const checked = await checkConnection(open, ports);
    return { status: 200, body: { platform: adapter.platform, connection, ...checked } };
  });
}
