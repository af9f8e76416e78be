/** Commands of the API that the simulator knows. Parameters that it does not know are ignored, as the server does. */
export interface Command {
  /** Where it differs from the name in lower case + `response`. */
  envelope?: string;
  /** Without it the command is synchronous. */
  job?: {
    cmd: string;
    instanceType: string;
    /** The answer names a new resource; otherwise the job works on the one that the parameter `id` names. */
    creates: boolean;
    /** Name of the resource in the result, or `success` for `{"success": true}`. */
    result: string;
    seconds: number;
  };
  required: readonly string[];
}

const USER = 'org.apache.cloudstack.api.command.user';
const VM = { instanceType: 'VirtualMachine', creates: false, result: 'virtualmachine', seconds: 8 };

export const COMMANDS: Readonly<Record<string, Command>> = {
  deployVirtualMachine: {
    job: { ...VM, cmd: `${USER}.vm.DeployVMCmd`, creates: true, seconds: 40 },
    required: ['serviceofferingid', 'templateid', 'zoneid'],
  },
  startVirtualMachine: { job: { ...VM, cmd: `${USER}.vm.StartVMCmd`, seconds: 15 }, required: ['id'] },
  stopVirtualMachine: { job: { ...VM, cmd: `${USER}.vm.StopVMCmd` }, required: ['id'] },
  rebootVirtualMachine: { job: { ...VM, cmd: `${USER}.vm.RebootVMCmd` }, required: ['id'] },
  destroyVirtualMachine: { job: { ...VM, cmd: `${USER}.vm.DestroyVMCmd` }, required: ['id'] },
  restoreVirtualMachine: {
    envelope: 'restorevmresponse',
    job: { ...VM, cmd: `${USER}.vm.RestoreVMCmd`, seconds: 30 },
    required: ['virtualmachineid'],
  },
  createVolume: {
    job: { cmd: `${USER}.volume.CreateVolumeCmd`, instanceType: 'Volume', creates: true, result: 'volume', seconds: 5 },
    required: ['name'],
  },
  deleteSnapshot: {
    job: {
      cmd: `${USER}.snapshot.DeleteSnapshotCmd`,
      instanceType: 'Snapshot',
      creates: false,
      result: 'success',
      seconds: 5,
    },
    required: ['id'],
  },
  deleteIso: {
    job: { cmd: `${USER}.iso.DeleteIsoCmd`, instanceType: 'Iso', creates: false, result: 'success', seconds: 5 },
    required: ['id'],
  },
  removeVirtualMachinesFromKubernetesCluster: {
    job: {
      cmd: `${USER}.kubernetes.cluster.RemoveVirtualMachinesFromKubernetesClusterCmd`,
      instanceType: 'KubernetesCluster',
      creates: false,
      result: 'success',
      seconds: 20,
    },
    required: ['id', 'virtualmachineids'],
  },
  updateVirtualMachine: { required: ['id'] },
  listZones: { required: [] },
  listCapabilities: { required: [] },
  queryAsyncJobResult: { required: ['jobid'] },
  listAsyncJobs: { required: [] },
  listApis: { required: [] },
};

export function envelopeOf(name: string): string {
  return COMMANDS[name]?.envelope ?? `${name.toLowerCase()}response`;
}
