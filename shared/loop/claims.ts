import { decodeTime, encodeTime } from 'ulid';
import type { ActiveJob } from '../job/job.ts';
import type { Bounds } from '../platforms/adapter.ts';
import type { Store } from '../store/store.ts';
import type { Learned } from './look.ts';

const LAST_RANDOM_PART = 'Z'.repeat(16);
const NEIGHBOURS = 200;

/**
 * What was found for one job may be another one's: the same operation on the same thing, submitted a moment before or
 * after. A job of the platform belongs to one job of ours.
 */
export async function unclaimed(
  store: Store,
  jobs: ReadonlyMap<string, ActiveJob>,
  finds: Learned['finds'],
  bounds: Bounds,
): Promise<Learned['finds']> {
  const left: Learned['finds'] = new Map();
  const given = new Set<string>();
  for (const [id, found] of finds) {
    const job = jobs.get(id);
    const wanted = found?.kind === 'accepted' ? found.platformJobId : undefined;
    const free =
      wanted === undefined || (!given.has(wanted) && !(job && (await isTaken(store, jobs, job, wanted, bounds))));
    if (free) {
      left.set(id, found);
      if (wanted !== undefined) given.add(wanted);
    } else {
      left.set(id, { kind: 'absent', message: `Only ${wanted} was found, which another job of ours started.` });
    }
  }
  return left;
}

/** By an open job, or by one that has ended since: those of the same operation from around this one's submit. */
async function isTaken(
  store: Store,
  jobs: ReadonlyMap<string, ActiveJob>,
  job: ActiveJob,
  platformJobId: string,
  { findSubmittedSeconds }: Bounds,
): Promise<boolean> {
  const holds = (other: { id: string; platformJobId?: string }) =>
    other.id !== job.id && other.platformJobId === platformJobId;
  if ([...jobs.values()].some(holds)) return true;
  const cursor = encodeTime(decodeTime(job.id) + findSubmittedSeconds * 1000) + LAST_RANDOM_PART;
  const page = await store.listJobs(job, { operation: job.operation, limit: NEIGHBOURS, cursor });
  return page.jobs.some(holds);
}
