import type { ActiveJob, Job, JobStatus } from '../job/job.ts';
import type { OperationStats } from '../job/schedule/stats.ts';
import type { LoginNote, LoopItem, Rest } from './loop-item.ts';

/**
 * The port to the job table. Every write is one conditional write of one item: no transactions, no streams.
 * `dynamodb.ts` implements it; the tests have one in memory with the same semantics.
 */
export interface Store {
  /** Claims an idempotency key; answers the claim that holds it, ours or an earlier one. */
  claimKey(of: ConnectionRef, key: string, claim: KeyClaim): Promise<KeyClaim>;
  /** Gives a key back, if this job holds it. */
  releaseKey(of: ConnectionRef, key: string, jobId: string): Promise<void>;

  /** False: a job with this id is there already; nothing was written. */
  createJob(job: Job): Promise<boolean>;
  /** Read with strong consistency. */
  getJob(of: ConnectionRef, id: string): Promise<Job | undefined>;
  /**
   * Writes what differs between `before` and `after`, if the job is still at `before.rev`. Answers the whole job as it
   * is now, or `undefined`: somebody else wrote it, nothing was changed.
   */
  updateJob(before: ActiveJob | Job, after: ActiveJob | Job): Promise<Job | undefined>;
  listJobs(of: ConnectionRef, query: ListQuery): Promise<JobPage>;
  /** The jobs of the connection with something left to do, oldest first, read with strong consistency. */
  activeJobs(of: ConnectionRef, query?: ActiveQuery): Promise<ActiveJob[]>;

  getStats(of: ConnectionRef, operation: string): Promise<StatsItem | undefined>;
  /** False: the item is not at the revision before this one any more (or is there, for revision 1); nothing was written. */
  putStats(of: ConnectionRef, operation: string, item: StatsItem): Promise<boolean>;
  /** What is remembered of every operation of the connection. */
  listStats(of: ConnectionRef): Promise<Map<string, StatsItem>>;

  getLoop(of: ConnectionRef): Promise<LoopItem>;
  /** Notes that a submit did not reach the platform. */
  noteUnavailable(of: ConnectionRef, note: { at: number; reason: string }): Promise<void>;
  /** Writes what is known of the connection's logins. False: somebody else has written since `before` was read. */
  putLogin(of: ConnectionRef, before: LoginNote | undefined, after: LoginNote): Promise<boolean>;
  /** Tells the loop that there is something new: counts `version` up. `checkedAt`: an operator's check has succeeded. */
  signalLoop(of: ConnectionRef, checkedAt?: number): Promise<LoopItem>;
  /** A loop's first tick: takes the epoch unless a higher one is there (`undefined`). */
  takeEpoch(of: ConnectionRef, epoch: number, now: number): Promise<LoopItem | undefined>;
  /**
   * A loop's tick ends: writes `changes` if the epoch is still the loop's own and, where `version` is given, nobody has
   * signalled since that version was read.
   */
  endTick(of: ConnectionRef, epoch: number, changes: TickEnd): Promise<'written' | 'signalled' | 'superseded'>;
}

export interface ConnectionRef {
  platform: string;
  connection: string;
}

/** The port to what is noted of connections: everything else in the table is found by its connection alone. */
export interface ConnectionNotes {
  /** Those that are, or were, configured. */
  listConnections(): Promise<NotedConnection[]>;
  /** Notes that the connection is there; what is noted of it already stays. */
  noteConnection(of: ConnectionRef): Promise<void>;
  /** Notes since when it is not configured any more; `undefined`: it is. */
  setMissing(of: ConnectionRef, since: number | undefined): Promise<void>;
  forgetConnection(of: ConnectionRef): Promise<void>;
}

export interface NotedConnection extends ConnectionRef {
  /** Epoch ms; present while it is not configured. */
  missingSince?: number;
}

export interface KeyClaim {
  jobId: string;
  requestHash: string;
  /** Seconds since the epoch. */
  ttl: number;
}

/** How long an operation takes on a connection. Written by the connection's loop. */
export interface StatsItem {
  rev: number;
  stats: OperationStats;
  /** A job that the last write counted. */
  countedWith: string;
}

export interface ActiveQuery {
  limit?: number;
  newestFirst?: boolean;
}

export interface ListQuery {
  status?: JobStatus | undefined;
  operation?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface JobPage {
  jobs: Job[];
  cursor?: string;
}

export interface TickEnd {
  state: 'open' | 'closed';
  heartbeatAt: number;
  wakeAt: number;
  health: LoopItem['health'];
  /** Absent: none is left. */
  rest?: Rest | undefined;
  version?: number;
}

export function connectionName(of: ConnectionRef): string {
  return `${of.platform}/${of.connection}`;
}
