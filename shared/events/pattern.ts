import { TERMINAL_STATUSES, type TerminalStatus } from '../job/job.ts';
import { CONNECTION_STATE_CHANGE, type ConnectionStateChange, EVENT_SOURCE, JOB_STATE_CHANGE } from './bus.ts';
import { type FilterShape, filterProblems, type PlaceFilter } from './filter.ts';

/** Which ends of jobs a rule is about. Several values of a field are alternatives; a field left out matches all. */
export interface JobFilter {
  platforms?: readonly string[];
  /** `vsphere/dc1`, or `dc1` for the connections of that name on every platform. */
  connections?: readonly string[];
  operations?: readonly string[];
  statuses?: readonly TerminalStatus[];
  labels?: Readonly<Record<string, readonly string[]>>;
}

export interface ConnectionFilter {
  platforms?: readonly string[];
  /** `vsphere/dc1`, or `dc1` for the connections of that name on every platform. */
  connections?: readonly string[];
  statuses?: readonly Exclude<ConnectionStateChange['status'], 'UNKNOWN'>[];
}

/** An event pattern of EventBridge. */
export interface EventPattern {
  source: string[];
  'detail-type': string[];
  detail?: Record<string, unknown>;
}

const JOB_FILTER: FilterShape<keyof JobFilter> = {
  platforms: 'texts',
  connections: 'connections',
  operations: 'texts',
  statuses: TERMINAL_STATUSES,
  labels: 'labels',
};
const CONNECTION_FILTER: FilterShape<keyof ConnectionFilter> = {
  platforms: 'texts',
  connections: 'connections',
  statuses: ['UP', 'DOWN'],
};

/** What is wrong with a filter, for callers whose values no compiler has seen. */
export function jobFilterProblems(filter: unknown): string[] {
  return filterProblems(filter, JOB_FILTER);
}

/** Throws for a filter that could match nothing, or has a key that does not exist. */
export function jobStatePattern(filter: JobFilter = {}): EventPattern {
  refuse(jobFilterProblems(filter));
  const { operations, statuses, labels } = filter;
  return pattern(JOB_STATE_CHANGE, {
    ...placeFields(filter),
    operation: operations,
    status: statuses,
    ...(labels && { labels: defined(labels) }),
  });
}

/** Throws as `jobStatePattern` does. */
export function connectionStatePattern(filter: ConnectionFilter = {}): EventPattern {
  refuse(filterProblems(filter, CONNECTION_FILTER));
  return pattern(CONNECTION_STATE_CHANGE, { ...placeFields(filter), status: filter.statuses });
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/** An event has platform and name in two fields; pairs of them are alternatives of which each has both. */
function placeFields({ platforms, connections }: PlaceFilter): Record<string, unknown> {
  if (!connections?.some((name) => name.includes('/'))) return { platform: platforms, connection: connections };
  const byPlatform = new Map<string | undefined, Set<string>>();
  for (const name of connections) {
    const [connection, platform] = name.split('/').reverse();
    byPlatform.set(platform, (byPlatform.get(platform) ?? new Set()).add(connection!));
  }
  const places = [...byPlatform].map(([platform, names]) =>
    defined({ platform: platform === undefined ? platforms : [platform], connection: [...names] }),
  );
  return places.length === 1 ? places[0]! : { $or: places };
}

function pattern(detailType: string, fields: Record<string, unknown>): EventPattern {
  const detail = defined(fields);
  return { source: [EVENT_SOURCE], 'detail-type': [detailType], ...(Object.keys(detail).length > 0 && { detail }) };
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, values]) => values !== undefined));
}
