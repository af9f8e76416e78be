import type { JobStateChange } from '../job/present.ts';
import type { ConnectionHealth } from '../store/loop-item.ts';

export const EVENT_SOURCE = 'pollux';
export const JOB_STATE_CHANGE = 'Job State Change';
export const CONNECTION_STATE_CHANGE = 'Connection State Change';

/** `detail` of `Connection State Change`: an endpoint stopped answering, or answers again. */
export interface ConnectionStateChange {
  schemaVersion: 1;
  eventId: string;
  platform: string;
  connection: string;
  status: ConnectionHealth['status'];
  previousStatus: ConnectionHealth['status'];
  reason?: string;
}

export interface BusEvent {
  detailType: typeof JOB_STATE_CHANGE | typeof CONNECTION_STATE_CHANGE;
  detail: JobStateChange | ConnectionStateChange;
  /** `<platform>/<connection>[/<id>]`, for the event's `resources`. */
  resource: string;
}

/** The port to the event bus. */
export interface EventBus {
  /** Which of these the bus has taken, in the same order. Never rejects: an event that was not taken is tried again. */
  publish(events: readonly BusEvent[]): Promise<boolean[]>;
}
