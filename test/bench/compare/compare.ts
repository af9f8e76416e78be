import type { Measurement } from './measure.ts';
import { RIVALS } from './rivals.ts';
import { type PolluxMeasurement, runPollux } from './run-pollux.ts';
import { runRival } from './run-rival.ts';
import { KINDS, sampleOf } from './workload.ts';

export const OPEN = [1, 10, 100, 1_000, 10_000];
/** One execution for each job takes no notice of the others: a sample of jobs stands for any number of them. */
const RIVAL_JOBS_EACH = 60;
/** With many jobs open they end fast: so many that the connection is watched for most of an hour, */
const LEAST_JOBS = 3_000;
const JOBS_PER_OPEN = 5.4;
/** but no more than a quiet machine follows in two minutes. */
const MOST_JOBS = 46_600;

export interface Comparison {
  seed: number;
  rivals: Measurement[];
  pollux: PolluxMeasurement[];
  /** Pollux on a platform that says only whether a job is over. */
  intervalsOnly: PolluxMeasurement | undefined;
}

interface Settings {
  open: readonly number[];
  seed: number;
  /** Jobs to be measured for Pollux, and of each kind for the others; as many as a quiet machine does in minutes. */
  jobs?: number;
  rivalJobsEach?: number;
  /** So many open jobs are followed once more, on a platform that does not tell how long they took. */
  intervalsAt?: number;
  progress?: (message: string) => void;
}

/** Everybody on the same mix of jobs, with the same seed. */
export async function compare({
  open,
  seed,
  jobs,
  rivalJobsEach = RIVAL_JOBS_EACH,
  intervalsAt,
  progress = () => {},
}: Settings): Promise<Comparison> {
  const rivals: Measurement[] = [];
  for (const rival of RIVALS) {
    progress(`${rival.name}: ${rivalJobsEach * KINDS.length} jobs`);
    rivals.push(await runRival(rival, sampleOf(rivalJobsEach, seed), seed));
  }
  const pollux: PolluxMeasurement[] = [];
  for (const each of open) {
    progress(`Pollux: ${each} open jobs`);
    pollux.push(await runPollux({ open: each, seed, jobs: jobs ?? jobsFor(each) }));
  }
  let intervalsOnly: PolluxMeasurement | undefined;
  if (intervalsAt !== undefined) {
    progress(`Pollux: ${intervalsAt} open jobs on a platform that tells no durations`);
    intervalsOnly = await runPollux({ open: intervalsAt, seed, jobs: jobs ?? jobsFor(intervalsAt), tellsTook: false });
  }
  return { seed, rivals, pollux, intervalsOnly };
}

function jobsFor(open: number): number {
  return Math.max(LEAST_JOBS, Math.min(MOST_JOBS, Math.round(JOBS_PER_OPEN * open)));
}
