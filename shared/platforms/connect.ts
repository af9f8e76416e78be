import { createHttpClient } from '../http/node.ts';
import { readSecret, secretProblem } from '../secrets/secret-form.ts';
import { type SecretStore, SecretUnavailable } from '../secrets/secret-store.ts';
import type { AdapterRuntime, ConnectionContext, Log, PlatformConnection } from './adapter.ts';
import { keepConfidential } from './confidential.ts';
import type { CommonOptions } from './options.ts';

export interface ConnectPorts {
  secrets: SecretStore;
  now(): number;
  random(): number;
  log: Log;
}

/** A connection of one platform, as the functions use it. */
export interface OpenConnection {
  options: CommonOptions;
  platform: PlatformConnection;
}

/**
 * The connections of one platform in this process: each is made once and keeps its session while the process lives.
 * Answers `undefined` for a name that is not configured. `configured` are options that the adapter's schema has parsed, as
 * those beside a function's code have been.
 */
export function connector(
  adapter: AdapterRuntime,
  configured: Record<string, unknown>,
  ports: ConnectPorts,
): (name: string) => OpenConnection | undefined {
  const open = new Map<string, OpenConnection>();
  return (name) => {
    const known = open.get(name);
    if (known) return known;
    if (!Object.hasOwn(configured, name)) return undefined;
    const options = configured[name] as CommonOptions;
    const platform = keepConfidential(contextOf(adapter, name, options, ports), (context) => adapter.connect(context));
    const connection = { options, platform };
    open.set(name, connection);
    return connection;
  };
}

function contextOf(
  adapter: AdapterRuntime,
  name: string,
  options: CommonOptions,
  ports: ConnectPorts,
): ConnectionContext<unknown, unknown> {
  return {
    name: `${adapter.platform}/${name}`,
    options,
    http: createHttpClient(options),
    now: ports.now,
    random: ports.random,
    log: ports.log,
    secret: async (fresh) => {
      if (options.secret === undefined || adapter.secret === undefined) return undefined;
      const value = await ports.secrets.get(options.secret, fresh);
      const { secret, wrong } = readSecret(adapter.secret, value);
      if (wrong.length === 0) return secret;
      throw new SecretUnavailable(
        `the secret "${options.secret}" of ${adapter.platform}/${name} ${secretProblem(adapter.secret, value, wrong)}: correct the secret`,
      );
    },
  };
}
