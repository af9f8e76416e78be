/** The port to metrics: counts, with the connection as dimensions. Names in PascalCase, as AWS services do. */
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
  | 'PublishFailures'
  | 'ConnectionsDown'
  | 'LoopsRepaired';
