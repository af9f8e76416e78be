import type { Job } from '../job/job.ts';
import type { ConnectionRef, Store } from '../store/store.ts';
import { didYouMean } from './did-you-mean.ts';
import { Problem } from './problem.ts';

export function requireConnection<T>(
  platform: string,
  name: string,
  found: T | undefined,
  configured: readonly string[] = [],
): T {
  if (found !== undefined) return found;
  const hint = didYouMean(name, configured);
  throw new Problem(
    'unknown-connection',
    `There is no connection "${name}" of ${platform}. ${sentence(hint)}GET /v1/connections lists those that are configured.`,
  );
}

export function requirePlatform(platforms: readonly string[], name: string): void {
  if (platforms.includes(name)) return;
  throw new Problem(
    'unknown-connection',
    `There is no platform "${name}" with a connection. ${sentence(didYouMean(name, platforms))}Configured: ${platforms.join(', ')}.`,
  );
}

/** For functions that know connections by name only. `constructor` is not a platform, though every object has one. */
export function requireConfigured(connections: Record<string, Record<string, unknown>>, of: ConnectionRef): void {
  requirePlatform(Object.keys(connections), of.platform);
  const names = Object.keys(connections[of.platform]!);
  requireConnection(of.platform, of.connection, names.includes(of.connection) || undefined, names);
}

function sentence(hint: string): string {
  return hint.charAt(0).toUpperCase() + hint.slice(1);
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
