import type { Duration } from './schedule/stats.ts';
import type { TimelineEntry } from './timeline.ts';

/**
 * The job and its life cycle. Pure: no I/O, no clock but the one passed in.
 *
 * Times are epoch milliseconds everywhere inside; `present.ts` turns them into ISO 8601 at the boundary.
 */

export const OPEN_STATUSES = ['SUBMITTING', 'QUEUED', 'RUNNING'] as const;
export const TERMINAL_STATUSES = [
  'SUCCEEDED',
  'PARTIALLY_SUCCEEDED',
  'FAILED',
  'CANCELED',
  'SUPERSEDED',
  'TIMED_OUT',
  'LOST',
] as const;

export type OpenStatus = (typeof OPEN_STATUSES)[number];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];
export type JobStatus = OpenStatus | TerminalStatus;

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly string[]).includes(status);
}

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** What an adapter needs to find the job again at its platform. Opaque to the core; a few hundred bytes at most. */
export type Handle = JsonObject;

/** What an adapter notes before it submits, so that a submit whose answer was lost can be found again. */
export type SubmitIntent = JsonObject;

/** The platform's own error, in its own words. `code` is the platform's name or number for it. */
export interface JobError {
  code: string;
  message: string;
  /** Whether running the same job again could make sense. Absent when the platform's page does not say. */
  retryable?: boolean;
  /** The work may have had effects although it failed, or may even have gone through: look at the resource first. */
  outcomeUncertain?: boolean;
  /** Further facts in the platform's vocabulary (fault fields, failed items). Small, never a secret. */
  details?: JsonObject;
}

/** A member of a job with a state of its own: a slot of a vCMP guest, a machine of a request, a VM of a bulk power-on. */
export interface Part {
  id: string;
  name?: string;
  status: JobStatus;
  message?: string;
}

/** Something that the platform creates or works on. */
export interface Resource {
  type: string;
  id: string;
}

/** Why nothing is known of a job at the moment. */
export interface Unknown {
  since: number;
  /** What the last look said instead. */
  reason: string;
  /** When a look first said that the platform does not know the job. */
  notFoundSince?: number;
  /** Since when every poll has failed in a way that only an operator can end. */
  permanentSince?: number;
  /** The last look that told the job's state, where one is known of. */
  lastSeenAt?: number;
}

/** An event that is owed to the bus. Stored inside the job until the bus has taken it. */
export interface OwedEvent {
  /** Stable over repetitions: deliveries of one event may repeat, its id does not change. */
  eventId: string;
  previousStatus: OpenStatus;
}

export interface Job {
  platform: string;
  connection: string;
  /** ULID: the ids of a connection sort by time of submission. */
  id: string;
  operation: string;
  status: JobStatus;
  /** Number of writes; every write is conditional on the one that it read. */
  rev: number;
  createdAt: number;
  /** When Pollux stops waiting (TIMED_OUT). */
  deadline: number;
  /** Present while something is left to do for this job; the sort key of the sparse index `active`. */
  activeSince?: number;

  /** What the platform was asked to do is known; absent in SUBMITTING until the platform's answer is stored. */
  handle?: Handle;
  intent?: SubmitIntent;
  /** The request that created the job: one request alone may submit it. */
  submitter: string;
  /** The platform surely did not take it: its Idempotency-Key is free for another try. */
  neverSubmitted?: true;
  /** The platform refused the submit: it never had this job. */
  refused?: true;
  /** When a submit ended without an answer: the job waits to be found at the platform. */
  submitUnknownAt?: number;

  progress?: number;
  message?: string;
  parts?: Part[];
  /** In place of the parts where the job was read from the index, which has no room for them. Never written by itself. */
  partsDigest?: string;
  platformJobId?: string;
  resource?: Resource;
  result?: Json;
  /** The result was too large to keep whole. */
  resultTruncated?: boolean;
  error?: JobError;

  /** Present while looks do not tell the job's state. */
  unknown?: Unknown;

  cancelRequestedAt?: number;
  /** When the platform took the cancel request. */
  cancelSentAt?: number;

  /** By the platform's clock where it tells, else by ours. */
  startedAt?: number;
  completedAt?: number;
  /** The job must be looked at by then, whatever the schedule says. */
  lookBy?: number;
  /** When progress, message or parts were last written. */
  updatedAt?: number;

  /** It ran at the platform before it was a job here, so its age says nothing of its operation. */
  adopted?: true;
  /** How often it has been looked at, as of its last write. */
  looks?: number;
  /** How long the operation took, as far as known; counted once, when the job is let go. */
  took?: Duration;
  /** The last changes, oldest first. Kept by the store: each write of the job adds what it changed. */
  timeline?: TimelineEntry[];

  labels?: Record<string, string>;
  /** Step Functions task tokens to complete when the job is over, one of each request for it. Never shown. */
  taskTokens?: string[];
  /** When a task token could not be completed for the first time. */
  callbackRefusedSince?: number;
  owed?: OwedEvent;
  /** Seconds since the epoch after which DynamoDB deletes the finished job. */
  ttl?: number;
}

/**
 * The attributes of a job that a tick of the wait-loop reads from the index `active`: all that `next` needs.
 * DynamoDB projects at most 100 attributes into the indexes of a table, and an index cannot be changed later.
 */
export const ACTIVE_ATTRIBUTES = [
  'operation',
  'status',
  'rev',
  'createdAt',
  'deadline',
  'handle',
  'intent',
  'submitUnknownAt',
  'progress',
  'message',
  'parts',
  'platformJobId',
  'resource',
  'unknown',
  'cancelRequestedAt',
  'cancelSentAt',
  'startedAt',
  'updatedAt',
  'lookBy',
  'adopted',
  'looks',
  'owed',
] as const satisfies readonly (keyof Job)[];

export type ActiveJob = Pick<
  Job,
  'platform' | 'connection' | 'id' | 'activeSince' | 'partsDigest' | (typeof ACTIVE_ATTRIBUTES)[number]
>;

/** What no platform ever had is no job: it is found by its id and by its key, and has no event and no place in a list. */
export function isListed({ neverSubmitted, refused }: Job): boolean {
  return neverSubmitted === undefined && refused === undefined;
}

/** `<platform>/<connection>/<id>`: the job's name in logs, traces and on the command line. */
export function jobName(job: Pick<Job, 'platform' | 'connection' | 'id'>): string {
  return `${job.platform}/${job.connection}/${job.id}`;
}
