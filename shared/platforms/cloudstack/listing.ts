import type { JsonObject } from '../../job/job.ts';
import type { CallOptions } from '../adapter.ts';
import { integer, isObject, textOf } from './answer.ts';
import type { Call } from './call.ts';
import type { Fault } from './errors.ts';

/** `default.page.size` is the most that a page may have: 500, unless the operator lowered it. Kept for the next listing. */
export const PAGE_SIZES: readonly number[] = [500, 100, 20];

/** 20,000 jobs. What is behind it is asked for one by one. */
const MAX_PAGES = 40;

export interface Listing {
  /** The pending jobs that were seen, by id in lower case. */
  pending: Map<string, JsonObject>;
  /** Why the listing ended before its end. */
  fault?: Fault;
}

/**
 * The pending jobs that this user can see (`listAsyncJobs`, all pages, once). Lists of 4.12 and before hold finished jobs
 * too; those say so in their `jobstatus` and are left out. A job that is missing is *not known*, never done: pages shift
 * while jobs finish, and the list tells nothing about how a job ended.
 *
 * @param wanted ids in lower case; the listing ends early when all of them are seen
 */
export function listing(call: Call): (wanted: ReadonlySet<string>, options: CallOptions) => Promise<Listing> {
  let size = 0;

  return async (wanted, { signal }) => {
    const pending = new Map<string, JsonObject>();
    for (let page = 1; page <= MAX_PAGES && pending.size < wanted.size; page++) {
      const pagesize = PAGE_SIZES[size]!;
      const pairs = [
        ['listall', 'true'],
        ['page', String(page)],
        ['pagesize', String(pagesize)],
      ] as const;
      const reply = await call('listAsyncJobs', pairs, { signal });
      if (!reply.ok) {
        // 431 is a page size above the server's limit; results of old lists can make a page too large to take.
        const smaller =
          (reply.fault.code === '431' || reply.fault.code === 'http.too_large') && size < PAGE_SIZES.length - 1;
        if (!smaller) return { pending, fault: reply.fault };
        size += 1;
        page = 0;
        continue;
      }
      const items = itemsOf(reply.body);
      for (const item of items) {
        const jobid = textOf(item.jobid)?.toLowerCase();
        if (jobid !== undefined && wanted.has(jobid) && integer(item.jobstatus) === 0) pending.set(jobid, item);
      }
      // `count` is the total, and absent in an empty list.
      const total = integer(reply.body.count) ?? 0;
      if (items.length === 0 || page * pagesize >= total) break;
    }
    return { pending };
  };
}

/** In XML a list of one cannot be told from an object. */
function itemsOf(body: JsonObject): JsonObject[] {
  return [body.asyncjobs ?? []].flat().filter((item) => isObject(item));
}
