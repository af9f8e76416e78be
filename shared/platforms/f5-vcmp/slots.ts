import type { CallOptions } from '../adapter.ts';
import type { Call, Reply } from './call.ts';
import { rowOf } from './faults.ts';
import { getClusters, getGuestAssignedSlots, getMemberEnabledState, getSlotAllocation, getSlotIds } from './methods.ts';

/**
 * How many records there must be: a number, `unknown` where this system does not tell, `later` where it could not be asked
 * just now.
 */
export type ExpectedSlots = number | 'unknown' | 'later';

export type SlotCounter = (guests: readonly string[], options: CallOptions) => Promise<Map<string, ExpectedSlots>>;

/** Blades are switched on and off by people, and systems are upgraded under the same name. */
const FRESH_MS = 5 * 60_000;

/**
 * Counts the slots that guests have been given. Systems before the flexible slot model (about 11.4) do not know that
 * method: there a guest has one slot or all, and all are the members of the cluster that are enabled.
 */
export function slotCounter(call: Call, now: () => number): SlotCounter {
  let isOldUntil = Number.NEGATIVE_INFINITY;
  let cluster: { until: number; members: ExpectedSlots } = { until: Number.NEGATIVE_INFINITY, members: 'later' };

  async function enabledMembers(options: CallOptions): Promise<ExpectedSlots> {
    if (now() < cluster.until) return cluster.members;
    const members = await countMembers(call, options);
    if (members !== 'later') cluster = { until: now() + FRESH_MS, members };
    return members;
  }

  async function byAllocation(guests: readonly string[], options: CallOptions): Promise<ExpectedSlots[]> {
    const reply = await getSlotAllocation(call, guests, options);
    if (!reply.ok) return guests.map(() => withoutAnswer(reply));
    const all = reply.value.includes('VCMP_SLOT_ALLOCATION_ALL') ? await enabledMembers(options) : 'unknown';
    const slots: Readonly<Record<string, ExpectedSlots>> = {
      VCMP_SLOT_ALLOCATION_SINGLE: 1,
      VCMP_SLOT_ALLOCATION_ALL: all,
    };
    return reply.value.map((allocation) => (Object.hasOwn(slots, allocation) ? slots[allocation]! : 'unknown'));
  }

  async function count(guests: readonly string[], options: CallOptions): Promise<ExpectedSlots[]> {
    if (now() < isOldUntil) return byAllocation(guests, options);
    const reply = await getGuestAssignedSlots(call, guests, options);
    if (reply.ok) return reply.value.map((slots) => new Set(slots).size);
    if (reply.fault.code !== 'SOAP-ENV:Client') return guests.map(() => withoutAnswer(reply));
    isOldUntil = now() + FRESH_MS;
    return byAllocation(guests, options);
  }

  return async (guests, options) => {
    const counted = guests.length === 0 ? [] : await count(guests, options);
    return new Map(guests.map((guest, index) => [guest, counted[index] ?? 'unknown']));
  };
}

async function countMembers(call: Call, options: CallOptions): Promise<ExpectedSlots> {
  const clusters = await getClusters(call, options);
  if (!clusters.ok) return withoutAnswer(clusters);
  if (clusters.value.length === 0) return 1;
  const slots = await getSlotIds(call, clusters.value, options);
  if (!slots.ok) return withoutAnswer(slots);
  const states = await getMemberEnabledState(call, clusters.value, slots.value, options);
  if (!states.ok) return withoutAnswer(states);
  return states.value.flat().filter((state) => state === 'STATE_ENABLED').length;
}

/** A right that is missing stays so: then the records alone must do. */
function withoutAnswer(reply: Reply<unknown> & { ok: false }): ExpectedSlots {
  return rowOf(reply.fault.code).look === 'permanent' ? 'unknown' : 'later';
}
