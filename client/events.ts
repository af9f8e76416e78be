import {
  CONNECTION_STATE_CHANGE,
  type ConnectionStateChange,
  EVENT_SOURCE,
  JOB_STATE_CHANGE,
} from '../shared/events/bus.ts';
import type { JobStateChange } from '../shared/job/present.ts';

/** An event as EventBridge hands it to the target of a rule. */
export interface PolluxEvent<Type extends string = string, Detail = unknown> {
  version: string;
  /** EventBridge's own, new for every delivery; `detail.eventId` is what stays. */
  id: string;
  'detail-type': Type;
  source: string;
  account: string;
  time: string;
  region: string;
  /** `<platform>/<connection>[/<id>]`. */
  resources: string[];
  detail: Detail;
}

export type JobStateChangeEvent = PolluxEvent<typeof JOB_STATE_CHANGE, JobStateChange>;
export type ConnectionStateChangeEvent = PolluxEvent<typeof CONNECTION_STATE_CHANGE, ConnectionStateChange>;

export function isJobStateChange(event: unknown): event is JobStateChangeEvent {
  return isOurs(event, JOB_STATE_CHANGE);
}

export function isConnectionStateChange(event: unknown): event is ConnectionStateChangeEvent {
  return isOurs(event, CONNECTION_STATE_CHANGE);
}

/** Events of other sources have details of their own. */
function isOurs(event: unknown, type: string): boolean {
  const { source, 'detail-type': detailType, detail } = Object(event) as Partial<PolluxEvent>;
  return source === EVENT_SOURCE && detailType === type && typeof detail === 'object' && detail !== null;
}

export type { ConnectionFilter, EventPattern, JobFilter } from '../shared/events/pattern.ts';
export { connectionStatePattern, jobStatePattern } from '../shared/events/pattern.ts';
export type { ConnectionStateChange, JobStateChange };
export { CONNECTION_STATE_CHANGE, EVENT_SOURCE, JOB_STATE_CHANGE };
