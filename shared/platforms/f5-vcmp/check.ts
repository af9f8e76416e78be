import { isTerminal } from '../../job/job.ts';
import type { CheckOutcome } from '../../job/outcome.ts';
import type { CallOptions, JobRef } from '../adapter.ts';
import type { Call, Context } from './call.ts';
import { readGuests } from './guests.ts';
import { type GuestsHandle, readHandle } from './handle.ts';
import { needs } from './mapping.ts';
import { getGuestState } from './methods.ts';
import { type Facts, outcomeOf, seenOf } from './outcome.ts';
import { slotCounter } from './slots.ts';
import { MAX_GUESTS } from './words.ts';

/** What is known of the guests of some jobs at this moment. */
export type Look = (handles: readonly GuestsHandle[], options: CallOptions) => Promise<Map<string, Facts>>;

/**
 * One `get_completion_status` for all guests of all jobs; then, for those guests alone that cannot be judged without it,
 * one `get_guest_state`, and before an end one count of their slots.
 */
export function looker(call: Call, { now }: Pick<Context, 'now'>): Look {
  const countSlots = slotCounter(call, now);

  async function wishes(guests: readonly string[], options: CallOptions): Promise<Map<string, string>> {
    const reply = await getGuestState(call, guests, options);
    // Not to be had is an answer too: the guest is judged without it.
    return new Map(guests.map((guest, index) => [guest, reply.ok ? reply.value[index]! : '']));
  }

  return async (handles, options) => {
    const guests = [...new Set(handles.flatMap((handle) => handle.guests))];
    const facts = new Map<string, Facts>();
    for (const [guest, reading] of await readGuests(call, guests, options)) facts.set(guest, { reading });

    const needing = (what: 'wish' | 'slots') => {
      const lacking = handles.flatMap((handle) =>
        handle.guests.filter((guest, index) => {
          const known = facts.get(guest)!;
          return known.reading.kind !== 'failed' && needs(seenOf(handle, index, known)) === what;
        }),
      );
      return [...new Set(lacking)];
    };
    for (const some of batches(needing('wish'))) {
      for (const [guest, wish] of await wishes(some, options)) facts.get(guest)!.wish = wish;
    }
    for (const some of batches(needing('slots'))) {
      for (const [guest, slots] of await countSlots(some, options)) facts.get(guest)!.slots = slots;
    }
    return facts;
  };
}

/** One outcome for each job. */
export async function check(
  look: Look,
  jobs: readonly JobRef[],
  now: () => number,
  options: CallOptions,
): Promise<Map<string, CheckOutcome>> {
  const outcomes = new Map<string, CheckOutcome>();
  const known = new Map<JobRef, GuestsHandle>();
  for (const job of jobs) {
    const handle = readHandle(job.handle);
    if (handle) known.set(job, handle);
    else outcomes.set(job.id, BAD_HANDLE);
  }
  const facts = await look([...known.values()], options);
  for (const [job, handle] of known) outcomes.set(job.id, checked(job, handle, facts, now()));
  return outcomes;
}

export const BAD_HANDLE = {
  kind: 'permanent',
  code: 'BadHandle',
  message: "The job's handle names no guests",
} as const;

function checked(job: JobRef, handle: GuestsHandle, facts: ReadonlyMap<string, Facts>, now: number): CheckOutcome {
  const { outcome, handle: after } = outcomeOf(handle, facts, now);
  if (outcome.kind !== 'observed') return outcome;
  // A cancel may have just been sent, and its handle is not with this job yet: what looks like somebody else's wish, or
  // like a success, may be our own putting back. The next look knows.
  const canceling = job.cancelRequestedAt !== undefined && job.cancelSentAt === undefined && !handle.canceling;
  if (canceling) return isTerminal(outcome.status) ? { kind: 'observed', status: 'RUNNING' } : outcome;
  const unchanged = JSON.stringify(after) === JSON.stringify(handle);
  return unchanged ? outcome : { ...outcome, handle: after };
}

function* batches(guests: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < guests.length; at += MAX_GUESTS) yield guests.slice(at, at + MAX_GUESTS);
}
