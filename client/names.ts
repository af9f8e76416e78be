import { jobName } from '../shared/job/job.ts';
import type { Job, JobReference } from './types.ts';

/** Names become segments of a path, so they are held to what the API allows. */
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;

export interface ConnectionReference {
  platform: string;
  connection: string;
}

/** `undefined` unless it is `<platform>/<connection>`. */
export function parseConnection(name: string): ConnectionReference | undefined {
  const [platform = '', connection = '', ...rest] = name.split('/');
  return rest.length === 0 && SEGMENT.test(platform) && SEGMENT.test(connection) ? { platform, connection } : undefined;
}

/** `undefined` unless it is `<platform>/<connection>/<id>`, or the path of a job as `Location` gives it. */
export function parseJob(name: string): Pick<Job, 'platform' | 'connection' | 'id'> | undefined {
  const [platform = '', connection = '', id = '', ...rest] = name
    .replace(/^\/v1\/([^/]+\/[^/]+)\/jobs\//, '$1/')
    .split('/');
  const valid = rest.length === 0 && [platform, connection, id].every((segment) => SEGMENT.test(segment));
  return valid ? { platform, connection, id } : undefined;
}

export function connectionPath(name: string): string {
  const found = parseConnection(name);
  if (found === undefined) throw new TypeError(`"${name}" is not the name of a connection: <platform>/<connection>`);
  return `/v1/${found.platform}/${found.connection}`;
}

export function jobPath(reference: JobReference): string {
  const name = typeof reference === 'string' ? reference : jobName(reference);
  const found = parseJob(name);
  if (found === undefined) throw new TypeError(`"${name}" is not the name of a job: <platform>/<connection>/<id>`);
  return `/v1/${found.platform}/${found.connection}/jobs/${found.id}`;
}

export { jobName };
