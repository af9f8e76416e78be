import type { Handle, SubmitIntent } from '../../job/job.ts';
import type { Accepted, CallOptions, SubmitOutcome } from '../adapter.ts';
import type { Call } from './call.ts';
import { errorOf, type Fault, nothingStarted, submitFailure } from './faults.ts';
import { type GuestsHandle, platformJobId } from './handle.ts';
import { createGuests, deleteGuests, getGuestState, getList, setGuestState } from './methods.ts';
import type { SubmitRequest } from './request.ts';
import { isGuestState, type Wanted } from './words.ts';

/** What is noted before anything is sent. The state before is not in it: only a call could tell. */
export function intentOf(request: SubmitRequest): SubmitIntent {
  return { operation: request.operation, guests: request.guests, wanted: wantedOf(request) };
}

export function wantedOf(request: SubmitRequest): Wanted {
  if (request.operation === 'delete_guest') return 'ABSENT';
  return request.state ?? 'VCMP_GUEST_STATE_CONFIGURED';
}

type States = Map<string, Wanted | null>;

/**
 * First reads what the guests are, for a cancel to put back, and so that a name which does not exist is refused before
 * anything is changed. Then changes it, once: an unanswered change is never repeated here.
 */
export async function submit(call: Call, request: SubmitRequest, options: CallOptions): Promise<SubmitOutcome> {
  const before = await statesBefore(call, request, options);
  if ('fault' in before) return nothingStarted(before.fault);
  const known = [...before.states].filter(([, state]) => state !== 'ABSENT').map(([guest]) => guest);
  if (request.operation === 'create' && known.length > 0) return exists(known);

  const fault = await change(call, request, options);
  if (fault === undefined) return accepted(handleOf(request, before.states));
  return afterFault(call, request, before.states, fault, options);
}

export function accepted(handle: GuestsHandle): Accepted {
  const { guests } = handle;
  return {
    kind: 'accepted',
    handle: handle as Handle,
    platformJobId: platformJobId(handle),
    ...(guests.length === 1 && { resource: { type: 'guest', id: guests[0]! } }),
  };
}

function handleOf(request: SubmitRequest, before: States): GuestsHandle {
  const { guests } = request;
  return { guests, wanted: wantedOf(request), before: guests.map((guest) => before.get(guest) ?? null) };
}

async function statesBefore(
  call: Call,
  request: SubmitRequest,
  options: CallOptions,
): Promise<{ states: States } | { fault: Fault }> {
  const { operation, guests } = request;
  if (operation !== 'create') {
    const reply = await getGuestState(call, guests, options);
    return reply.ok ? { states: statesOf(guests, reply.value) } : reply;
  }
  const reply = await getList(call, options);
  if (!reply.ok) return reply;
  return { states: new Map(guests.map((guest) => [guest, reply.value.includes(guest) ? null : 'ABSENT'])) };
}

function statesOf(guests: readonly string[], words: readonly string[]): States {
  return new Map(
    guests.map((guest, index) => {
      const word = words[index];
      return [guest, isGuestState(word) ? word : null];
    }),
  );
}

/** The fault that stopped it, if any. `create` has no state argument, and the two calls of it are not atomic. */
async function change(
  call: Call,
  request: SubmitRequest,
  options: CallOptions,
): Promise<(Fault & { created?: true }) | undefined> {
  const { guests } = request;
  if (request.operation === 'delete_guest') return faultOf(await deleteGuests(call, guests, options));
  if (request.operation === 'create') {
    const fault = faultOf(await createGuests(call, request, options));
    if (fault || wantedOf(request) === 'VCMP_GUEST_STATE_CONFIGURED') return fault;
  }
  const state = request.state ?? 'VCMP_GUEST_STATE_CONFIGURED';
  const reply = await setGuestState(
    call,
    guests,
    guests.map(() => state),
    options,
  );
  const fault = faultOf(reply);
  return fault && request.operation === 'create' ? { ...fault, created: true } : fault;
}

function faultOf(reply: { ok: true } | { ok: false; fault: Fault }): Fault | undefined {
  return reply.ok ? undefined : reply.fault;
}

/**
 * A fault that the engine has answered with leaves nothing under way, so one more look tells what it did: nothing (it may
 * be sent again, or was refused), all of it, or a part. Without an answer nothing is certain, and the loop looks for it.
 */
async function afterFault(
  call: Call,
  request: SubmitRequest,
  before: States,
  fault: Fault & { created?: true },
  options: CallOptions,
): Promise<SubmitOutcome> {
  const failure = submitFailure(fault);
  if (!fault.answered) return fault.created ? { kind: 'unknown', error: failure.error } : failure;
  if (fault.created) return half(fault, request.guests);
  const { states: now } = await statesOfListed(call, request.guests, options);
  if (now === undefined) return failure;
  const isDone = request.guests.every((guest) => now.get(guest) === wantedOf(request));
  if (isDone && failure.kind === 'unknown') return accepted(handleOf(request, before));
  const changed = request.guests.filter((guest) => now.get(guest) !== before.get(guest));
  if (changed.length > 0) return half(fault, changed);
  return failure.kind === 'unknown' ? { kind: 'unavailable', error: { ...failure.error, retryable: true } } : failure;
}

/** What the guests are now, whether they exist or not. */
export async function statesOfListed(
  call: Call,
  guests: readonly string[],
  options: CallOptions,
): Promise<{ states: States; fault?: never } | { states?: never; fault: Fault }> {
  const list = await getList(call, options);
  if (!list.ok) return { fault: list.fault };
  const there = guests.filter((guest) => list.value.includes(guest));
  const reply = there.length === 0 ? undefined : await getGuestState(call, there, options);
  if (reply && !reply.ok) return { fault: reply.fault };
  const states = statesOf(there, reply?.value ?? []);
  return { states: new Map(guests.map((guest) => [guest, states.has(guest) ? states.get(guest)! : 'ABSENT'])) };
}

function half(fault: Fault, changed: readonly string[]): SubmitOutcome {
  const error = errorOf(fault);
  const message = `${error.message} These guests have been changed all the same: ${changed.join(', ')}.`;
  return { kind: 'refused', error: { ...error, message, outcomeUncertain: true, details: { changed: [...changed] } } };
}

function exists(guests: readonly string[]): SubmitOutcome {
  const message = `create: ${guests.join(', ')} exists already on the host. Ask for its state by set_guest_state.`;
  return { kind: 'refused', error: { code: '01020066', message, retryable: false } };
}
