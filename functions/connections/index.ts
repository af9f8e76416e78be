import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { apiHandler } from '../../shared/lambda/http-api.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import type { ConnectionCapabilities } from '../../shared/platforms/adapter.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { healthOf, type LoopItem } from '../../shared/store/loop-item.ts';
import type { ConnectionRef } from '../../shared/store/store.ts';

const store = new DynamoStore(variable('POLLUX_TABLE'));
const known = connectionsBesideCode() as Record<string, Record<string, ConnectionCapabilities>>;
const configured = Object.entries(known).flatMap(([platform, connections]) =>
  Object.entries(connections).map(([connection, capabilities]) => ({ of: { platform, connection }, capabilities })),
);

/** `GET /v1/connections`: what is configured, whether it answers, and what its wait-loop does. */
export const handler = apiHandler({ logger: createLogger() }, async () => {
  const connections = await Promise.all(
    configured.map(async ({ of, capabilities }) => view(of, capabilities, await store.getLoop(of))),
  );
  return { status: 200, body: { connections } };
});

function view(of: ConnectionRef, capabilities: ConnectionCapabilities, loop: LoopItem) {
  const { status, since, reason } = healthOf(loop);
  const open = loop.state === 'open';
  return {
    ...of,
    capabilities,
    health: status,
    ...(since > 0 && { healthSince: new Date(since).toISOString() }),
    ...(reason !== undefined && { healthReason: reason }),
    loop: {
      state: loop.state,
      epoch: loop.epoch,
      ...(loop.heartbeatAt > 0 && { lastTickAt: new Date(loop.heartbeatAt).toISOString() }),
      ...(open && { nextTickAt: new Date(loop.wakeAt).toISOString() }),
    },
  };
}
