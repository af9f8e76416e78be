import type { CheckOutcome } from '../../job/outcome.ts';
import type { CallOptions, JobRef } from '../adapter.ts';
import type { BmcContext } from './context.ts';
import { checkFailure, type Fault } from './errors.ts';
import type { Looker } from './look.ts';

/** Calls at once, where the connection does not say. */
const CONCURRENCY = 4;
/** So many failures in a row are not about single tasks any more. */
const MAX_FAILURES_IN_A_ROW = 5;

type Check = (jobs: readonly JobRef[], options: CallOptions) => Promise<Map<string, CheckOutcome>>;

/**
 * One call for each task: the adapter has no other way. The first goes alone, so that an endpoint that is down costs one
 * call and not one for each job.
 */
export function checker(looker: Looker, { options, random }: BmcContext): Check {
  /** How often in a row the same failure was met, over all checks. */
  let repeated = { code: '', times: 0 };

  function outcomeAfter(fault: Fault): CheckOutcome {
    repeated = { code: fault.code, times: repeated.code === fault.code ? repeated.times + 1 : 1 };
    const failure = checkFailure(fault);
    const { permanentAfter } = fault.meaning;
    const insists = permanentAfter !== undefined && repeated.times >= permanentAfter;
    return insists && failure.kind === 'transient' ? { ...failure, kind: 'permanent' } : failure;
  }

  return async (jobs, callOptions) => {
    const outcomes = new Map<string, CheckOutcome>();
    let stopped: CheckOutcome | undefined;
    let failures = 0;
    // Begins anywhere: jobs at the front that always fail must not keep the others from ever being asked about.
    const start = Math.floor(random() * jobs.length);
    const queue = [...jobs.slice(start), ...jobs.slice(0, start)].values();

    const lookAt = async (job: JobRef) => {
      const { outcome, fault } = await looker.look(job, callOptions);
      if (fault === undefined) {
        if (outcome.kind === 'observed') repeated = { code: '', times: 0 };
        failures = 0;
        outcomes.set(job.id, outcome);
        return;
      }
      const failure = outcomeAfter(fault);
      outcomes.set(job.id, failure);
      if (fault.meaning.everyJob || ++failures >= MAX_FAILURES_IN_A_ROW) stopped = failure;
    };
    const work = async () => {
      for (const job of queue) {
        if (stopped) outcomes.set(job.id, stopped);
        else await lookAt(job);
      }
    };
    const probe = queue.next();
    if (!probe.done) await lookAt(probe.value);
    const workers = Math.min(options.maxConcurrentRequests ?? CONCURRENCY, jobs.length);
    await Promise.all(Array.from({ length: workers }, work));
    return outcomes;
  };
}
