import { isTerminal, type Job, type Json, type OwedEvent } from './job.ts';
import type { TimelineEntry } from './timeline.ts';

/** A job as the API and the events show it: absent fields are left out, times are ISO 8601 UTC. */
export interface JobView {
  id: string;
  platform: string;
  connection: string;
  operation: string;
  status: Job['status'];
  progress?: number;
  message?: string;
  parts?: Job['parts'];
  platformJobId?: string;
  resource?: Job['resource'];
  result?: Json;
  resultTruncated?: boolean;
  error?: Job['error'];
  /** The platform could not be reached or logged in to, so nothing was started. */
  neverSubmitted?: boolean;
  unknownSince?: string;
  unknownReason?: string;
  cancelRequestedAt?: string;
  createdAt: string;
  startedAt?: string;
  completedAt?: string;
  deadline: string;
  /** How often it had been looked at when it was last written. */
  looks?: number;
  labels?: Record<string, string>;
}

/** One job alone: with what was learned of it, and when. */
export interface JobWithTimeline extends JobView {
  timeline: TimelineView[];
}

export interface TimelineView extends Omit<TimelineEntry, 'at' | 'rev'> {
  at: string;
}

/** `detail` of the EventBridge event `Job State Change`: the job, flat, and what makes it an event. */
export interface JobStateChange extends JobView {
  schemaVersion: 1;
  eventId: string;
  previousStatus: OwedEvent['previousStatus'];
}

const COPIED = [
  'id',
  'platform',
  'connection',
  'operation',
  'status',
  'progress',
  'message',
  'parts',
  'platformJobId',
  'resource',
  'result',
  'resultTruncated',
  'error',
  'neverSubmitted',
  'looks',
  'labels',
] as const satisfies readonly (keyof Job & keyof JobView)[];
const TIMES = [
  'cancelRequestedAt',
  'createdAt',
  'startedAt',
  'completedAt',
  'deadline',
] as const satisfies readonly (keyof Job & keyof JobView)[];

export function present(job: Job): JobView {
  const view: Record<string, unknown> = {};
  for (const key of COPIED) if (job[key] !== undefined) view[key] = job[key];
  for (const key of TIMES) if (job[key] !== undefined) view[key] = new Date(job[key]).toISOString();
  if (job.unknown && !isTerminal(job.status)) {
    view.unknownSince = new Date(job.unknown.since).toISOString();
    view.unknownReason = job.unknown.reason;
  }
  return view as unknown as JobView;
}

/** Its creation, then its last changes. */
export function presentWithTimeline(job: Job): JobWithTimeline {
  const entries = (job.timeline ?? []).map(({ at, rev: _rev, ...entry }) => ({
    at: new Date(at).toISOString(),
    ...entry,
  }));
  const created: TimelineView = {
    at: new Date(job.createdAt).toISOString(),
    status: job.adopted ? 'QUEUED' : 'SUBMITTING',
  };
  return { ...present(job), timeline: [created, ...entries] };
}

/** The event that a finished job owes; the same for the same job however often it is made. */
export function jobStateChange(job: Job, owed: OwedEvent): JobStateChange {
  return { schemaVersion: 1, eventId: owed.eventId, previousStatus: owed.previousStatus, ...present(job) };
}
