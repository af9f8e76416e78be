import { type JobStatus, OPEN_STATUSES, TERMINAL_STATUSES } from '../shared/job/job.ts';

export interface ConnectionName {
  platform: string;
  connection: string;
}

/** Where one is, as the part of the address after `#`. Everything that is shown can be linked to. */
export type Route =
  | { view: 'connections' }
  | ({ view: 'jobs'; status?: JobStatus; cursor?: string } & ConnectionName)
  | ({ view: 'job'; id: string } & ConnectionName)
  | ({ view: 'operations' } & ConnectionName)
  | { view: 'unknown' };

export const STATUSES: readonly JobStatus[] = [...OPEN_STATUSES, ...TERMINAL_STATUSES];

/** Of platforms, connections and jobs. None needs an escape, and the API takes no path with one. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;
/** Ids of jobs are ULIDs, so `operations` is none. */
const ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const names = path.split('/').filter((segment) => segment !== '');
  if (names.length > 3 || !names.every((name) => NAME.test(name))) return { view: 'unknown' };
  const [platform, connection, last] = names;
  if (platform === undefined) return { view: 'connections' };
  if (connection === undefined) return { view: 'unknown' };
  if (last === 'operations') return { view: 'operations', platform, connection };
  if (last !== undefined) return ID.test(last) ? { view: 'job', platform, connection, id: last } : { view: 'unknown' };
  const asked = new URLSearchParams(query);
  const status = STATUSES.find((known) => known === asked.get('status'));
  const cursor = asked.get('cursor') ?? '';
  return { view: 'jobs', platform, connection, ...(status && { status }), ...(ID.test(cursor) && { cursor }) };
}

export function href(route: Exclude<Route, { view: 'unknown' }>): string {
  if (route.view === 'connections') return '#/';
  const base = `#/${connectionPath(route)}`;
  if (route.view === 'operations') return `${base}/operations`;
  if (route.view === 'job') return `${base}/${route.id}`;
  const query = new URLSearchParams();
  if (route.status) query.set('status', route.status);
  if (route.cursor) query.set('cursor', route.cursor);
  return query.size === 0 ? base : `${base}?${query}`;
}

/** `vsphere/dc1`, as the API has it in its paths. */
export function connectionPath({ platform, connection }: ConnectionName): string {
  return `${platform}/${connection}`;
}
