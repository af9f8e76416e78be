import type { MoRef } from './moref.ts';

/** Managed entities: what a task's `entity` can be. A snapshot, a disk manager or a view has tasks on something else. */
const ENTITIES = new Set([
  'ClusterComputeResource',
  'ComputeResource',
  'Datacenter',
  'Datastore',
  'DistributedVirtualPortgroup',
  'DistributedVirtualSwitch',
  'Folder',
  'HostSystem',
  'Network',
  'OpaqueNetwork',
  'ResourcePool',
  'StoragePod',
  'VirtualApp',
  'VirtualMachine',
  'VmwareDistributedVirtualSwitch',
]);

export function isEntity(reference: MoRef): boolean {
  return ENTITIES.has(reference.type);
}
