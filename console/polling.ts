/** How soon to ask the API again: soon while something moves, seldom while nothing does, never while nobody looks. */

export const BUSY_MS = 2_000;
export const IDLE_MS = 5_000;
export const MAX_BACK_OFF_MS = 60_000;

export interface Situation {
  visible: boolean;
  /** Something of what is shown may change any moment. */
  busy: boolean;
  /** Requests that failed since the last one that did not. */
  failures: number;
}

/** `undefined`: not before something happens. */
export function pollDelay({ visible, busy, failures }: Situation): number | undefined {
  if (!visible) return undefined;
  if (failures > 0) return Math.min(MAX_BACK_OFF_MS, BUSY_MS * 2 ** failures);
  return busy ? BUSY_MS : IDLE_MS;
}
