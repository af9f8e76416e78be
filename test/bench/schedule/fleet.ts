import type { Planner } from '../../../shared/job/schedule/planner.ts';

export interface FleetJob {
  /** Seconds, not whole ones. */
  start: number;
  end: number;
  /** Index of its planner. */
  kind: number;
}

interface Open {
  index: number;
  /** First whole second of its life, from which its age is counted. */
  born: number;
  last: number;
  due: number;
}

/** Share of a gap after which a job is looked at when the loop is awake anyway. */
const SLACK = 0.5;
/** Ticks are whole seconds. */
const TICK_SECONDS = 1;

/**
 * One loop for all jobs: it sleeps until the first job is due, then looks at every job that has used half of its gap. A job that
 * starts in the meantime wakes it earlier. Answers the times of the looks at each job; the last one finds it ended.
 */
export function looksOfFleet(planners: readonly Planner[], jobs: readonly FleetJob[], slack = SLACK): number[][] {
  const looks: number[][] = jobs.map(() => []);
  const arrivals = jobs.map((_, index) => index).sort((a, b) => jobs[a]!.start - jobs[b]!.start);
  let open: Open[] = [];
  let wake = Number.POSITIVE_INFINITY;
  let tick = Number.NEGATIVE_INFINITY;
  let arrived = 0;
  while (arrived < arrivals.length || open.length > 0) {
    for (; arrived < arrivals.length && jobs[arrivals[arrived]!]!.start < wake; arrived++) {
      const index = arrivals[arrived]!;
      const { start, kind } = jobs[index]!;
      const born = Math.ceil(start);
      const due = born + planners[kind]!.nextAge(0);
      open.push({ index, born, last: born, due });
      wake = Math.max(Math.min(wake, due), tick + TICK_SECONDS);
    }
    tick = wake;
    open = open.filter((job) => !lookedAndEnded(job));
    wake = Math.max(earliest(open), tick + TICK_SECONDS);
    if (open.length === 0) wake = Number.POSITIVE_INFINITY;
  }
  return looks;

  /** Looks at a job if it is time to. */
  function lookedAndEnded(job: Open): boolean {
    if (job.born >= tick || tick < job.last + (1 - slack) * (job.due - job.last)) return false;
    const { end, kind } = jobs[job.index]!;
    looks[job.index]!.push(tick);
    if (end <= tick) return true;
    job.last = tick;
    job.due = job.born + planners[kind]!.nextAge(tick - job.born);
    return false;
  }
}

function earliest(open: readonly Open[]): number {
  return open.reduce((least, { due }) => Math.min(least, due), Number.POSITIVE_INFINITY);
}
