import type { XmlElement } from '../../xml/parse.ts';
import { element, type XmlNode } from '../../xml/write.ts';
import type { CallOptions } from '../adapter.ts';
import type { Call, Reply } from './call.ts';
import { type CompletionStatus, completionStatuses } from './completion-status.ts';
import type { CreateRequest } from './request.ts';
import { array, item, lists, type Method, words } from './soap.ts';
import type { GuestState } from './words.ts';

/**
 * The methods of System::VCMP and System::Cluster that we use, in their own names. They take parallel arrays, and the n-th
 * item of an answer belongs to the n-th item asked about: no answer names a guest.
 */

const vcmp = (name: string): Method => ({ interface: 'System/VCMP', name });
const cluster = (name: string): Method => ({ interface: 'System/Cluster', name });

const GUEST_STATE = 'iControl:System.VCMP.VCMPGuestState';

type Names = readonly string[];

/** For each guest its records, one for each slot; `undefined` where a record cannot be read. */
export function getCompletionStatus(
  call: Call,
  guests: Names,
  options: CallOptions,
): Promise<Reply<(CompletionStatus[] | undefined)[]>> {
  return ask(
    call,
    vcmp('get_completion_status'),
    [words('guests', guests)],
    options,
    guests.length,
    completionStatuses,
  );
}

/** The configured wish, not what the machine does. */
export function getGuestState(call: Call, guests: Names, options: CallOptions): Promise<Reply<string[]>> {
  return ask(call, vcmp('get_guest_state'), [words('guests', guests)], options, guests.length, wordOf);
}

export function getList(call: Call, options: CallOptions): Promise<Reply<string[]>> {
  return ask(call, vcmp('get_list'), [], options, undefined, wordOf);
}

/** The slots that each guest has been given. Not there before about 11.4. */
export function getGuestAssignedSlots(call: Call, guests: Names, options: CallOptions): Promise<Reply<string[][]>> {
  return ask(call, vcmp('get_guest_assigned_slots'), [words('guests', guests)], options, guests.length, wordsOf);
}

/** Deprecated where the method above is there. */
export function getSlotAllocation(call: Call, guests: Names, options: CallOptions): Promise<Reply<string[]>> {
  return ask(call, vcmp('get_slot_allocation'), [words('guests', guests)], options, guests.length, wordOf);
}

export function getClusters(call: Call, options: CallOptions): Promise<Reply<string[]>> {
  return ask(call, cluster('get_list'), [], options, undefined, wordOf);
}

export function getSlotIds(call: Call, clusters: Names, options: CallOptions): Promise<Reply<string[][]>> {
  const parameters = [words('cluster_names', clusters)];
  return ask(call, cluster('get_slot_id'), parameters, options, clusters.length, wordsOf);
}

export function getMemberEnabledState(
  call: Call,
  clusters: Names,
  slots: readonly Names[],
  options: CallOptions,
): Promise<Reply<string[][]>> {
  const parameters = [words('cluster_names', clusters), lists('slot_ids', slots, 'xsd:long')];
  return ask(call, cluster('get_member_enabled_state'), parameters, options, clusters.length, wordsOf);
}

export function setGuestState(
  call: Call,
  guests: Names,
  states: readonly GuestState[],
  options: CallOptions,
): Promise<Reply<unknown>> {
  return change(call, 'set_guest_state', [words('guests', guests), words('states', states, GUEST_STATE)], options);
}

export function createGuests(call: Call, request: CreateRequest, options: CallOptions): Promise<Reply<unknown>> {
  const netmasks = request.addresses.map(({ address, netmask }) =>
    item(element('address', {}, address), element('netmask', {}, netmask)),
  );
  const parameters = [
    words('guests', request.guests),
    words('hostnames', request.hostnames),
    words('images', request.images),
    array('addresses', 'iControl:Common.IPNetmask', netmasks),
    words('gateways', request.gateways),
    lists('vlans', request.vlans),
  ];
  return change(call, 'create', parameters, options);
}

export function deleteGuests(call: Call, guests: Names, options: CallOptions): Promise<Reply<unknown>> {
  return change(call, 'delete_guest', [words('guests', guests)], options);
}

function change(call: Call, name: string, parameters: XmlNode[], { signal }: CallOptions): Promise<Reply<unknown>> {
  return call(vcmp(name), parameters, { signal, fresh: true });
}

/** An array, read item by item. One of another length than the question is not to be told apart from a wrong order. */
async function ask<T>(
  call: Call,
  method: Method,
  parameters: readonly XmlNode[],
  options: CallOptions,
  length: number | undefined,
  read: (item: XmlElement) => T,
): Promise<Reply<T[]>> {
  const reply = await call(method, parameters, options);
  if (!reply.ok) return reply;
  const items = reply.value?.children;
  if (items !== undefined && (length === undefined || items.length === length)) {
    return { ok: true, value: items.map(read) };
  }
  const text = `asked about ${length ?? 'all'}, the answer is about ${items?.length ?? 'none'}`;
  return { ok: false, fault: { code: 'protocol', text, call: method.name, sent: true } };
}

function wordOf({ text }: XmlElement): string {
  return text.trim();
}

function wordsOf(list: XmlElement): string[] {
  return list.children.map(wordOf);
}
