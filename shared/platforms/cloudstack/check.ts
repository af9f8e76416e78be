import type { CheckOutcome } from '../../job/outcome.ts';
import type { CallOptions, JobRef } from '../adapter.ts';
import { textOf } from './answer.ts';
import type { Call, Context } from './call.ts';
import { checkFailure, concernsAll, type Fault } from './errors.ts';
import { isJobId } from './job-id.ts';
import { listing } from './listing.ts';
import { outcomeOf } from './mapping.ts';
import { queryJob } from './query.ts';

/** From here on one listing costs less than as many queries. */
const LIST_FROM = 10;
/** Queries at once, where the connection does not say. */
const CONCURRENCY = 4;
/** So many failures in a row are not about single jobs any more. One job alone can fail for good (its result breaks the answer). */
const MAX_FAILURES_IN_A_ROW = 5;
/** A permission that was missing may be granted: asked for again after an hour. */
const LISTING_REFUSED_MS = 3_600_000;
const DAY_MS = 86_400_000;

type Check = (jobs: readonly JobRef[], options: CallOptions) => Promise<Map<string, CheckOutcome>>;

/**
 * Looks at jobs. CloudStack has no query of several jobs, but a list of the pending ones: with many jobs, that list says
 * which are still running, and only those that are missing in it are asked about one by one.
 */
export function checker(call: Call, { name, options, now, random, log }: Context): Check {
  const list = listing(call);
  let listingRefusedAt = Number.NEGATIVE_INFINITY;

  /** Each job by a query of its own, until it shows that the next would meet the same fault. */
  async function queryEach(
    jobs: readonly JobRef[],
    { signal }: CallOptions,
    outcomes: Map<string, CheckOutcome>,
  ): Promise<Fault | undefined> {
    let stopped: Fault | undefined;
    let failures = 0;
    // Begins anywhere: jobs at the front that always fail must not keep the others from ever being asked about.
    const start = Math.floor(random() * jobs.length);
    const queue = [...jobs.slice(start), ...jobs.slice(0, start)].values();
    const work = async () => {
      for (const job of queue) {
        if (stopped) {
          outcomes.set(job.id, checkFailure(stopped));
          continue;
        }
        const jobid = jobidOf(job);
        if (jobid === undefined) {
          outcomes.set(job.id, {
            kind: 'permanent',
            code: 'handle',
            message: `${name}/${job.id} has no CloudStack job id`,
          });
          continue;
        }
        const { outcome, fault } = await queryJob(call, jobid, { signal });
        outcomes.set(job.id, outcome.kind === 'not_found' ? withHint(outcome, job) : outcome);
        failures = fault ? failures + 1 : 0;
        if (fault && (concernsAll(fault) || failures >= MAX_FAILURES_IN_A_ROW)) stopped = ofAll(fault);
      }
    };
    const workers = Math.min(options.maxConcurrentRequests ?? CONCURRENCY, jobs.length);
    await Promise.all(Array.from({ length: workers }, work));
    return stopped;
  }

  function withHint(outcome: Extract<CheckOutcome, { message: string; code: string }>, job: JobRef): CheckOutcome {
    if (now() - job.createdAt < DAY_MS) return outcome;
    const hint =
      'CloudStack forgets a job job.expire.minutes after it ended, and an unfinished one that long after it began (1440 unless changed): the work may still be going on';
    return { ...outcome, message: `${outcome.message}. ${hint}` };
  }

  return async (jobs, callOptions) => {
    const outcomes = new Map<string, CheckOutcome>();
    if (jobs.length < LIST_FROM || now() < listingRefusedAt + LISTING_REFUSED_MS) {
      await queryEach(jobs, callOptions, outcomes);
      return outcomes;
    }

    const wanted = new Set(jobs.map((job) => jobidOf(job)?.toLowerCase()).filter((jobid) => jobid !== undefined));
    const { pending, fault } = await list(wanted, callOptions);
    const missing: JobRef[] = [];
    for (const job of jobs) {
      const jobid = jobidOf(job);
      const item = jobid === undefined ? undefined : pending.get(jobid.toLowerCase());
      if (item) outcomes.set(job.id, outcomeOf(item, jobid!));
      else missing.push(job);
    }
    if (fault === undefined) {
      await queryEach(missing, callOptions, outcomes);
    } else if (maybeForbidden(fault)) {
      // 401 has the same text for wrong keys: if they are, the first queries end the same way.
      const stopped = await queryEach(missing, callOptions, outcomes);
      if (stopped?.code !== '401') {
        listingRefusedAt = now();
        log.warn('listAsyncJobs is not allowed for this user: each job is asked about by itself', { connection: name });
      }
    } else {
      for (const job of missing) outcomes.set(job.id, checkFailure(fault));
    }
    return outcomes;
  };
}

/** Without what the server said: that was said of one job, and is no word about those that are not asked any more. */
function ofAll(fault: Fault): Fault {
  return concernsAll(fault) || fault.code.startsWith('http.') ? fault : { ...fault, text: '' };
}

function jobidOf(job: JobRef): string | undefined {
  const jobid = textOf(job.handle.jobid);
  return isJobId(jobid) ? jobid : undefined;
}

/** How servers say that this user may not use a command: 432 and `errorresponse` before 4.20, 401 since, 531 by plugins. */
function maybeForbidden(fault: Fault): boolean {
  return ['401', '432', '531'].includes(fault.code);
}
