import type { MoRef, VimFault } from './soap.ts';

export interface Vm {
  id: string;
  name: string;
  powerState: 'poweredOn' | 'poweredOff' | 'suspended';
  /** Preset of a scenario: how its next task ends. */
  preset?: { runMs: number; fault?: VimFault };
}

/** The managed objects that tasks work on. */
export class Inventory {
  readonly vms = new Map<string, Vm>();
  readonly snapshots = new Map<string, string>();
  #lastId = 100;

  addVm(name: string, powerState: Vm['powerState'] = 'poweredOff'): Vm {
    const vm: Vm = { id: `vm-${++this.#lastId}`, name, powerState };
    this.vms.set(vm.id, vm);
    return vm;
  }

  addSnapshot(vm: Vm): string {
    const id = `snapshot-${++this.#lastId}`;
    this.snapshots.set(id, vm.id);
    return id;
  }

  has({ type, value }: MoRef): boolean {
    if (type === 'VirtualMachine') return this.vms.has(value);
    if (type === 'VirtualMachineSnapshot') return this.snapshots.has(value);
    return FIXED[type] === value;
  }
}

/** One of each is enough. */
export const FIXED: Readonly<Record<string, string>> = {
  Folder: 'group-v3',
  Datacenter: 'datacenter-2',
  ResourcePool: 'resgroup-8',
};
