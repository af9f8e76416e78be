import { text, type XmlElement } from '../../../../shared/xml/parse.ts';
import { element, type XmlNode } from '../../../../shared/xml/write.ts';
import type { Inventory, Vm } from './inventory.ts';
import { localizedFault, type MoRef, moref, morefIn, notFound, VimFault } from './soap.ts';
import type { WorldOptions } from './world.ts';

/** A method that returns a task. */
export interface TaskMethod {
  on: string;
  /** Wire order; `?` may be absent, `*` repeated. */
  order: readonly string[];
  descriptionId: string;
  seconds: number;
  cancelable: boolean;
  reportsProgress: boolean;
  /** Runs when the task ends; throws its fault. `self` is the VM, or the VM of the snapshot. */
  finish(
    inventory: Inventory,
    vm: Vm | undefined,
    parameters: readonly XmlElement[],
    drs: WorldOptions['drs'],
  ): XmlNode | undefined;
}

function power(to: Vm['powerState'], from: readonly Vm['powerState'][]): TaskMethod['finish'] {
  return (_inventory, vm) => {
    if (!from.includes(vm!.powerState)) {
      throw new VimFault(
        'InvalidPowerState',
        `The attempted operation cannot be performed in the current state (${vm!.powerState}).`,
        [element('requestedState', {}, to), element('existingState', {}, vm!.powerState)],
      );
    }
    vm!.powerState = to;
    return undefined;
  };
}

const created = (reference: MoRef) => moref('result', reference, 'ManagedObjectReference');

function nameFree(inventory: Inventory, name: string): void {
  const existing = [...inventory.vms.values()].find((vm) => vm.name === name);
  if (!existing) return;
  throw new VimFault('DuplicateName', `The name '${name}' already exists.`, [
    element('name', {}, name),
    moref('object', { type: 'VirtualMachine', value: existing.id }),
  ]);
}

function parameter(parameters: readonly XmlElement[], name: string): XmlElement | undefined {
  return parameters.find((it) => it.name === name);
}

const VM = { on: 'VirtualMachine', cancelable: true, reportsProgress: true };

/** ClusterRecommendation: the host that DRS would take, and its reason. */
function recommendation(vm: MoRef, index: number): XmlNode {
  return element(
    'recommendations',
    {},
    element('key', {}, String(index + 1)),
    element('type', {}, 'V1'),
    element('time', {}, new Date(0).toISOString()),
    element('rating', {}, '5'),
    element('reason', {}, 'powerOnVm'),
    element('reasonText', {}, 'Power on virtual machine'),
    element(
      'action',
      { 'xsi:type': 'ClusterInitialPlacementAction' },
      element('type', {}, 'PowerOnVm'),
      moref('target', vm),
      moref('targetHost', { type: 'HostSystem', value: 'host-11' }),
    ),
  );
}

/** Durations are those of a small, idle vCenter. */
export const TASK_METHODS: Readonly<Record<string, TaskMethod>> = {
  PowerOnVM_Task: {
    ...VM,
    order: ['host?'],
    descriptionId: 'VirtualMachine.powerOn',
    seconds: 4,
    finish: power('poweredOn', ['poweredOff', 'suspended']),
  },
  PowerOffVM_Task: {
    ...VM,
    order: [],
    descriptionId: 'VirtualMachine.powerOff',
    seconds: 3,
    finish: power('poweredOff', ['poweredOn', 'suspended']),
  },
  SuspendVM_Task: {
    ...VM,
    order: [],
    descriptionId: 'VirtualMachine.suspend',
    seconds: 8,
    finish: power('suspended', ['poweredOn']),
  },
  ResetVM_Task: {
    ...VM,
    order: [],
    descriptionId: 'VirtualMachine.reset',
    seconds: 3,
    finish: power('poweredOn', ['poweredOn']),
  },
  ReconfigVM_Task: {
    ...VM,
    cancelable: false,
    reportsProgress: false,
    order: ['spec'],
    descriptionId: 'VirtualMachine.reconfigure',
    seconds: 2,
    finish: () => undefined,
  },
  RelocateVM_Task: {
    ...VM,
    order: ['spec', 'priority?'],
    descriptionId: 'VirtualMachine.relocate',
    seconds: 45,
    finish: () => undefined,
  },
  CloneVM_Task: {
    ...VM,
    order: ['folder', 'name', 'spec'],
    descriptionId: 'VirtualMachine.clone',
    seconds: 30,
    finish: (inventory, _vm, parameters) => {
      const name = parameter(parameters, 'name')!.text;
      nameFree(inventory, name);
      return created({ type: 'VirtualMachine', value: inventory.addVm(name).id });
    },
  },
  CreateSnapshot_Task: {
    ...VM,
    order: ['name', 'description?', 'memory', 'quiesce'],
    descriptionId: 'VirtualMachine.createSnapshot',
    seconds: 6,
    finish: (inventory, vm) => created({ type: 'VirtualMachineSnapshot', value: inventory.addSnapshot(vm!) }),
  },
  RemoveAllSnapshots_Task: {
    ...VM,
    order: ['consolidate?', 'spec?'],
    descriptionId: 'VirtualMachine.removeAllSnapshots',
    seconds: 10,
    finish: (inventory, vm) => {
      for (const [id, owner] of inventory.snapshots) if (owner === vm!.id) inventory.snapshots.delete(id);
      return undefined;
    },
  },
  Rename_Task: {
    ...VM,
    cancelable: false,
    order: ['newName'],
    descriptionId: 'ManagedEntity.rename',
    seconds: 1,
    finish: (inventory, vm, parameters) => {
      const name = parameter(parameters, 'newName')!.text;
      nameFree(inventory, name);
      vm!.name = name;
      return undefined;
    },
  },
  Destroy_Task: {
    ...VM,
    cancelable: false,
    order: [],
    descriptionId: 'ManagedEntity.destroy',
    seconds: 3,
    finish: (inventory, vm) => {
      power('poweredOff', ['poweredOff'])(inventory, vm, [], 'fullyAutomated');
      inventory.vms.delete(vm!.id);
      return undefined;
    },
  },
  RemoveSnapshot_Task: {
    ...VM,
    on: 'VirtualMachineSnapshot',
    order: ['removeChildren', 'consolidate?'],
    descriptionId: 'vm.Snapshot.remove',
    seconds: 6,
    finish: () => undefined,
  },
  CreateVM_Task: {
    ...VM,
    on: 'Folder',
    order: ['config', 'pool', 'host?'],
    descriptionId: 'Folder.createVm',
    seconds: 5,
    finish: (inventory, _vm, parameters) => {
      const name = text(parameter(parameters, 'config')!, 'name') ?? '';
      nameFree(inventory, name);
      return created({ type: 'VirtualMachine', value: inventory.addVm(name).id });
    },
  },
  PowerOnMultiVM_Task: {
    ...VM,
    on: 'Datacenter',
    order: ['vm*', 'option*'],
    descriptionId: 'Datacenter.powerOnVm',
    seconds: 5,
    finish: (inventory, _vm, parameters, drs) => {
      const wanted = parameters.filter((it) => it.name === 'vm').map(morefIn);
      const known = wanted.filter((it) => inventory.has(it));
      if (drs === 'fullyAutomated') for (const { value } of known) inventory.vms.get(value)!.powerState = 'poweredOn';
      return element(
        'result',
        { 'xsi:type': 'ClusterPowerOnVmResult' },
        ...(drs === 'manual' ? [] : known.map((it) => element('attempted', {}, moref('vm', it)))),
        ...wanted
          .filter((it) => !inventory.has(it))
          .map((it) => element('notAttempted', {}, moref('vm', it), localizedFault('fault', notFound(it)))),
        ...(drs === 'manual' ? known.map(recommendation) : []),
      );
    },
  },
};
