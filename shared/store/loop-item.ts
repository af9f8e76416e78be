/**
 * A connection's wait-loop as the table knows it. All zero and closed until the first job.
 *
 * `epoch` and `state` are written by the loop's own ticks only, `version` by everybody who has something for the loop.
 */
export interface LoopItem {
  state: 'open' | 'closed';
  /** Generation of the loop: the fence. A loop that finds a higher one ends. */
  epoch: number;
  /** Counts the signals; a loop closes only if none came since it looked. */
  version: number;
  /** End of the last tick. */
  heartbeatAt: number;
  /** When the loop means to tick again. */
  wakeAt: number;
  health: ConnectionHealth;
}

/** Whether the connection's endpoint answers, as far as looking at jobs tells. */
export interface ConnectionHealth {
  status: 'UNKNOWN' | 'UP' | 'DOWN';
  since: number;
  /** Why it is DOWN: the last failure, for the operator. */
  reason?: string;
}

export const NO_LOOP: LoopItem = {
  state: 'closed',
  epoch: 0,
  version: 0,
  heartbeatAt: 0,
  wakeAt: 0,
  health: { status: 'UNKNOWN', since: 0 },
};
