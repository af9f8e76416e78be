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
  /** Present while polls fail until an operator acts. */
  rest?: Rest;
  /** What the instances that log in tell each other. */
  login?: LoginNote;
  /** The last submit that did not reach the platform. */
  unavailable?: { at: number; reason: string };
  /** When an operator's check last found that the connection works. */
  checkedAt?: number;
}

/** What is remembered of polls that fail until an operator acts. */
export interface Rest {
  /** When it began, and the begin of the tick that made the last poll. */
  since: number;
  at: number;
  /** Ticks in a row in which the whole connection failed so; 0 where single jobs do. */
  times: number;
  /** With which options, and which version of the secret. */
  credentials?: string;
}

/** Of the secret that was tried last, by its version: nothing of what it holds, and nothing that the platform said of it. */
export interface LoginNote {
  rev: number;
  version: string;
  /** How often in a row it was refused, with what code, and until when it is not tried again. */
  refusals: number;
  code?: string;
  restsUntil?: number;
  /** An instance is trying it, and has ended by then. */
  tryingUntil?: number;
  /** How many attempts were accepted, of any version, and when the last was. */
  accepted: number;
  acceptedAt?: number;
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

/** The loop's own judgement, or what a submit met after it. */
export function healthOf({ health, unavailable, heartbeatAt, checkedAt = 0 }: LoopItem): ConnectionHealth {
  if (unavailable === undefined || unavailable.at <= Math.max(heartbeatAt, checkedAt)) return health;
  return health.status === 'DOWN' ? health : { status: 'DOWN', since: unavailable.at, reason: unavailable.reason };
}
