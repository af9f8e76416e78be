import { createHttpClient } from '../http/node.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { ConnectionRef } from '../store/store.ts';
import type { AdapterRuntime, ConnectionContext, Credentials, Log, PlatformConnection } from './adapter.ts';
import { keepConfidential } from './confidential.ts';
import { ConnectionSecret } from './connection-secret.ts';
import type { LoginLedger } from './login-ledger.ts';
import type { CommonOptions } from './options.ts';

export interface ConnectPorts {
  secrets: SecretStore;
  /** Shared by all instances that log in to the connection; absent where there is one only. */
  logins?(of: ConnectionRef): LoginLedger;
  pause?(milliseconds: number): Promise<unknown>;
  now(): number;
  random(): number;
  log: Log;
}

/** A connection of one platform, as the functions use it. */
export interface OpenConnection {
  options: CommonOptions;
  platform: PlatformConnection;
  /** Absent where the platform needs no secret. */
  credentials?: Credentials;
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
    const connection = openConnection(adapter, name, options, ports);
    open.set(name, connection);
    return connection;
  };
}

function openConnection(
  adapter: AdapterRuntime,
  name: string,
  options: CommonOptions,
  ports: ConnectPorts,
): OpenConnection {
  const fullName = `${adapter.platform}/${name}`;
  const secret =
    options.secret === undefined || adapter.secret === undefined
      ? undefined
      : new ConnectionSecret(fullName, { ...options, secret: options.secret }, adapter.secret, ports);
  const logins = ports.logins?.({ platform: adapter.platform, connection: name });
  let renew = () => {};
  const platform = keepConfidential(contextOf(fullName, options, secret, ports, logins), (context) => {
    let inner = adapter.connect(context);
    renew = () => {
      inner = adapter.connect(context);
    };
    return forwarding(() => inner);
  });
  if (secret === undefined) return { options, platform };
  const credentials: Credentials = {
    inUse: () => secret.inUse(),
    stored: () => secret.stored(),
    renew: (stored) => {
      secret.use(stored);
      renew();
    },
  };
  return { options, platform, credentials };
}

const METHODS = ['intent', 'submit', 'adopt', 'check', 'cancel', 'report', 'probe', 'findSubmitted'] as const;

/** The connection that there is now, under the one name that everybody holds. All of an adapter's have the same methods. */
function forwarding(current: () => PlatformConnection): PlatformConnection {
  const there = METHODS.filter((name) => current()[name] !== undefined);
  const forward = (name: (typeof METHODS)[number]) => [
    name,
    (...args: unknown[]) => (current() as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args),
  ];
  return Object.fromEntries(there.map(forward)) as unknown as PlatformConnection;
}

function contextOf(
  name: string,
  options: CommonOptions,
  secret: ConnectionSecret | undefined,
  ports: ConnectPorts,
  logins: LoginLedger | undefined,
): ConnectionContext<unknown, unknown> {
  return {
    name,
    options,
    http: createHttpClient(options),
    now: ports.now,
    random: ports.random,
    log: ports.log,
    ...(logins && { logins }),
    ...(ports.pause && { pause: ports.pause }),
    secret: async (fresh) => secret?.get(fresh),
    versionOf: (value) => secret?.versionOf(value),
  };
}
