import { StepFunctionsExecutions } from '../loop/executions.ts';
import { pause } from '../loop/patience.ts';
import type { AdapterRuntime } from '../platforms/adapter.ts';
import { connector } from '../platforms/connect.ts';
import { ledgersIn } from '../platforms/login-ledger.ts';
import { SecretsManagerStore } from '../secrets/secrets-manager.ts';
import { DynamoStore } from '../store/dynamodb.ts';
import type { ConnectionRef } from '../store/store.ts';
import { connectionsBesideCode, variable } from './environment.ts';
import { asLog, createLogger } from './logger.ts';

/** What the functions that work on one platform's jobs are made of, from the environment that the stack gives them. */
export function jobFunction(adapter: AdapterRuntime) {
  const logger = createLogger();
  const shared = { now: Date.now, random: Math.random, log: asLog(logger) };
  const connections = connectionsBesideCode()[adapter.platform] ?? {};
  const secrets = new SecretsManagerStore();
  const store = new DynamoStore(variable('POLLUX_TABLE'));
  return {
    logger,
    /** Of the platform's connections. */
    names: Object.keys(connections),
    siblings: siblingsIn(adapter.platform, connections),
    secrets,
    connect: connector(adapter, connections, { ...shared, secrets, logins: ledgersIn(store) }),
    ports: {
      ...shared,
      pause,
      store,
      executions: new StepFunctionsExecutions(() => variable('POLLUX_LOOP_ARN')),
    },
  };
}

/** The platform's connections: what one of them has learned is another's first estimate. */
export function siblingsIn(platform: string, connections: object): (of: ConnectionRef) => ConnectionRef[] {
  const all = Object.keys(connections).map((connection) => ({ platform, connection }));
  return (of) => all.filter(({ connection }) => connection !== of.connection);
}
