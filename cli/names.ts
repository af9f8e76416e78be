import { type ConnectionReference, parseConnection, parseJob } from '../client/names.ts';
import type { ConnectionName, Job } from '../client/types.ts';
import { UsageError } from './exit-codes.ts';

export function jobOf(word: string): Pick<Job, 'platform' | 'connection' | 'id'> {
  const found = parseJob(word);
  if (found) return found;
  throw new UsageError(`"${word}": must be the name of a job, <platform>/<connection>/<id>`);
}

export function connectionOf(word: string): ConnectionReference & { name: ConnectionName } {
  const found = parseConnection(word);
  // The API says which platforms there are.
  if (found) return { ...found, name: word as ConnectionName };
  throw new UsageError(`"${word}": must be the name of a connection, <platform>/<connection>`);
}
