import { child, parseXml, text, type XmlElement } from '../../../../shared/xml/parse.ts';
import { element, render, type XmlNode } from '../../../../shared/xml/write.ts';
import type { TaskFault, TaskTable } from './tasks.ts';

/** What the next task of a VM will be like. */
export interface Preset {
  runMs: number;
  fault?: TaskFault;
}

export interface AdapterSettings {
  queueMs: number;
}

interface Operation {
  type: string;
  method: string;
  descriptionId: string;
}

/** Case-sensitive, and each in its own group. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  Power_Off_VM: { type: 'Basic_Vm', method: 'PowerOffVM_Task', descriptionId: 'VirtualMachine.powerOff' },
  Power_On_VM: { type: 'Basic_Vm', method: 'PowerOnVM_Task', descriptionId: 'VirtualMachine.powerOn' },
  Reset_VM: { type: 'Basic_Vm', method: 'ResetVM_Task', descriptionId: 'VirtualMachine.reset' },
  Migrate_VM: { type: 'Advanced_Vm', method: 'MigrateVM_Task', descriptionId: 'VirtualMachine.migrate' },
  Clone_VM: { type: 'Configure_Vm', method: 'CloneVM_Task', descriptionId: 'VirtualMachine.clone' },
};

class AdapterError extends Error {
  override readonly name = 'AdapterError';
}

/** The VMware Infrastructure adapter: a document in, a document out; vCenter behind it. */
export function vmwareAdapter(tasks: TaskTable, settings: AdapterSettings) {
  const vms = new Map<string, Preset>();

  function start(operation: string, request: XmlElement): XmlNode {
    const known = OPERATIONS[operation];
    const type = text(request, 'operation-type');
    if (!known || known.type !== type) {
      throw new AdapterError(`The operation-name ${operation} is not valid for the operation-type ${type}`);
    }
    const parameters = child(request, 'parameters');
    const vm = (parameters && text(parameters, 'virtual-machine'))?.trim() ?? '';
    if (vm === '') throw new AdapterError('The required element virtual-machine is missing');
    const preset = vms.get(vm);
    if (!preset) throw new AdapterError(`The virtual machine ${vm} was not found`);
    const task = tasks.start({
      method: known.method,
      descriptionId: known.descriptionId,
      vm,
      queueMs: Math.min(settings.queueMs, preset.runMs),
      ...preset,
    });
    return success(element(`${known.method}Response`, {}, element('Task', {}, task)));
  }

  function retrieve(request: XmlElement): XmlNode {
    const task = ['parameters', 'spec-set', 'object-set', 'task'].reduce<XmlElement | undefined>(
      (at, name) => at && child(at, name),
      request,
    );
    const id = task?.text.trim() ?? '';
    const info = tasks.describe(id);
    if (!info) {
      throw new AdapterError(
        'com.vmware.vim25.ManagedObjectNotFound: The object has already been deleted or has not been completely created',
      );
    }
    const properties = element('propSet', {}, element('name', {}, 'info'), info);
    return success(
      element('RetrieveTaskStatusResponse', {}, element('returnval', {}, element('Task', {}, id), properties)),
    );
  }

  return {
    addVm(name: string, preset: Preset): void {
      vms.set(name, preset);
    },
    /** Name of the operation, also of a request that will be refused. */
    operationOf(request: string): string {
      return /<operation-name>([^<]*)</.exec(request)?.[1] ?? '';
    },
    perform(request: string): string {
      try {
        const root = parseXml(request);
        if (root.name !== 'vmware-infrastructure-request') throw new AdapterError('Invalid request XML');
        const operation = text(root, 'operation-name') ?? '';
        return render(operation === 'Retrieve_Task_Status' ? retrieve(root) : start(operation, root));
      } catch (error) {
        return adapterFailure(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

export type VmwareAdapter = ReturnType<typeof vmwareAdapter>;

function success(answer: XmlNode): XmlNode {
  return document(element('metadata', {}, element('status', {}, 'success')), answer);
}

/** The adapter could not ask, or was not understood. */
export function adapterFailure(explanation: string): string {
  return render(
    document(element('metadata', {}, element('status', {}, 'error'), element('error', {}, explanation.slice(0, 500)))),
  );
}

function document(...content: XmlNode[]): XmlNode {
  return element('vmware-infrastructure-response', {}, ...content);
}
