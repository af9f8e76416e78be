import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldErrors } from '../../../shared/api/issues.ts';
import { adapter } from '../../../shared/platforms/vsphere/index.ts';
import { readSecret } from '../../../shared/secrets/secret-form.ts';
import { type Rig, startRig } from './rig.ts';

const powerOn = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-57' } };

const createTask = {
  operation: 'CreateTask',
  target: powerOn.target,
  task: { taskTypeId: 'com.example.backup', cancelable: true },
};

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.simulator.close());

describe('what the adapter accepts', () => {
  it('takes the bodies of the scenarios', () => {
    const { scenarios } = rig.simulator;
    for (const body of [scenarios.succeeds(1), scenarios.fails(1), scenarios.runsForever(), scenarios.refused()]) {
      expect(adapter.submitRequest.safeParse(body).success).toBe(true);
    }
    expect(adapter.adoptRequest.safeParse(scenarios.adopts(1)).success).toBe(true);
    expect(adapter.options.safeParse(rig.simulator.connection).success).toBe(true);
    expect(readSecret(adapter.secret!, rig.simulator.secret).wrong).toEqual([]);
  });

  it.each([
    ['VS-36 a method that returns no task', { ...powerOn, operation: 'PowerOnVM' }],
    ['markup as a method', { ...powerOn, operation: 'A><B_Task' }],
    ['no target', { operation: 'PowerOnVM_Task' }],
    ['an unknown key', { ...powerOn, argument: {} }],
    ['a reference without a type', { ...powerOn, target: { value: 'vm-1' } }],
  ])('refuses %s', (_what, body) => {
    expect(adapter.submitRequest.safeParse(body).success).toBe(false);
  });

  it('takes a task to be made, with as little as its type', () => {
    const all = { ...createTask.task, initiatedBy: 'op', parentTaskKey: 'task-1', activationId: 'nightly' };
    for (const task of [createTask.task, { taskTypeId: 'com.example.backup' }, all]) {
      expect(adapter.submitRequest.safeParse({ ...createTask, task }).success).toBe(true);
    }
  });

  it.each([
    ['CreateTask without a task', { ...createTask, task: undefined }, 'task', 'is needed by CreateTask'],
    ['CreateTask with arguments', { ...createTask, arguments: {} }, 'arguments', 'CreateTask takes "task"'],
    [
      'a method with a task',
      { ...createTask, operation: 'PowerOnVM_Task' },
      'task',
      'with the operation CreateTask only',
    ],
    ['a task without a type', { ...createTask, task: { cancelable: true } }, 'task.taskTypeId', 'must be a text'],
    [
      'an unknown key of a task',
      { ...createTask, task: { taskTypeId: 't', canceleable: true } },
      'task.canceleable',
      'did you mean "cancelable"?',
    ],
  ])('refuses %s, saying what is wrong', (_what, body, path, message) => {
    const { issues } = adapter.submitRequest.safeParse(body).error!;
    const errors = fieldErrors(adapter.submitRequest, body, issues);
    expect(errors).toEqual([{ field: path, message: expect.stringContaining(message) }]);
  });

  it.each([
    [{ url: 'http://vc.example.com/sdk', secret: 's' }, false],
    [{ url: 'http://vc.example.com/sdk', secret: 's', allowPlainHttp: true }, true],
    [{ url: 'HTTP://127.0.0.1.example.com/sdk', secret: 's' }, false],
    [{ url: 'http://127.0.0.1:8989/sdk', secret: 's' }, true],
    [{ url: 'http://[::1]:8989/sdk', secret: 's' }, true],
    [{ url: 'https://vc.example.com/sdk', secret: 's' }, true],
    [{ url: 'https://vc.example.com/sdk' }, false],
    [{ url: 'https://vc.example.com/sdk', secret: 's', apiVersion: '8.0.1.0' }, true],
    [{ url: 'https://vc.example.com/sdk', secret: 's', apiVersion: 'latest' }, false],
    [{ url: 'https://vc.example.com/sdk', secret: 's', usr: 'x' }, false],
    [{ url: 'https://op:pw@vc.example.com/sdk', secret: 's' }, false],
  ])('options %j: %s', (options, accepted) => {
    expect(adapter.options.safeParse(options).success).toBe(accepted);
  });
});
