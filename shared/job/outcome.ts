import type { Handle, JobError, Json, OpenStatus, Part, Resource, TerminalStatus } from './job.ts';

/** A look that told the job's state. An absent field means that the platform did not say, not that it is empty. */
export interface Observation {
  kind: 'observed';
  /** TIMED_OUT is Pollux's own word, SUBMITTING is over once there is a handle: no platform says either. */
  status: Exclude<OpenStatus, 'SUBMITTING'> | Exclude<TerminalStatus, 'TIMED_OUT'>;
  /** 0..100, already clamped. */
  progress?: number;
  /** What the platform is doing right now, in its own words. */
  message?: string;
  parts?: Part[];
  platformJobId?: string;
  resource?: Resource;
  result?: Json;
  /** The result was too large to keep whole. Set by the core. */
  resultTruncated?: boolean;
  error?: JobError;
  /** The platform's own clock; only ever compared with each other. */
  startedAt?: number;
  completedAt?: number;
  /** How long the operation took from being taken to its end, by one clock. */
  tookSeconds?: number;
  /** Replaces the job's handle. */
  handle?: Handle;
  /** Epoch ms: the job must be looked at by then, whatever the schedule says. */
  lookBy?: number;
}

/**
 * A look that told nothing. It never ends a job by itself.
 * - `transient`: try again by back-off (network, overload, restart, an answer that makes no sense).
 * - `permanent`: an operator must act (credentials, permission, certificate, version); still tried, rarely.
 * - `not_found`: the platform answered, with a live session, and does not know the job.
 */
export interface CheckFailure {
  kind: 'transient' | 'permanent' | 'not_found';
  /** The platform's or the transport's name for it: `HTTP 503`, `NotAuthenticated`, `ECONNREFUSED`. */
  code: string;
  /** For the operator: what was asked, what came back, what to do. Never a secret. */
  message: string;
  /** The platform's own wish; obeyed. */
  retryAfterSeconds?: number;
  /**
   * The poll takes longer than a tick: it goes on at the platform, and a later one reads what it brings. Nothing has failed,
   * so the loop takes it for no poll at all, and the job stays due.
   */
  pending?: true;
}

export type CheckOutcome = Observation | CheckFailure;
