import type { Predecessor } from '../job/schedule/due.ts';
import type { PackedLooks } from '../job/soft-state.ts';

/**
 * What a loop carries from tick to tick in its state machine's state. All of it may be lost: that costs one early look.
 */
export interface SoftState {
  /** History events that this execution has written so far, counted from above. */
  events: number;
  looks: PackedLooks;
  /** Failed ticks in a row, and since when; no call to the platform before `retryAt`. */
  failures: number;
  failingSince?: number;
  retryAt?: number;
  /** Present where this execution took over from one that slept. */
  predecessor?: Predecessor;
}

export const NO_STATE: SoftState = { events: 0, looks: { base: 0, looks: '' }, failures: 0 };

/** Input and output of the state Check. */
export interface LoopInput {
  platform: string;
  connection: string;
  epoch: number;
  state?: SoftState;
}

export interface LoopOutput extends LoopInput {
  next: 'wait' | 'check' | 'done';
  waitSeconds: number;
  /** For people who read the execution's history. */
  reason?: string;
}

/**
 * Events that one turn writes: Check 5 (entered, scheduled, started, succeeded, exited), Choice 2, Wait 2, and one to
 * spare; a failed attempt writes 3 more. A standard execution may have 25,000.
 */
export const EVENTS_PER_TURN = 10;
export const EVENTS_PER_RETRY = 3;
export const HAND_OVER_AT_EVENTS = 19_900;
