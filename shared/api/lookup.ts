import type { Job } from '../job/job.ts';
import type { ConnectionRef, Store } from '../store/store.ts';
import { Problem } from './problem.ts';

export function requireConnection<T>(platform: string, name: string, found: T | undefined): T {
  if (found !== undefined) return found;
  throw new Problem(
    'unknown-connection',
    `There is no connection "${name}" of ${platform}. GET /v1/connections lists those that are configured.`,
  );
}

/** For functions that know connections by name only. `constructor` is no platform, though every object has one. */
export function requireConfigured(connections: Record<string, Record<string, unknown>>, of: ConnectionRef): void {
  const named = Object.hasOwn(connections, of.platform) ? connections[of.platform]! : {};
  requireConnection(of.platform, of.connection, Object.hasOwn(named, of.connection) || undefined);
}

export async function requireJob(store: Store, of: ConnectionRef, id: string): Promise<Job> {
  // Ids are ULIDs: anything else is not worth a read.
  const job = /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id) ? await store.getJob(of, id) : undefined;
  if (job) return job;
  throw new Problem(
    'unknown-job',
    `${of.platform}/${of.connection} has no job "${id}". Finished jobs are kept for 30 days, or as long as the stack was told (keepFinished).`,
  );
}
