import type { ConnectionRef } from './store.ts';

/** The names in the table. `infra/table.ts` makes the table with them. */
export const PARTITION_KEY = 'pk';
export const SORT_KEY = 'sk';
export const ACTIVE_INDEX = 'active';
export const ACTIVE_SORT_KEY = 'activeSince';
export const TTL_ATTRIBUTE = 'ttl';

const JOB = 'job/';
export const STATS_PREFIX = 'stats/';
/** What an operation took is forgotten when it was not used for 400 days: names are callers' choice, and must not pile up. */
export const KEEP_STATS_SECONDS = 400 * 86_400;

export function partition(of: ConnectionRef): string {
  return `${of.platform}/${of.connection}`;
}

export function jobKey(of: ConnectionRef, id: string) {
  return { pk: partition(of), sk: JOB + id };
}

/** No platform's name has a `#`. */
export const CONNECTIONS_PARTITION = '#connections';

export function noteKey(of: ConnectionRef) {
  return { pk: CONNECTIONS_PARTITION, sk: partition(of) };
}

/** The connection in the sort key of a note. */
export function connectionIn(sk: string): ConnectionRef {
  const [platform = '', connection = ''] = sk.split('/');
  return { platform, connection };
}

export function loopKey(of: ConnectionRef) {
  return { pk: partition(of), sk: 'loop' };
}

export function statsKey(of: ConnectionRef, operation: string) {
  return { pk: partition(of), sk: STATS_PREFIX + operation };
}

export function idempotencyKey(of: ConnectionRef, key: string) {
  return { pk: partition(of), sk: `key/${key}` };
}

/** The job id in a sort key. */
export function jobIdOf(sk: string): string {
  return sk.slice(JOB.length);
}

export const JOB_PREFIX = JOB;
