import { didYouMean, oneOf } from '../api/did-you-mean.ts';

/** What a key of a filter takes: these values, any texts, names of connections, or lists of texts by label. */
type Takes = readonly string[] | 'texts' | 'connections' | 'labels';
export type FilterShape<Key extends string = string> = Readonly<Record<Key, Takes>>;

/** Which connections a filter is about. */
export interface PlaceFilter {
  platforms?: readonly string[];
  connections?: readonly string[];
}

/** A name, alone or behind that of its platform. */
const CONNECTION = /^[^/]+(\/[^/]+)?$/;

/** What is wrong with a filter by itself: a rule made of it would match nothing, or more than it says. */
export function filterProblems(filter: unknown, shape: FilterShape): string[] {
  if (!isObject(filter)) return ['a filter is an object of lists, as { statuses: ["FAILED"] }'];
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  const problems = given.flatMap(([key, value]) => {
    const takes = Object.hasOwn(shape, key) ? shape[key]! : undefined;
    if (takes === undefined) {
      const keys = Object.keys(shape);
      return [`"${key}": no such key; ${didYouMean(key, keys)}it must be ${oneOf(keys)}`];
    }
    return takes === 'labels' ? labelProblems(value) : listProblems(key, value, takes);
  });
  return problems.length > 0 ? problems : disagreements(filter);
}

function labelProblems(labels: unknown): string[] {
  if (!isObject(labels)) return ['"labels" must be an object of lists, as { team: ["web"] }'];
  const given = Object.entries(labels).filter(([, values]) => values !== undefined);
  return given.flatMap(([label, values]) => listProblems(`labels.${label}`, values, 'texts'));
}

function listProblems(key: string, values: unknown, takes: Exclude<Takes, 'labels'>): string[] {
  if (!Array.isArray(values)) return [`"${key}" must be a list, as ${JSON.stringify([values].flat())}`];
  if (values.length === 0) return [`An empty list of values for "${key}" matches nothing: leave it out`];
  return values.flatMap((value) => {
    if (typeof value !== 'string' || value === '') return [`"${key}" has ${JSON.stringify(value)}: it must be a text`];
    if (takes === 'connections' && !CONNECTION.test(value))
      return [`"${key}" has "${value}": it must be <name> or <platform>/<name>`];
    if (typeof takes === 'string' || takes.includes(value)) return [];
    return [`"${key}" has "${value}"; ${didYouMean(value, takes)}it must be ${oneOf(takes)}`];
  });
}

/** Both keys must match, so a connection of another platform never does. */
function disagreements({ platforms, connections = [] }: PlaceFilter): string[] {
  if (platforms === undefined) return [];
  return connections
    .filter((name) => name.includes('/') && !platforms.includes(name.split('/')[0]!))
    .map((name) => `"connections" has "${name}", but "platforms" does not have its platform`);
}

/** Which of the platforms and connections that a filter names are not among these. */
export function unknownPlaces(
  { platforms, connections = [] }: PlaceFilter,
  known: readonly { platform: string; connection: string }[],
): string[] {
  const all = known.map(fullName);
  const strangers = platforms?.filter((platform) => !known.some((one) => one.platform === platform)) ?? [];
  if (strangers.length > 0) {
    const there = [...new Set(known.map(({ platform }) => platform))];
    return strangers.map((name) => `no connection of a platform "${name}"; ${hint(name, there)}`);
  }
  const meant = known.filter(({ platform }) => platforms?.includes(platform) ?? true);
  return connections
    .filter((name) => !meant.some((one) => name === one.connection || name === fullName(one)))
    .map((name) => {
      const names = name.includes('/') ? all : meant.map(({ connection }) => connection);
      return `no connection "${name}"; ${didYouMean(name, names)}there are ${oneOf(meant.map(fullName))}`;
    });
}

function hint(typed: string, names: readonly string[]): string {
  return `${didYouMean(typed, names)}there are those of ${names.join(', ')}`;
}

function fullName({ platform, connection }: { platform: string; connection: string }): string {
  return `${platform}/${connection}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
