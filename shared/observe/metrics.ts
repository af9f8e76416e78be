/**
 * The port to metrics: counts, and seconds where the name says so, with the connection as dimensions. Names in PascalCase,
 * as AWS services do.
 */
export interface Metrics {
  count(name: MetricName, value: number, of?: { platform: string; connection: string }): void;
}

export type MetricName =
  | 'JobsSubmitted'
  | 'JobsRefused'
  | 'SubmitsUnanswered'
  | 'JobsFinished'
  | 'OpenJobs'
  | 'Looks'
  | 'LooksFailed'
  /** Milliseconds by which the latest look of a tick came after it was due. */
  | 'LookLag'
  | 'PublishFailures'
  | 'ConnectionsDown'
  /** How long the state of the job that is longest unknown has not been told. */
  | 'OldestUnknownSeconds'
  | 'LoopsRepaired'
  | 'LoopsNotRepaired';
