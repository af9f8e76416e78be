import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { didYouMean, oneOf } from '../shared/api/did-you-mean.ts';
import { fieldErrors } from '../shared/api/issues.ts';
import type { Adapter } from '../shared/platforms/adapter.ts';
import { adapters as allAdapters } from '../shared/platforms/registry.ts';
import type { PolluxConnections } from './connection-options.ts';

/** `{ "<platform>": { "<connection>": { …options } } }` */
export type Connections = Record<string, Record<string, ConnectionOptions>>;
/** Validated, with `caFile` read into `ca`. */
export type CheckedConnections = Connections & PolluxConnections;
export type ConnectionOptions = Record<string, unknown>;

/** A connection's name is a path segment and, with the epoch behind it, the name of a Step Functions execution (80). */
export const CONNECTION_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;

/**
 * What Secrets Manager allows in a name. Checked because the name becomes part of a policy's resource, where a `*` or a `?`
 * would open other secrets.
 */
const SECRET = /^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}$/;

const SHAPE = 'must be an object: { "<platform>": { "<connection>": { …options } } }';

/** More than fit on a screen, which is more than are mended at once. */
const MAX_SHOWN_PROBLEMS = 50;
/** Of a key in a message. */
const MAX_SHOWN_KEY = 100;

/** Lists every problem of connections, each with its JSON path and what is allowed there. */
export class ConnectionsError extends Error {
  override name = 'ConnectionsError';
  /** The file, or what else they were given as. */
  readonly source: string;
  readonly problems: readonly string[];

  constructor(source: string, problems: readonly string[], options?: { cause?: unknown }) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    const shown = problems.slice(0, MAX_SHOWN_PROBLEMS).map((problem) => `  - ${problem}`);
    const more = problems.length > shown.length ? [`  … and ${problems.length - shown.length} more`] : [];
    super(`${source} has ${count}:\n${[...shown, ...more].join('\n')}`, options);
    this.source = source;
    this.problems = problems;
  }
}

type Report = (path: readonly PropertyKey[], message: string) => void;

/**
 * Reads and checks a connections file. Throws `ConnectionsError`.
 *
 * @internal
 */
export function readConnections(path: string, adapters: readonly Adapter[] = allAdapters): CheckedConnections {
  return checkConnections(parse(path), { source: path, folder: dirname(resolve(path)) }, adapters);
}

/**
 * Checks connections; `folder` is where relative paths in them start. Throws `ConnectionsError`.
 *
 * @internal
 */
export function checkConnections(
  given: unknown,
  { source, folder }: { source: string; folder: string },
  adapters: readonly Adapter[] = allAdapters,
): CheckedConnections {
  if (!isObject(given)) throw new ConnectionsError(source, [SHAPE]);
  const problems: string[] = [];
  const report: Report = (at, message) => problems.push(`${jsonPath(at)}: ${message}`);
  const connections: Connections = {};
  for (const [platform, entries] of Object.entries(given)) {
    if (platform === '$schema') continue;
    const adapter = adapters.find((candidate) => candidate.platform === platform);
    if (!adapter) {
      const names = adapters.map((known) => known.platform);
      report([platform], `no such platform; ${didYouMean(platform, names)}it must be ${oneOf(names)}`);
    } else if (!isObject(entries)) {
      report([platform], 'must be an object of connections: { "<name>": { …options } }');
    } else {
      const checked: Record<string, ConnectionOptions> = {};
      for (const [name, options] of Object.entries(entries)) {
        const valid = checkConnection(adapter, name, options, folder, report);
        if (valid) checked[name] = valid;
      }
      // A platform without a connection is as good as one left out.
      if (Object.keys(checked).length > 0) connections[platform] = checked;
    }
  }
  if (problems.length === 0 && Object.keys(connections).length === 0) {
    report([], 'no connection in it; copy one from connections.example.json');
  }
  if (problems.length > 0) throw new ConnectionsError(source, problems);
  return connections as CheckedConnections;
}

function parse(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConnectionsError(path, [`cannot be read (${(cause as NodeJS.ErrnoException).code ?? cause})`], { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConnectionsError(path, [`not JSON: ${(cause as Error).message}`], { cause });
  }
}

function checkConnection(
  adapter: Adapter,
  name: string,
  given: unknown,
  folder: string,
  report: Report,
): ConnectionOptions | undefined {
  const at = [adapter.platform, name];
  if (!CONNECTION_NAME.test(name)) {
    report(at, 'a connection name is 1 to 60 letters, digits, _ and -, and starts with a letter or a digit');
  }
  if (!isObject(given)) {
    report(at, 'must be an object of options');
    return undefined;
  }
  const { caFile, ...rest } = given;
  const options = caFile === undefined ? rest : { ...rest, ca: readAuthorities(caFile, given, folder, at, report) };
  const parsed = parseOptions(adapter, options, at, report);
  checkSecret(adapter, given.secret, at, report);
  return parsed;
}

function parseOptions(
  adapter: Adapter,
  options: ConnectionOptions,
  at: readonly string[],
  report: Report,
): ConnectionOptions | undefined {
  try {
    const parsed = adapter.options.safeParse(options);
    for (const issue of parsed.error?.issues ?? []) reportIssue(issue, adapter, options, at, report);
    return parsed.data as ConnectionOptions | undefined;
  } catch (error) {
    // A refinement that throws (on what another rule refused already, say) must not hide the file's other problems.
    report(at, `cannot be checked: ${(error as Error).message}`);
    return undefined;
  }
}

/** The file's text travels with the functions, so that they trust what the operator's machine trusts. */
function readAuthorities(
  caFile: unknown,
  given: ConnectionOptions,
  folder: string,
  at: readonly string[],
  report: Report,
): string {
  const placeholder = '-----BEGIN CERTIFICATE-----';
  if (typeof caFile !== 'string' || caFile === '') {
    report([...at, 'caFile'], 'must be the path of a PEM file, relative to this file');
    return placeholder;
  }
  if (given.ca !== undefined) report([...at, 'caFile'], 'give either caFile or ca, not both');
  const file = resolve(folder, caFile);
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('PRIVATE KEY-----')) {
      report([...at, 'caFile'], `${file} holds a private key; only certificates belong in it`);
    } else if (text.includes(placeholder)) {
      return text;
    } else {
      report([...at, 'caFile'], `${file} holds no PEM certificate (${placeholder})`);
    }
  } catch (error) {
    report([...at, 'caFile'], `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`);
  }
  return placeholder;
}

function checkSecret(adapter: Adapter, secret: unknown, at: readonly string[], report: Report): void {
  if (secret === undefined && adapter.secret) {
    const fields = adapter.secret.fields.map((name) => `"${name}"`);
    report([...at, 'secret'], `missing; it names the Secrets Manager secret with ${fields.join(' and ')}`);
  } else if (typeof secret === 'string' && secret !== '' && !SECRET.test(secret)) {
    report([...at, 'secret'], "must be a secret's name (letters, digits and /_+=.@-) or its ARN");
  }
}

function reportIssue(
  issue: z.core.$ZodIssue,
  adapter: Adapter,
  options: ConnectionOptions,
  at: readonly string[],
  report: Report,
): void {
  if (issue.code !== 'unrecognized_keys') {
    // What a secret is for is said by the check of the secret.
    if (issue.path[0] === 'secret' && options.secret === undefined) return;
    for (const { message } of fieldErrors(adapter.options, options, [issue])) report([...at, ...issue.path], message);
    return;
  }
  const known = issue.path.length === 0 ? optionNames(adapter.options) : [];
  for (const key of issue.keys) {
    const allowed = known.length > 0 ? `; ${didYouMean(key, known)}allowed are ${known.join(', ')}` : '';
    report([...at, ...issue.path, key], `no such option${allowed}`);
  }
}

/** The keys that a schema takes, also where it is a choice between several shapes. */
function optionNames(schema: z.core.$ZodType): string[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const shapes = [json, ...(json.oneOf ?? []), ...(json.anyOf ?? []), ...(json.allOf ?? [])];
  return [...new Set(shapes.flatMap((shape) => Object.keys(Object(shape).properties ?? {})))];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonPath(path: readonly PropertyKey[]): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    const name = String(key).length > MAX_SHOWN_KEY ? `${String(key).slice(0, MAX_SHOWN_KEY)}…` : String(key);
    return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  });
  return `$${steps.join('')}`;
}
