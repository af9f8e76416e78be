import { expect, test } from 'vitest';
import { reportOf } from '../../cli/commands/report.ts';
import { adoptionOf, bodyOf } from '../../cli/request.ts';
import { parseJob } from '../../client/names.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';

const stdin = async () => '{"operation":"from-stdin"}';

test.each([
  [
    'vsphere',
    {
      operation: 'X_Task',
      target: 'VirtualMachine:vm-57',
      param: ['name=before', 'memory:=false', 'spec.host.value=h-1'],
    },
    {
      operation: 'X_Task',
      target: { type: 'VirtualMachine', value: 'vm-57' },
      arguments: { name: 'before', memory: false, spec: { host: { value: 'h-1' } } },
    },
  ],
  [
    'cloudstack',
    {
      operation: 'deployVirtualMachine',
      param: ['zoneid=z', 'iptonetworklist[0].ip=10.0.0.1', 'tags[]=a', 'size:=20'],
    },
    {
      operation: 'deployVirtualMachine',
      parameters: { zoneid: 'z', 'iptonetworklist[0].ip': '10.0.0.1', 'tags[]': 'a', size: 20 },
    },
  ],
  [
    'f5-vcmp',
    { operation: 'set_guest_state', param: ['guests[]=g1', 'guests[]=g2', 'state=S'] },
    { operation: 'set_guest_state', guests: ['g1', 'g2'], state: 'S' },
  ],
  [
    'bmc',
    { operation: 'Power_Off_VM', field: ['operationType=Basic_Vm'], param: ['virtual-machine=web01'] },
    { operation: 'Power_Off_VM', operationType: 'Basic_Vm', parameters: { 'virtual-machine': 'web01' } },
  ],
  [
    'task',
    { operation: 'x', label: ['team=web', 'a=b=c'], deadline: '2h', 'task-token': 't' },
    { operation: 'x', labels: { team: 'web', a: 'b=c' }, deadlineSeconds: 7200, taskToken: 't' },
  ],
  [
    'symphony',
    { body: '{"operation":"requestMachines","template":{"templateId":"T1"}}', param: ['template.machineCount:=3'] },
    { operation: 'requestMachines', template: { templateId: 'T1', machineCount: 3 } },
  ],
  ['task', { body: '-', label: ['a=b'] }, { operation: 'from-stdin', labels: { a: 'b' } }],
  [
    'task',
    { body: '{"operation":"x","labels":{"a":"1"}}', operation: 'y', label: ['b=2'] },
    { operation: 'y', labels: { a: '1', b: '2' } },
  ],
])('a body for %s: %j', async (platform, values, body) => {
  expect(await bodyOf(platform, values, stdin)).toEqual(body);
});

test.each([
  ['vsphere', { operation: 'PowerOnVM_Task', task: 'task-5' }],
  ['bmc', { operation: 'Power_On_VM', task: 'task-5' }],
  ['cloudstack', { operation: 'deployVirtualMachine', adopt: ['jobid=0f9b5b6e-6c36-4d1f-a9d0-5a3c1f0a1b11'] }],
  ['symphony', { operation: 'requestMachines', adopt: ['requestId=req-1', 'machineCount:=3'] }],
  ['f5-vcmp', { operation: 'set_guest_state', param: ['guests[]=g1', 'state=VCMP_GUEST_STATE_DEPLOYED'] }],
])('an adoption of %s is what its schema takes', async (platform, values) => {
  const body = await adoptionOf(platform, values, stdin);
  expect(adapterOf(platform)!.adoptRequest.safeParse(body)).toMatchObject({ success: true });
});

test.each(['task-525', 'Task:task-525'])('the vCenter task %s is adopted', async (task) => {
  const body = await adoptionOf('vsphere', { operation: 'PowerOnVM_Task', task }, stdin);
  expect(body).toEqual({ operation: 'PowerOnVM_Task', adopt: { task: 'task-525' } });
});

test.each([
  [{ param: ['novalue'] }, '--param novalue: must be NAME=VALUE'],
  [{ param: ['=x'] }, 'must be NAME=VALUE'],
  [{ param: ['a:={'] }, '--param a: not valid JSON'],
  [{ param: ['a..b=1'] }, 'cannot be the name of a field'],
  [{ field: ['__proto__.x=1'] }, 'cannot be the name of a field'],
  [{ target: 'vm-57' }, '--target vm-57: must be TYPE:ID, as VirtualMachine:vm-57'],
  [{ body: '{"a":' }, '--body {"a":: not valid JSON'],
  [{ body: '/nonexistent' }, 'cannot be read (ENOENT)'],
  [{ deadline: 'soon' }, 'must be a duration'],
])('%j is refused', async (values, message) => {
  await expect(bodyOf('vsphere', values, stdin)).rejects.toThrow(message);
});

test.each([
  [{}, {}],
  [{ running: true }, { state: 'running' }],
  [
    { progress: '40.5', message: 'm' },
    { state: 'running', progress: 40.5, description: 'm' },
  ],
  [{ message: 'm' }, { description: 'm' }],
  [
    { succeed: true, result: '[1]' },
    { state: 'success', result: [1] },
  ],
  [{ fail: 'no' }, { state: 'error', fault: { code: 'Failed', message: 'no' } }],
  [{ canceled: true }, { state: 'error', fault: { code: 'RequestCanceled', message: 'canceled' } }],
])('the report of %j', (values, report) => {
  expect(reportOf(values)).toEqual(report);
});

test.each([
  [{ succeed: true, fail: 'x' }, 'one of them only'],
  [{ result: '1' }, '--result goes with --succeed'],
  [{ code: 'X' }, '--code goes with --fail'],
  [{ succeed: true, progress: '5' }, '--progress is for a job that goes on'],
  [{ progress: 'half' }, 'must be a number'],
])('the report of %j is refused', (values, message) => {
  expect(() => reportOf(values)).toThrow(message);
});

test.each([
  ['vsphere/dc1/01K2', { platform: 'vsphere', connection: 'dc1', id: '01K2' }],
  ['/v1/vsphere/dc1/jobs/01K2', { platform: 'vsphere', connection: 'dc1', id: '01K2' }],
  ['vsphere/dc1', undefined],
  ['vsphere/dc1/a/b', undefined],
  ['vsphere/../x', undefined],
  ['a/b/c?d', undefined],
])('the job %s', (text, job) => {
  expect(parseJob(text)).toEqual(job);
});
