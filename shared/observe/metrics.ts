import type { TerminalStatus } from '../job/job.ts';

/**
 * The port to metrics: counts, and seconds where the name says so, with the connection as dimensions. Names in PascalCase,
 * as AWS services do.
 */
export interface Metrics {
  count(name: MetricName, value: number, of?: { platform: string; connection: string }): void;
}

/** How jobs ended: one metric for each terminal status. */
export const ENDED_METRICS = {
  SUCCEEDED: 'JobsSucceeded',
  PARTIALLY_SUCCEEDED: 'JobsPartiallySucceeded',
  FAILED: 'JobsFailed',
  CANCELED: 'JobsCanceled',
  SUPERSEDED: 'JobsSuperseded',
  TIMED_OUT: 'JobsTimedOut',
  LOST: 'JobsLost',
} as const satisfies Record<TerminalStatus, string>;

export type JobsEnded = (typeof ENDED_METRICS)[TerminalStatus];

export type MetricName =
  | 'JobsSubmitted'
  | 'JobsRefused'
  | 'SubmitsUnanswered'
  | 'JobsFinished'
  | JobsEnded
  | 'OpenJobs'
  | 'Looks'
  | 'LooksFailed'
  /** Milliseconds by which looks came after they were due; in a tick of many looks so many of them, the latest too. */
  | 'LookLag'
  /** Events of jobs that have ended, which the bus did not take. */
  | 'PublishFailures'
  /** Task tokens that Step Functions did not let us complete, by try. */
  | 'CallbacksRefused'
  /** Those that were tried in vain for a day. */
  | 'CallbacksGivenUp'
  /** Writes of jobs that DynamoDB did not take. */
  | 'WritesFailed'
  /** Gigabytes that DynamoDB keeps of a connection, its index included: it takes no more than 10. */
  | 'ItemCollectionSize'
  | 'ConnectionsDown'
  /** How long the state of the job that is longest unknown has not been told. */
  | 'OldestUnknownSeconds'
  | 'LoopsRepaired'
  | 'LoopsNotRepaired';
