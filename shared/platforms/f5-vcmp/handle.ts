import type { Handle } from '../../job/job.ts';
import { GUEST_NAME, isGuestState, type Wanted } from './words.ts';

/** What was seen and is not yet believed; the table of them is in `mapping.ts`. */
export type Doubt = 'stale' | 'inconsistent' | 'contradiction' | 'missing' | 'put back';

export const DOUBT_NAMES: readonly Doubt[] = ['stale', 'inconsistent', 'contradiction', 'missing', 'put back'];

/** Since when, and in how many looks one after the other. */
export type Doubts = Partial<Record<Doubt, { since: number; looks: number }>>;

/** There is no job id: a job is the host, its guests and what was wanted of them. */
export type GuestsHandle = {
  guests: string[];
  wanted: Wanted;
  /** What each guest was before the submit, to be put back by a cancel; `null` where it is not known. */
  before?: (Wanted | null)[];
  /** The former state has been asked for: from here on that is what is waited for. */
  canceling?: true;
  doubts?: Doubts;
};

export function readHandle(handle: Handle): GuestsHandle | undefined {
  const { guests, wanted, before, canceling, doubts } = handle;
  if (!Array.isArray(guests) || guests.length === 0) return undefined;
  if (!guests.every((guest) => typeof guest === 'string' && GUEST_NAME.test(guest))) return undefined;
  if (!isWanted(wanted)) return undefined;
  const states = Array.isArray(before) && before.length === guests.length ? before : undefined;
  return {
    guests: guests as string[],
    wanted,
    ...(states && { before: states.map((state) => (isWanted(state) ? state : null)) }),
    ...(canceling === true && states && { canceling }),
    ...doubtsOf(doubts),
  };
}

/** What a cancel would have the guest be again; none where that is not known, or where nothing was changed. */
export function formerState({ wanted, before }: GuestsHandle, index: number): Wanted | undefined {
  const former = before?.[index] ?? undefined;
  return former === wanted ? undefined : former;
}

/** For people and logs: `g1,g2=VCMP_GUEST_STATE_DEPLOYED`. */
export function platformJobId({ guests, wanted }: Pick<GuestsHandle, 'guests' | 'wanted'>): string {
  return `${guests.join(',')}=${wanted}`;
}

function isWanted(value: unknown): value is Wanted {
  return value === 'ABSENT' || isGuestState(value);
}

function doubtsOf(value: unknown): Pick<GuestsHandle, 'doubts'> {
  if (typeof value !== 'object' || value === null) return {};
  const doubts: Doubts = {};
  for (const name of DOUBT_NAMES) {
    const { since, looks } = ((value as Record<string, unknown>)[name] ?? {}) as { since?: unknown; looks?: unknown };
    if (isNumber(since) && isNumber(looks)) doubts[name] = { since, looks };
  }
  return Object.keys(doubts).length > 0 ? { doubts } : {};
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
