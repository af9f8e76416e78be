import { closeSync, openSync, writeSync } from 'node:fs';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { readSecret, secretProblem } from '../../shared/secrets/secret-form.ts';
import { type Connections, ConnectionsError, readConnections } from '../connections.ts';
import { consolePage } from '../console.ts';
import { startEngine } from './engine.ts';
import { EngineError } from './engine-error.ts';
import type { BusEvent } from './event-bus.ts';
import { readSecrets, type SecretValues, secretName } from './secrets.ts';
import { CONNECTION, startSimulatedPlatforms } from './simulated.ts';
import type { Simulator } from './simulators/simulator.ts';
import { readSwitches, type Switches, USAGE } from './switches.ts';

/** What the operator can put right ends with 2, a fault of ours with 1. */
const EXIT_OPERATOR = 2;
const EXIT_INTERNAL = 1;

interface Platforms {
  connections: Connections;
  secrets: SecretValues | string;
  /** Only where there is no connections file. */
  simulators?: readonly Simulator[];
  close(): Promise<void>;
}

/** Runs until SIGINT or SIGTERM. Sets the exit code. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    const switches = readSwitches(args, process.env);
    if (switches.help) process.stdout.write(USAGE);
    else await serve(switches);
  } catch (error) {
    const isOperators = error instanceof EngineError || error instanceof ConnectionsError;
    const message = error instanceof Error ? error.message : String(error);
    // One line, however many problems the connections file has.
    const line = message.replace(/:\n\s*- /, ': ').replaceAll(/\n\s*-? ?/g, '; ');
    console.error(isOperators ? `pollux: ${line}` : error);
    process.exit(isOperators ? EXIT_OPERATOR : EXIT_INTERNAL);
  }
}

async function serve(switches: Switches): Promise<void> {
  const ended = endSignal();
  // With the events on standard output, everything else must leave it alone.
  const say = (text: string) => void (switches.events === '-' ? process.stderr : process.stdout).write(`${text}\n`);
  const platforms = await readPlatforms(switches);
  const events = openEvents(switches.events);
  try {
    const { connections, secrets } = platforms;
    const engine = await startEngine({
      connections,
      secrets,
      dataDir: switches.data,
      port: switches.port,
      page: consolePage(),
      onEvent: events.write,
      log: (message) => console.error(`pollux: ${message}`),
    });
    say(`Pollux is ready at ${engine.url}`);
    say(hints(engine.url, platforms, switches));
    await ended;
    await engine.stop();
  } finally {
    await platforms.close();
    events.close();
  }
  // A remote call of a function that was cut off may still hold a socket.
  process.exit(0);
}

/** The first signal stops in good order, a second one at once. */
function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.exit(EXIT_INTERNAL);
      asked = true;
      resolve();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    // A SIGTERM to npm ends npm and its shell, and does not reach this process: it only gets another parent.
    const parent = process.ppid;
    if (process.env.npm_lifecycle_event !== undefined) {
      setInterval(() => process.ppid !== parent && !asked && onSignal(), 500).unref();
    }
    // Whoever read the events has gone: `npm start -- --events - | head -3`.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (!asked) onSignal();
    });
  });
}

async function readPlatforms({ connections: file, secrets }: Switches): Promise<Platforms> {
  if (file === undefined) return startSimulatedPlatforms();
  const connections = readConnections(file);
  const values = secrets === undefined ? undefined : readSecrets(secrets);
  const problems = Object.entries(connections).flatMap(([platform, entries]) =>
    Object.entries(entries).flatMap(([name, { secret }]) =>
      typeof secret === 'string' ? problemsWithSecret(`${platform}/${name}`, adapterOf(platform), secret, values) : [],
    ),
  );
  if (problems.length > 0) {
    throw new EngineError(`${secrets === undefined ? '' : `secrets file ${secrets}: `}${problems.join('; ')}`);
  }
  return { connections, secrets: secrets ?? {}, close: async () => {} };
}

/** Names the fields that are missing or wrong, never what they hold. */
function problemsWithSecret(
  connection: string,
  adapter: Adapter | undefined,
  secret: string,
  values: SecretValues | undefined,
): string[] {
  const needed = `the connection ${connection} needs the secret "${secret}"`;
  if (values === undefined) return [`${needed}: name the file that holds it with --secrets`];
  const name = secretName(secret);
  if (!Object.hasOwn(values, name)) return [`${needed}, which it does not hold`];
  const form = adapter?.secret ?? { fields: [] };
  const { wrong } = readSecret(form, values[name]);
  return wrong.length === 0 ? [] : [`${needed}, which ${secretProblem(form, values[name], wrong)}`];
}

function openEvents(target: string | undefined): { write(event: BusEvent): void; close(): void } {
  if (target === undefined) return { write: () => {}, close: () => {} };
  if (target === '-')
    return { write: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`), close: () => {} };
  try {
    const descriptor = openSync(target, 'a', 0o600);
    return {
      write: (event) => void writeSync(descriptor, `${JSON.stringify(event)}\n`),
      close: () => closeSync(descriptor),
    };
  } catch (cause) {
    throw new EngineError(`--events ${target}: it cannot be written (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
}

function hints(url: string, { connections, simulators }: Platforms, { events }: Switches): string {
  const names = Object.entries(connections).flatMap(([platform, entries]) =>
    Object.keys(entries).map((name) => `${platform}/${name}`),
  );
  return [
    `  console: ${url}/`,
    `  connections${simulators ? ', all simulated' : ''}: ${names.join(', ')}`,
    `  curl ${url}/v1/connections`,
    `  curl ${url}/v1/openapi.json`,
    ...(events === undefined ? ['  with --events - this also prints every event'] : []),
    ...(simulators ? ['', '  jobs to try, each once:', ...simulators.flatMap((it) => examples(url, it))] : []),
  ].join('\n');
}

/** Each works on something of its own at the simulator, so that its end is known. */
function examples(url: string, { platform, scenarios }: Simulator): string[] {
  const until = adapterOf(platform)?.capabilities.cancel ? 'canceled' : 'its deadline';
  const jobs: [string, object][] = [
    ['ends well after 20 s', scenarios.succeeds(20)],
    ['fails after 10 s', scenarios.fails(10)],
    [`runs until ${until}`, scenarios.runsForever()],
  ];
  const bodies = jobs.map(([ends, body]) => `    ${ends.padEnd(24)}-d '${JSON.stringify(body)}'`);
  return [`  curl ${url}/v1/${platform}/${CONNECTION}/jobs`, ...bodies];
}
