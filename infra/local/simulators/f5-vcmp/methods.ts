import type { XmlElement } from '../../../../shared/xml/parse.ts';
import { element, type XmlNode } from '../../../../shared/xml/write.ts';
import type { SlotRecord, State } from './guest.ts';
import type { VcmpHost } from './host.ts';
import { arrayOf, arrayOfArrays, type Call, EngineFault, IControlException, invalidArgument, scalar } from './soap.ts';

interface Method {
  changes?: true;
  /** Whether this release has it. */
  known?(host: VcmpHost): boolean;
  run(host: VcmpHost, call: Call): XmlNode | undefined;
}

const STATE = 'VCMP_GUEST_STATE_';
const TYPE = 'iControl:System.VCMP.';

const texts = (list: XmlElement) => list.children.map((item) => item.text);
const guestsOf = (call: Call) => texts(call.parameter('guests'));
const flexible = ({ settings }: VcmpHost) => !settings.oldSlotModel;

function sameLength(guests: readonly string[], call: Call, name: string): XmlElement[] {
  const items = [...call.parameter(name).children];
  if (items.length !== guests.length) throw invalidArgument(`${name} and guests must have the same length`);
  return items;
}

const VCMP: Readonly<Record<string, Method>> = {
  get_list: { run: (host) => arrayOf('y:string', host.names()) },
  get_version: { run: () => scalar('return', 'y:string', 'BIG-IP_v13.1.0') },
  get_completion_status: {
    run: (host, call) => {
      const now = host.now();
      const lists = guestsOf(call).map((name) => host.guest(name));
      return arrayOfArrays(
        `${TYPE}VCMPCompletionStatus`,
        lists.map((guest) => guest.records(now).map(recordNode)),
      );
    },
  },
  get_guest_state: {
    run: (host, call) =>
      arrayOf(
        `${TYPE}VCMPGuestState`,
        guestsOf(call).map((name) => STATE + host.guest(name).wish),
      ),
  },
  set_guest_state: {
    changes: true,
    run: (host, call) => {
      const guests = guestsOf(call);
      host.setState(guests, sameLength(guests, call, 'states').map(stateOf));
      return undefined;
    },
  },
  create: {
    changes: true,
    run: (host, call) => {
      const guests = guestsOf(call);
      for (const name of ['hostnames', 'images', 'gateways', 'vlans']) sameLength(guests, call, name);
      for (const pair of sameLength(guests, call, 'addresses')) {
        const [address, netmask] = pair.children;
        if (address?.name !== 'address' || netmask?.name !== 'netmask') throw invalidArgument('addresses: IPNetmask');
      }
      for (const name of guests) host.add(name);
      return undefined;
    },
  },
  delete_guest: {
    changes: true,
    run: (host, call) => {
      host.delete(guestsOf(call));
      return undefined;
    },
  },
  get_guest_assigned_slots: {
    known: flexible,
    run: (host, call) =>
      arrayOfArrays(
        'y:short',
        guestsOf(call).map((name) => {
          const guest = host.guest(name);
          return guest.wish === 'CONFIGURED' ? [] : guest.slots.map((slot) => element('item', {}, String(slot)));
        }),
      ),
  },
  get_slot_allocation: {
    run: (host, call) =>
      arrayOf(
        `${TYPE}VCMPSlotAllocation`,
        guestsOf(call).map((name) => `VCMP_SLOT_ALLOCATION_${host.guest(name).slots.length > 1 ? 'ALL' : 'SINGLE'}`),
      ),
  },
};

const CLUSTER: Readonly<Record<string, Method>> = {
  is_clustered_environment: { run: () => scalar('return', 'y:boolean', true) },
  get_list: { run: () => arrayOf('y:string', ['default']) },
  get_slot_id: { run: (host) => arrayOfArrays('y:long', [slotItems(host, String)]) },
  get_member_enabled_state: {
    run: (host) => arrayOfArrays('iControl:Common.EnabledState', [slotItems(host, () => 'STATE_ENABLED')]),
  },
};

const SESSION: Readonly<Record<string, Method>> = {
  get_session_identifier: {
    run: (host) => {
      const id = String(host.sessions.size + 4711);
      host.sessions.add(id);
      return scalar('return', 'y:long', id);
    },
  },
};

const INTERFACES: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  'System/VCMP': VCMP,
  'System/Cluster': CLUSTER,
  'System/Session': SESSION,
};

/** @throws {EngineFault} @throws {IControlException} */
export function perform(host: VcmpHost, call: Call): XmlNode | undefined {
  const method = INTERFACES[call.interface]?.[call.name];
  if (!method || method.known?.(host) === false) {
    throw new EngineFault('Client', `Unknown method "{urn:iControl:${call.interface}}:${call.name}"`);
  }
  if (method.changes && host.settings.readOnly) {
    throw new IControlException('AccessDenied', 0x01070822, '01070822:3: Access Denied: the role may not change this');
  }
  return method.run(host, call);
}

function recordNode({ slot, requested, complete, status, comment }: SlotRecord): XmlNode {
  return element(
    'item',
    {},
    scalar('slot_id', 'y:long', slot),
    scalar('requested_state', `${TYPE}VCMPGuestState`, STATE + requested),
    scalar('request_complete', 'y:boolean', complete),
    scalar('status', `${TYPE}VCMPStatus`, status),
    scalar('comment', 'y:string', comment),
  );
}

function stateOf({ text }: XmlElement): State {
  const state = (['CONFIGURED', 'PROVISIONED', 'DEPLOYED'] as const).find((it) => STATE + it === text);
  if (!state) throw invalidArgument(`"${text}" is not a state that can be asked for`);
  return state;
}

function slotItems({ settings }: VcmpHost, show: (slot: number) => string): XmlNode[] {
  return settings.slots.map((slot) => element('item', {}, show(slot)));
}
