import { describe, expect, it } from 'vitest';
import { fieldErrors } from '../../../shared/api/issues.ts';
import { adapter } from '../../../shared/platforms/vsphere/index.ts';
import { namingAdvice } from '../../../shared/platforms/vsphere/methods.ts';
import { METHOD_ORDERS } from '../../../shared/platforms/vsphere/orders.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf } from './connection.ts';
import { fixture } from './fixture.ts';
import { loggedIn, signal, startRig } from './rig.ts';

const vm = { type: 'VirtualMachine', value: 'vm-57' };

function problemOf(body: unknown): string | undefined {
  const read = adapter.submitRequest.safeParse(body);
  return read.success ? undefined : JSON.stringify(fieldErrors(adapter.submitRequest, body, read.error!.issues));
}

/** Refused by a simulated server, which does not tell a method that is mistyped from one that is new. */
async function refusal(operation: string, target = vm): Promise<string> {
  const { simulator, url } = await startRig();
  try {
    const outcome = await connectionOf({ http: fetchHttpClient(), url }).submit({ operation, target }, undefined, {
      signal,
    });
    expect(outcome).toMatchObject({ kind: 'refused', error: { retryable: false } });
    return (outcome as { error: { message: string } }).error.message;
  } finally {
    await simulator.close();
  }
}

describe('a name that is mistyped is answered with the one that is meant', () => {
  it.each([
    ['PowerOnVm_Task', 'PowerOnVM_Task'],
    ['clonevm_task', 'CloneVM_Task'],
    ['ConfigureVcha_Task', 'configureVcha_Task'],
    ['PowerOnVM', 'PowerOnVM_Task'],
    ['ReconfigVM', 'ReconfigVM_Task'],
  ])('%s is refused before anything is sent: did you mean %s?', (operation, meant) => {
    expect(problemOf({ operation, target: vm })).toContain(`did you mean \\"${meant}\\"?`);
  });

  it.each([
    ['PowerOnVMs_Task', 'PowerOnVM_Task'],
    ['CreateSnapshoot_Task', 'CreateSnapshot_Task'],
    ['PowerOn_Task', 'PowerOnVM_Task'],
  ])('%s may be new, so the server decides; its no has the method that is meant: %s', async (operation, meant) => {
    expect(problemOf({ operation, target: vm })).toBeUndefined();
    expect(await refusal(operation)).toContain(`did you mean "${meant}"?`);
  });

  it('a type is suggested where the server has no such object', async () => {
    expect(await refusal('PowerOnVM_Task', { type: 'VirtualMachin', value: 'vm-57' })).toContain(
      'no type VirtualMachin is known here; did you mean "VirtualMachine"?',
    );
  });

  it('a method of another type is named with its own', async () => {
    expect(await refusal('PowerOnVM_Task', { type: 'HostSystem', value: 'host-11' })).toContain(
      'PowerOnVM_Task is a method of VirtualMachine, and the target is a HostSystem',
    );
  });

  it('an object that is gone is no matter of names', async () => {
    expect(await refusal('PowerOnVM_Task', { type: 'VirtualMachine', value: 'vm-1' })).not.toMatch(
      /did you mean|is a method of/,
    );
  });
});

describe('a name that is not known is no reason to refuse', () => {
  it.each(['CreateSnapshotEx3_Task', 'QuantumEntangleVM_Task'])(
    '%s is sent, and its task followed',
    async (operation) => {
      const body = fixture('answer-empty')
        .replace('<returnval></returnval>', '<returnval type="Task">task-7</returnval>')
        .replaceAll('RetrievePropertiesEx', operation);
      expect(problemOf({ operation, target: vm })).toBeUndefined();
      const connection = connectionOf({ http: loggedIn(() => ({ body })) });
      expect(await connection.submit({ operation, target: vm }, undefined, { signal })).toMatchObject({
        kind: 'accepted',
        platformJobId: 'task-7',
      });
    },
  );

  it('the methods of the API that begin with a small letter are taken', () => {
    const target = { type: 'FailoverClusterManager', value: 'FailoverClusterManager' };
    expect(problemOf({ operation: 'initiateFailover_Task', target })).toBeUndefined();
  });

  it('every method whose order is known is known by name', () => {
    const unknown = Object.keys(METHOD_ORDERS).filter(
      (method) => problemOf({ operation: method.toLowerCase().replace('_task', '_Task'), target: vm }) === undefined,
    );
    expect(unknown).toEqual([]);
  });

  it.each([
    ['Destroy_Task', 'VirtualMachine'],
    ['Rename_Task', 'StoragePod'],
    ['MoveIntoFolder_Task', 'StoragePod'],
    ['ReconfigureDvs_Task', 'VmwareDistributedVirtualSwitch'],
    ['ReconfigureComputeResource_Task', 'ClusterComputeResource'],
    ['SomethingNew_Task', 'SomethingElse'],
    ['CreateTask', 'VirtualMachine'],
  ])('%s on a %s has nothing wrong with its names', (method, type) => {
    expect(namingAdvice(method, { type, value: 'x' })).toBeUndefined();
  });
});
