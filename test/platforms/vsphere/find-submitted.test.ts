import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SubmitIntent } from '../../../shared/job/job.ts';
import type { Observation } from '../../../shared/job/outcome.ts';
import type { Accepted } from '../../../shared/platforms/adapter.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf } from './connection.ts';
import { acceptedJob, jobOf, type Rig, signal, startRig } from './rig.ts';

const powerOn = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-57' } };

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

const intentOf = (request: unknown): SubmitIntent =>
  rig.connection.intent(request, { id: '01JOB', createdAt: Date.now() })!;

describe('VS-24 a submit without an answer', () => {
  it('is found by what it was called on, by whom and when', async () => {
    const request = rig.simulator.scenarios.succeeds(60);
    rig.simulator.inject('lost-answer', { call: 'PowerOnVM_Task' });
    const intent = intentOf(request);
    expect(await rig.submit(request, intent)).toMatchObject({ kind: 'unknown', error: { outcomeUncertain: true } });
    const found = await rig.connection.findSubmitted!(intent, { signal });
    expect(found).toMatchObject({
      kind: 'accepted',
      handle: { entity: request.target, queueTime: expect.any(Number) },
    });
    expect(rig.simulator.calls.PowerOnVM_Task).toBe(1);
    expect(await rig.look(acceptedJob(found as Accepted))).toMatchObject({
      status: 'RUNNING',
    });
  });

  it('is found in the history when the task is gone already', async () => {
    const request = rig.simulator.scenarios.succeeds(0);
    const intent = intentOf(request);
    const { platformJobId } = (await rig.submit(request, intent)) as Accepted;
    rig.simulator.forget(platformJobId!);
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'accepted', platformJobId });
    expect(rig.simulator.calls.DestroyCollector).toBe(1);
  });

  it('that never arrived is absent', async () => {
    const request = rig.simulator.scenarios.succeeds(60);
    rig.simulator.inject('hang', { call: 'PowerOnVM_Task' });
    const intent = intentOf(request);
    expect(await rig.submit(request, intent)).toMatchObject({ kind: 'unknown' });
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'absent' });
  });

  it('is not taken for what somebody else did, or for what was done before', async () => {
    const adopted = rig.simulator.scenarios.adopts(60);
    const { handle } = rig.connection.adopt(adopted);
    const seen = await rig.look(jobOf(handle));
    const target = (seen as Observation).handle!.entity;
    expect(
      await rig.connection.findSubmitted!(intentOf({ operation: 'PowerOnVM_Task', target }), { signal }),
    ).toMatchObject({ kind: 'absent' });

    const request = rig.simulator.scenarios.succeeds(60);
    await rig.submit(request);
    const later = { ...intentOf(request), sentAt: Date.now() + 60_000 };
    expect(await rig.connection.findSubmitted!(later, { signal })).toMatchObject({ kind: 'absent' });
  });

  it('is ambiguous among several', async () => {
    const request = rig.simulator.scenarios.succeeds(60);
    const intent = intentOf(request);
    await rig.submit(request);
    await rig.submit(request);
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({
      kind: 'ambiguous',
      details: { tasks: [{}, {}] },
    });
  });

  it('measures the clock of the server instead of trusting ours', async () => {
    const ahead = connectionOf({
      http: fetchHttpClient(),
      url: rig.simulator.connection.url as string,
      now: () => Date.now() + 3_600_000,
    });
    const request = rig.simulator.scenarios.succeeds(60);
    const intent = ahead.intent(request, { id: 'j', createdAt: Date.now() + 3_600_000 })!;
    await ahead.submit(request, intent, { signal });
    expect(await ahead.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'accepted' });
  });

  it('on an object that tasks do not name is left to an operator', async () => {
    const { target } = rig.simulator.scenarios.succeeds(0);
    const made = (await rig.submit({
      operation: 'CreateSnapshot_Task',
      target,
      arguments: { name: 'n', memory: false, quiesce: false },
    })) as Accepted;
    const seen = (await rig.look(acceptedJob(made))) as Observation;
    const request = {
      operation: 'RemoveSnapshot_Task',
      target: { type: 'VirtualMachineSnapshot', value: seen.resource!.id },
      arguments: { removeChildren: false },
    };
    const intent = intentOf(request);
    expect(await rig.submit(request, intent)).toMatchObject({ kind: 'accepted' });
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'ambiguous' });
  });

  it('with an unreachable server says nothing', async () => {
    const intent = intentOf(powerOn);
    rig.simulator.inject('unavailable');
    expect(await rig.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'transient' });
    expect(await rig.connection.findSubmitted!({}, { signal })).toMatchObject({ kind: 'permanent' });
  });
});
