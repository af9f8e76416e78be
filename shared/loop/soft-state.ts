import type { Predecessor } from '../job/schedule/due.ts';
import type { PackedLooks } from '../job/soft-state.ts';

/**
 * What a loop carries from tick to tick in its state machine's state. All of it may be lost: that costs one early look.
 */
export interface SoftState {
  /** Of this layout; states that were written before it was numbered have none, and are of the first. */
  v?: number;
  /** History events that this execution has written so far, counted from above. */
  events: number;
  looks: PackedLooks;
  /** What could not be written, published or called back, by job; absent where there is nothing. */
  retries?: PackedLooks | undefined;
  /** Cancels that the platform has not taken, by job. */
  cancels?: PackedLooks | undefined;
  /** Failed ticks in a row, and since when; no call to the platform before `retryAt`. */
  failures: number;
  failingSince?: number;
  retryAt?: number;
  /** What the platform's adapter takes from tick to tick; see `Carry`. */
  carried?: string;
  /** Present where this execution took over from one that slept. */
  predecessor?: Predecessor;
}

const SOFT_STATE_VERSION = 1;

export const NO_STATE: SoftState = {
  v: SOFT_STATE_VERSION,
  events: 0,
  looks: { base: 0, looks: '' },
  failures: 0,
};

/**
 * Which definition and role of the wait-loop's state machine this code belongs to. An execution keeps the ones that it was
 * started with, for up to 20 days. Count this up with every change of them, and let the definition send it as `generation`:
 * an execution of another generation hands over to one of this.
 */
export const LOOP_GENERATION = 2;

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

/**
 * The state with which a turn begins. One of another version (a later one, after a rollback) is not to be read: how many
 * events the execution has written is then unknown too, so it hands over at once.
 */
export function readableState(state: SoftState): SoftState {
  if ((state.v ?? 1) === SOFT_STATE_VERSION) return state;
  return { ...NO_STATE, events: HAND_OVER_AT_EVENTS };
}
