import type { CallOptions } from '../adapter.ts';
import type { Call, Reply } from './call.ts';
import type { CompletionStatus } from './completion-status.ts';
import { type Fault, guestNamedBy, rowOf } from './faults.ts';
import { getCompletionStatus, getList } from './methods.ts';
import { MAX_GUESTS } from './words.ts';

/** What the host told about one guest. */
export type Reading =
  | { kind: 'records'; records: readonly CompletionStatus[] }
  /** The host answered and has no such guest. */
  | { kind: 'missing'; fault: Fault }
  | { kind: 'failed'; fault: Fault };

export type Readings = Map<string, Reading>;

/** Calls for one batch of guests; halving 50 down to one bad guest takes 12, to two of them about 20. */
const MAX_CALLS = 24;

/** What one batch may still cost, and the list of guests, which is asked for once. */
interface Batch {
  left: number;
  list?: Reply<string[]>;
}

/** One `get_completion_status` for all guests; in batches where there are very many. */
export async function readGuests(call: Call, guests: readonly string[], options: CallOptions): Promise<Readings> {
  const readings: Readings = new Map();
  for (let at = 0; at < guests.length; at += MAX_GUESTS) {
    await readBatch(call, guests.slice(at, at + MAX_GUESTS), options, readings, { left: MAX_CALLS });
  }
  return readings;
}

/**
 * One unknown guest turns the whole answer into a fault. So the batch is asked about again without those that the list of
 * guests does not have; where the list does not explain it, without the one that the text names, or in halves.
 */
async function readBatch(
  call: Call,
  guests: readonly string[],
  options: CallOptions,
  readings: Readings,
  batch: Batch,
): Promise<void> {
  if (guests.length === 0) return;
  batch.left -= 1;
  const reply = await getCompletionStatus(call, guests, options);
  if (reply.ok) {
    for (const [index, guest] of guests.entries()) readings.set(guest, readingOf(guest, reply.value[index]));
    return;
  }
  const { fault } = reply;
  const all = (reading: Reading) => {
    for (const guest of guests) readings.set(guest, reading);
  };
  if (rowOf(fault.code).look !== 'not_found') return all({ kind: 'failed', fault });
  if (batch.left <= 0) return all({ kind: 'failed', fault: unexplained(fault) });

  batch.list ??= await getList(call, options);
  const { list } = batch;
  const missing = list.ok ? guests.filter((guest) => !list.value.includes(guest)) : [];
  for (const guest of missing) readings.set(guest, { kind: 'missing', fault });
  let rest = guests.filter((guest) => !missing.includes(guest));
  if (missing.length === 0) {
    const named = guests.length === 1 ? guests[0] : guestNamedBy(fault.text, guests);
    if (named === undefined) {
      const half = Math.ceil(guests.length / 2);
      await readBatch(call, guests.slice(0, half), options, readings, batch);
      return readBatch(call, guests.slice(half), options, readings, batch);
    }
    // Listed and not found is a contradiction (a restart, a deletion under way): nothing is known of it now.
    readings.set(named, list.ok ? { kind: 'failed', fault: unexplained(fault) } : { kind: 'missing', fault });
    rest = guests.filter((guest) => guest !== named);
  }
  return readBatch(call, rest, options, readings, batch);
}

function readingOf(guest: string, records: CompletionStatus[] | undefined): Reading {
  if (records) return { kind: 'records', records };
  const text = `a record of ${guest} cannot be read`;
  return { kind: 'failed', fault: { code: 'protocol', text, call: 'get_completion_status', sent: true } };
}

function unexplained(fault: Fault): Fault {
  return { ...fault, code: 'protocol', text: `${fault.text} The list of guests does not explain it.` };
}
