import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Accepted } from '../../../shared/platforms/adapter.ts';
import { connectionOf } from './connection.ts';
import { acceptedJob, loggedIn, type Rig, signal, startRig } from './rig.ts';

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

describe('a created task', () => {
  it('is accepted with what CreateTask tells of it', async () => {
    const request = create({ initiatedBy: 'scheduler', parentTaskKey: 'task-1' });
    const outcome = (await rig.submit(request)) as Accepted;
    expect(outcome).toMatchObject({
      kind: 'accepted',
      platformJobId: outcome.handle.task,
      handle: {
        taskTypeId: 'com.example.backup',
        target: request.target,
        entity: request.target,
        instanceUuid: expect.any(String),
        queueTime: expect.any(Number),
        sentAt: expect.any(Number),
      },
    });
  });

  it('is sent in declared order, to the TaskManager that the server names, with a token', async () => {
    const target = { type: 'VirtualMachine', value: 'vm-57' };
    const given = {
      activationId: 'mine',
      cancelable: true,
      initiatedBy: 'op',
      taskTypeId: 't',
      parentTaskKey: 'task-1',
    };
    const request = { operation: 'CreateTask', target, task: given };
    const sent = async (
      it: typeof request | { operation: string; target: typeof target; task: { taskTypeId: string } },
    ) => {
      const http = loggedIn(() => ({ status: 503 }));
      const connection = connectionOf({ http });
      const outcome = await connection.submit(it, connection.intent(it, { id: '01JOB', createdAt: 0 }), { signal });
      expect(outcome).toMatchObject({ kind: 'unknown' });
      expect(http.asked.at(-1)).toMatchObject({ fresh: true });
      return http.asked.at(-1)!.body;
    };
    expect(await sent(request)).toContain(
      '<_this type="TaskManager">TaskManager</_this><obj type="VirtualMachine">vm-57</obj><taskTypeId>t</taskTypeId><initiatedBy>op</initiatedBy>' +
        '<cancelable>true</cancelable><parentTaskKey>task-1</parentTaskKey><activationId>mine</activationId></CreateTask>',
    );
    expect(await sent({ operation: 'CreateTask', target, task: { taskTypeId: 't' } })).toContain(
      '<taskTypeId>t</taskTypeId><cancelable>false</cancelable><activationId>pollux-01JOB</activationId></CreateTask>',
    );
  });

  it('is refused where no extension has registered its type', async () => {
    expect(await rig.submit(create({ taskTypeId: 'com.example.unheard' }))).toMatchObject({
      kind: 'refused',
      error: {
        code: 'InvalidArgument',
        message: expect.stringContaining(
          'no extension of this vCenter has registered the task type "com.example.unheard"',
        ),
      },
    });
  });

  it('is refused on an object that is not there, and before any call when it cannot be written', async () => {
    const gone = { ...create(), target: { type: 'VirtualMachine', value: 'vm-1' } };
    expect(await rig.submit(gone)).toMatchObject({ kind: 'refused', error: { code: 'ManagedObjectNotFound' } });
    const calls = rig.simulator.calls.CreateTask;
    expect(await rig.submit(create({ initiatedBy: 'a\u0001' }))).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidArguments' },
    });
    expect(rig.simulator.calls.CreateTask).toBe(calls);
  });

  it('does not keep others off its object', async () => {
    const request = create();
    await rig.submit(request);
    const job = await rig.submitted({ operation: 'RemoveAllSnapshots_Task', target: request.target });
    expect(await rig.look(job)).not.toMatchObject({ status: 'FAILED' });
  });
});

describe('VS-24 a created task whose answer was lost', () => {
  const noted = (request: unknown, id = '01JOB') => rig.connection.intent(request, { id, createdAt: Date.now() })!;

  it('is found by its token, even among its like, and is ours to report on', async () => {
    const request = create({ initiatedBy: 'scheduler' });
    const intent = noted(request);
    await rig.submit(request, noted(request, '02JOB'));
    await rig.submit(request);
    rig.simulator.inject('lost-answer', { call: 'CreateTask' });
    expect(await rig.submit(request, intent)).toMatchObject({ kind: 'unknown' });
    const found = (await rig.connection.findSubmitted!(intent, { signal })) as Accepted;
    expect(found).toMatchObject({ kind: 'accepted', handle: { taskTypeId: 'com.example.backup' } });
    expect(rig.simulator.calls.CreateTask).toBe(3);
    const job = { ...acceptedJob(found), status: 'QUEUED' as const };
    expect(await rig.connection.report!(job, { state: 'running' }, { signal, now: Date.now() })).toEqual({
      kind: 'accepted',
    });
  });

  it("is found by the caller's token, and is ambiguous where that is given to several", async () => {
    const request = create({ activationId: 'nightly' });
    const intent = noted(request);
    await rig.submit(request, intent);
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'accepted' });
    await rig.submit(request, intent);
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'ambiguous' });
  });

  it('is found on an object that no other method could be looked for on', async () => {
    const taken = rig.newVm();
    const snapshot = await rig.submitted({
      operation: 'CreateSnapshot_Task',
      target: taken,
      arguments: { name: 'n', memory: false, quiesce: false },
    });
    const value = await untilResource(snapshot);
    const request = { ...create(), target: { type: 'VirtualMachineSnapshot', value } };
    const intent = noted(request);
    await rig.submit(request, intent);
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'accepted' });
  });

  it('is absent where there is another type only, or another token', async () => {
    const request = create();
    const intent = noted(request);
    await rig.submit(request, noted(request, '02JOB'));
    await rig.submit({ ...request, task: { taskTypeId: 'com.example.restore' } });
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'absent' });
  });

  async function untilResource(job: { id: string }): Promise<string> {
    for (;;) {
      const seen = await rig.look(job as never);
      if (seen.kind === 'observed' && seen.resource) return seen.resource.id;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
