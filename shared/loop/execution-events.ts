import type { ConnectionRef } from '../store/store.ts';

/** What Step Functions puts on the account's default bus: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export const EXECUTION_STATUS_CHANGE = 'Step Functions Execution Status Change';
/** An execution that ended so was a loop that had more to do. */
export const FAILED_STATUSES = ['FAILED', 'TIMED_OUT', 'ABORTED'] as const;

/** An execution of a wait-loop that ended otherwise than by its own will. */
export interface FailedExecution extends ConnectionRef {
  epoch: number;
  status: (typeof FAILED_STATUSES)[number];
  /** How long it ran, in milliseconds. */
  lifetime: number;
}

/** What an event tells. `undefined`: it is another event, as that of the schedule. */
export function failedExecution(event: unknown, platformOf: (loopArn: string) => string | undefined) {
  const { 'detail-type': type, detail } = Object(event);
  if (type !== EXECUTION_STATUS_CHANGE) return undefined;
  const { stateMachineArn, name, status, startDate, stopDate } = Object(detail);
  const platform = platformOf(String(stateMachineArn));
  // As `executionName` makes it.
  const [, connection, epoch] = /^(.+)-(\d+)$/.exec(String(name)) ?? [];
  if (platform === undefined || connection === undefined || !FAILED_STATUSES.includes(status)) return undefined;
  const lifetime = Math.max(0, Number(stopDate) - Number(startDate)) || 0;
  return { platform, connection, epoch: Number(epoch), status, lifetime } satisfies FailedExecution;
}
