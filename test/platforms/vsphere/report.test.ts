import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpFailure } from '../../../shared/http/client.ts';
import type { Report, ReportedJob } from '../../../shared/platforms/adapter.ts';
import { connectionOf } from './connection.ts';
import { fixture } from './fixture.ts';
import { type Answer, acceptedJob, loggedIn, type Rig, signal, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

const create = (more: Record<string, unknown> = {}) => ({
  operation: 'CreateTask',
  target: rig.newVm(),
  task: { taskTypeId: 'com.example.backup', cancelable: true, ...more },
});

async function created(more?: Record<string, unknown>): Promise<ReportedJob> {
  return { ...acceptedJob(await rig.submit(create(more))), status: 'QUEUED' };
}

const report = (job: ReportedJob, told: Report, connection = rig.connection) =>
  connection.report!(job, told, { signal, now: Date.now() });

const accepted = { kind: 'accepted' };
const CALLS = ['SetTaskState', 'UpdateProgress', 'SetTaskDescription'] as const;
const callsSoFar = () => CALLS.map((name) => rig.simulator.calls[name] ?? 0);

describe('the life of a created task', () => {
  it('is told by its worker: queued, running, its end with a result', async () => {
    const job = await created();
    expect(await rig.look(job)).toMatchObject({ status: 'QUEUED' });

    const started = { state: 'running', progress: 40, description: 'Copying disk 1' } as const;
    expect(await report(job, started)).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({
      status: 'RUNNING',
      progress: 40,
      message: 'Copying disk 1',
      startedAt: expect.any(Number),
    });

    expect(await report(job, { progress: 41.6 })).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({ progress: 42, message: 'Copying disk 1' });

    expect(await report(job, { state: 'success', description: 'Done', result: '42 files' })).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({
      status: 'SUCCEEDED',
      progress: 100,
      message: 'Done',
      result: '42 files',
      completedAt: expect.any(Number),
    });
  });

  it.each([
    [-5, 0],
    [150, 100],
  ])('clamps a progress of %d', async (progress, seen) => {
    const job = await created();
    await report(job, { state: 'running', progress });
    expect(await rig.look(job)).toMatchObject({ progress: seen });
  });

  it.each([
    ['text', '{ not json'],
    ['a number', 42],
    ['a boolean', false],
    ['a structure', { files: 42, disks: [{ id: 1, fault: 'none' }], note: 'a\u0001b <&>' }],
    ['a list', ['a', 'b']],
  ])('brings a result back as it was: %s', async (_what, result) => {
    const job = await created();
    expect(await report(job, { state: 'success', result })).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({ status: 'SUCCEEDED', result });
  });

  it('takes a typed value for the API’s own: a reference is what was created', async () => {
    const job = await created();
    const result = { _typeName: 'ManagedObjectReference', type: 'VirtualMachine', value: 'vm-9' };
    await report(job, { state: 'success', result });
    expect(await rig.look(job)).toMatchObject({ resource: { type: 'VirtualMachine', id: 'vm-9' } });
  });

  it('VS-14 an error needs no fault', async () => {
    const job = await created();
    expect(await report(job, { state: 'error' })).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({ status: 'FAILED', error: { code: 'unknown' } });
  });

  it("brings a worker's own fault back as it was", async () => {
    const job = await created();
    const fault = { code: 'com.example.DiskFull', message: 'No space left', details: { disk: 'sdb', free: 0 } };
    expect(await report(job, { state: 'error', fault })).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({
      status: 'FAILED',
      error: { code: fault.code, message: fault.message, details: { disk: 'sdb', free: '0' } },
    });
  });

  it("sends a fault that names its type as the API's own", async () => {
    const job = await created();
    const details = { _typeName: 'TaskInProgress', task: { type: 'Task', value: 'task-1' } };
    expect(await report(job, { state: 'error', fault: { code: 'busy', message: 'Busy', details } })).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({
      error: { code: 'TaskInProgress', message: 'Busy', retryable: true, details: { task: { value: 'task-1' } } },
    });
  });

  it('is the business of the history too', async () => {
    const job = await created();
    await report(job, { state: 'success', result: { files: 42 } });
    rig.simulator.forget(job.handle.task as string);
    expect(await rig.look(job)).toMatchObject({ status: 'SUCCEEDED', result: { files: 42 } });
  });
});

describe('VS-01 a cancel of a created task', () => {
  it('is shown to the worker, who ends the task; the fault is one that SetTaskState takes', async () => {
    const job = await created();
    await report(job, { state: 'running', description: 'Copying disk 1' });
    expect(await rig.connection.cancel!(job, { signal })).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({ status: 'RUNNING', message: 'Cancel requested: Copying disk 1' });

    expect(
      await report(job, { state: 'error', fault: { code: 'RequestCanceled', message: 'Stopped on request' } }),
    ).toEqual(accepted);
    expect(await rig.look(job)).toMatchObject({
      status: 'CANCELED',
      message: 'Copying disk 1',
      error: { code: 'RequestCanceled', message: 'Stopped on request' },
    });
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
  });

  it('is CANCELED even if nobody asked vCenter for it', async () => {
    const job = await created();
    await report(job, { state: 'error', fault: { code: 'RequestCanceled', message: 'x', details: { why: 'reboot' } } });
    expect(await rig.look(job)).toMatchObject({ status: 'CANCELED', error: { details: { why: 'reboot' } } });
  });

  it('that comes too late leaves a success', async () => {
    const job = await created();
    await rig.connection.cancel!(job, { signal });
    expect(await rig.look(job)).toMatchObject({ status: 'QUEUED', message: 'Cancel requested' });
    await report(job, { state: 'success' });
    expect(await rig.look(job)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('VS-21 is refused where the task was made without', async () => {
    const job = await created({ cancelable: false });
    expect(await rig.connection.cancel!(job, { signal })).toMatchObject({
      kind: 'refused',
      error: { code: 'NotSupported' },
    });
  });
});

describe('a report that is refused', () => {
  const fault = { code: 'x', message: 'x' };

  it.each<[string, Report]>([
    ['progress with an end', { state: 'success', progress: 100 }],
    ['a result while running', { state: 'running', result: 1 }],
    ['a result alone', { result: 1 }],
    ['a result with an error', { state: 'error', result: 1 }],
    ['a fault with a success', { state: 'success', fault }],
    ['a fault alone', { fault }],
  ])('by us, before any call: %s', async (_what, told) => {
    const job = await created();
    expect(await report(job, told)).toMatchObject({ kind: 'refused', error: { code: 'InvalidState' } });
    expect(callsSoFar()).toEqual([0, 0, 0]);
  });

  it.each<[string, Report, string]>([
    ['a character that XML cannot hold', { state: 'running', description: 'a\u0001' }, 'U+0001'],
    ['a number that JSON cannot hold', { state: 'success', result: 2 ** 60 }, 'result'],
    [
      'a fault of the RuntimeFault branch',
      { state: 'error', fault: { ...fault, details: { _typeName: 'RequestCanceled' } } },
      'RequestCanceled is a RuntimeFault',
    ],
  ])('by us, for it cannot be sent: %s', async (_what, told, message) => {
    const job = await created();
    expect(await report(job, told)).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidArguments', message: expect.stringContaining(message) },
    });
    expect(callsSoFar()).toEqual([0, 0, 0]);
  });

  it("because the task is vCenter's own, submitted or adopted", async () => {
    const own = { ...(await rig.submitted(rig.simulator.scenarios.runsForever())), status: 'RUNNING' as const };
    const { handle } = rig.connection.adopt(rig.simulator.scenarios.adopts(60));
    for (const job of [own, { ...own, handle }]) {
      expect(await report(job, { progress: 10 })).toMatchObject({ kind: 'refused', error: { code: 'NotSupported' } });
    }
    expect(callsSoFar()).toEqual([0, 0, 0]);
  });

  it('VS-03 by the server: queued is not running', async () => {
    const job = await created();
    expect(await report(job, { progress: 10 })).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidState', message: expect.stringContaining('running') },
    });
  });

  it('by the server: it has ended there', async () => {
    const job = await created();
    await report(job, { state: 'success' });
    for (const told of [{ state: 'running' }, { state: 'error' }, { state: 'success' }] as const) {
      expect(await report(job, told)).toMatchObject({
        kind: 'refused',
        error: { code: 'InvalidState', message: expect.stringContaining('ended') },
      });
    }
    expect(await rig.look(job)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('VS-06 by no one: a task that is gone may still be coming', async () => {
    const job = await created();
    rig.simulator.forget(job.handle.task as string);
    expect(await report(job, { state: 'running' })).toMatchObject({
      kind: 'not_found',
      code: 'ManagedObjectNotFound',
    });
  });
});

describe('a report on its way', () => {
  it('that says nothing is a sign of life, and costs no call', async () => {
    const job = await created();
    const before = { ...rig.simulator.calls };
    expect(await report(job, {})).toEqual(accepted);
    expect(rig.simulator.calls).toEqual(before);
  });

  it('survives a session that expires between two calls, repeating none', async () => {
    const job = await created();
    rig.simulator.expireSessions();
    expect(await report(job, { state: 'running', progress: 10 })).toEqual(accepted);
    // The first one was refused for want of a session.
    expect(callsSoFar()).toEqual([2, 1, 0]);
  });

  it.each([
    ['unavailable', 'transient'],
    ['unauthorized', 'observed'],
    ['reset', 'transient'],
    ['hang', 'transient'],
    ['html', 'transient'],
    ['truncated', 'transient'],
    ['lost-answer', 'transient'],
  ] as const)('%s leaves it to the worker to try again', async (name, kind) => {
    const job = await created();
    rig.simulator.inject(name, { call: 'SetTaskState' });
    const outcome = await report(job, { state: 'running', progress: 10 });
    if (kind === 'observed') expect(outcome).toEqual(accepted);
    else {
      expect(outcome).toMatchObject({ kind });
      expect(rig.simulator.calls.UpdateProgress).toBeUndefined();
      expect(await report(job, { state: 'running', progress: 10 })).toEqual(accepted);
    }
    expect(await rig.look(job)).toMatchObject({ status: 'RUNNING', progress: 10 });
  });

  it('goes to no other vCenter', async () => {
    const job = await created();
    const elsewhere = { ...job, handle: { ...job.handle, instanceUuid: 'another' } };
    expect(await report(elsewhere, { state: 'running' })).toMatchObject({ kind: 'permanent', code: 'OtherServer' });
    expect(callsSoFar()).toEqual([0, 0, 0]);
  });

  it('whose handle says nothing is for the operator', async () => {
    const job = { ...(await created()), handle: {} };
    expect(await report(job, {})).toMatchObject({ kind: 'permanent', code: 'BadHandle' });
  });
});

describe('on the wire', () => {
  const job: ReportedJob = {
    id: '01JOB',
    operation: 'CreateTask',
    handle: { task: 'task-76', taskTypeId: 'com.example.backup' },
    createdAt: 0,
    status: 'RUNNING',
  };

  const done = (method: string): Answer => ({
    body: fixture('answer-empty').replaceAll('RetrievePropertiesEx', method),
  });
  const answering = (type: string): Answer => ({
    status: 500,
    body: fixture('login-refused')
      .replaceAll('InvalidLoginFault', `${type}Fault`)
      .replace('type="InvalidLogin"', `type="${type}"`),
  });

  async function bodies(told: Report): Promise<string[]> {
    const http = loggedIn(done);
    expect(await report(job, told, connectionOf({ http }))).toEqual(accepted);
    return http.asked
      .filter(({ method }) => (CALLS as readonly string[]).includes(method))
      .map(({ body }) => /<soapenv:Body>(.*)<\/soapenv:Body>/.exec(body)![1]!);
  }

  it('is as recorded, and in an order that the rules allow', async () => {
    expect(await bodies({ description: 'Copying disk 2', progress: 50, state: 'running' })).toEqual([
      '<SetTaskState xmlns="urn:vim25"><_this type="Task">task-76</_this><state>running</state></SetTaskState>',
      '<UpdateProgress xmlns="urn:vim25"><_this type="Task">task-76</_this><percentDone>50</percentDone></UpdateProgress>',
      '<SetTaskDescription xmlns="urn:vim25"><_this type="Task">task-76</_this><description><key>com.example.backup.description</key><message>Copying disk 2</message></description></SetTaskDescription>',
    ]);
    expect((await bodies({ description: 'Done', result: '42 files', state: 'success' }))[1]).toBe(
      '<SetTaskState xmlns="urn:vim25"><_this type="Task">task-76</_this><state>success</state><result xsi:type="xsd:string">42 files</result></SetTaskState>',
    );
  });

  it('a structure is text, a typed value is of its type', async () => {
    const [structure] = await bodies({ state: 'success', result: { a: ['<'] } });
    expect(structure).toContain('<result xsi:type="xsd:string">{"a":["&lt;"]}</result>');
    const [typed] = await bodies({ state: 'success', result: { _typeName: 'ArrayOfString', _value: ['a'] } });
    expect(typed).toContain('<result xsi:type="ArrayOfString"><string>a</string></result>');
    const [nothing] = await bodies({ state: 'success', result: null });
    expect(nothing).toContain('<state>success</state></SetTaskState>');
  });

  it('a fault has the properties of its base types first', async () => {
    const fault = { code: 'RequestCanceled', message: 'stopped', details: { after: 'disk 1' } };
    expect((await bodies({ state: 'error', fault }))[0]).toContain(
      '<state>error</state><fault><fault xsi:type="ExtendedFault"><faultCause><fault xsi:type="RequestCanceled"/><localizedMessage/></faultCause>' +
        '<faultTypeId>RequestCanceled</faultTypeId><data><key>after</key><value>disk 1</value></data></fault><localizedMessage>stopped</localizedMessage></fault>',
    );
  });

  it.each([
    ['InvalidState', 'refused'],
    ['InvalidRequest', 'refused'],
    ['InvalidArgument', 'refused'],
    ['NotSupported', 'refused'],
    ['ManagedObjectNotFound', 'not_found'],
    ['NoPermission', 'permanent'],
    ['SystemError', 'transient'],
    ['SomethingNew', 'transient'],
  ])('%s means %s', async (type, kind) => {
    const http = loggedIn(() => answering(type));
    const outcome = await report(job, { state: 'running' }, connectionOf({ http }));
    expect(outcome).toMatchObject(kind === 'refused' ? { kind, error: { code: type } } : { kind, code: type });
  });

  it('a call that did not get through is a failure, whatever the reason', async () => {
    for (const failure of [new HttpFailure('refused', false, 'x'), new HttpFailure('timeout', true, 'x')]) {
      const connection = connectionOf({ http: loggedIn(() => failure) });
      expect(await report(job, { state: 'success' }, connection)).toMatchObject({ kind: 'transient' });
    }
  });
});
