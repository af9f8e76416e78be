import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { HttpFailure } from '../../../shared/http/client.ts';
import type { Observation } from '../../../shared/job/outcome.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf } from './connection.ts';
import { jobOf, pause, type Rig, signal, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

async function restart(options: Parameters<typeof startRig>[0]): Promise<void> {
  await rig.simulator.close();
  rig = await startRig(options);
}

describe('a look', () => {
  it('follows a task from queued over running to its end', async () => {
    await restart({ queueSeconds: 10 });
    // The simulator's clock is this process's, and stands still but for these leaps.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const leap = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
    const job = await rig.submitted(rig.simulator.scenarios.succeeds(40));
    expect(await rig.look(job)).toMatchObject({ kind: 'observed', status: 'QUEUED' });
    leap(25);
    const running = (await rig.look(job)) as Observation;
    expect(running).toMatchObject({ kind: 'observed', status: 'RUNNING' });
    expect(running.progress).toBeGreaterThan(0);
    leap(25);
    const ended = (await rig.look(job)) as Observation;
    expect(ended).toMatchObject({ status: 'SUCCEEDED', progress: 100 });
    expect(ended.completedAt! - ended.startedAt!).toBe(30_000);
  });

  it('tells a failure in the words of the platform', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.fails(0));
    expect(await rig.look(job)).toMatchObject({
      status: 'FAILED',
      error: { code: 'HostNotConnected', retryable: true },
    });
  });

  it('learns what identifies the task once, and then returns no handle', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    const first = (await rig.look(job)) as Observation;
    expect(first.handle).toMatchObject({
      ...job.handle,
      entity: job.handle.target,
      queueTime: expect.any(Number),
      eventChainId: expect.any(Number),
    });
    const second = (await rig.look({ ...job, handle: first.handle! })) as Observation;
    expect(second).not.toHaveProperty('handle');
  });

  it('VS-05 asks about 300 tasks in one call, purged ones among them', async () => {
    const known = [];
    for (let n = 0; n < 300; n++)
      known.push(await rig.looked(await rig.submitted(rig.simulator.scenarios.runsForever())));
    const before = { ...rig.simulator.calls };
    const outcomes = await rig.connection.check(known, { signal });
    expect(rig.simulator.calls.RetrievePropertiesEx! - before.RetrievePropertiesEx!).toBe(1);
    expect([...outcomes.values()].every((it) => it.kind === 'observed')).toBe(true);

    rig.simulator.forget(known[7]!.handle.task as string);
    const after = await rig.connection.check(known, { signal });
    expect(after.get(known[7]!.id)!.kind).toBe('not_found');
    expect([...after.values()].filter((it) => it.kind === 'observed')).toHaveLength(299);
  });

  it('asks about thousands in calls of a thousand, so that an answer stays within what we read', async () => {
    const jobs = Array.from({ length: 2500 }, () =>
      jobOf(rig.connection.adopt(rig.simulator.scenarios.adopts(60)).handle),
    );
    const outcomes = await rig.connect(10_000).check(jobs, { signal });
    expect([...outcomes.values()].filter((it) => it.kind === 'observed')).toHaveLength(2500);
    expect(rig.simulator.calls.RetrievePropertiesEx).toBe(3);
  });

  it('reads all pages of an answer', async () => {
    await restart({ pageSize: 7 });
    const jobs = await Promise.all(
      Array.from({ length: 20 }, () => rig.submitted(rig.simulator.scenarios.runsForever())),
    );
    const outcomes = await rig.connection.check(jobs, { signal });
    expect([...outcomes.values()].map((it) => it.kind)).toEqual(Array(20).fill('observed'));
    expect(rig.simulator.calls.ContinueRetrievePropertiesEx).toBe(2);
  });

  it('tells two jobs about the same task', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    const twin = jobOf({ task: job.handle.task! });
    const outcomes = await rig.connection.check([job, twin], { signal });
    expect([...outcomes.keys()]).toEqual([job.id, twin.id]);
  });

  it('adopts a task that somebody else has started', async () => {
    const { handle, platformJobId } = rig.connection.adopt(rig.simulator.scenarios.adopts(0.05));
    expect(platformJobId).toMatch(/^task-/);
    await pause(60);
    expect(await rig.look(jobOf(handle))).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('VS-16 sees through a success that hides a failure', async () => {
    await restart({ taskSeconds: 0 });
    const vm = rig.newVm();
    const job = await rig.submitted({
      operation: 'PowerOnMultiVM_Task',
      target: { type: 'Datacenter', value: 'datacenter-2' },
      arguments: { vm: [vm, { type: 'VirtualMachine', value: 'vm-nowhere' }] },
    });
    expect(await rig.look(job)).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      parts: [
        { id: 'vm-nowhere', status: 'FAILED' },
        { id: vm.value, status: 'SUCCEEDED' },
      ],
    });
  });

  it('says of a handle without a task that it is no handle', async () => {
    expect(await rig.look(jobOf({}))).toMatchObject({ kind: 'permanent', code: 'BadHandle' });
  });
});

describe('a task that is gone', () => {
  it('VS-06 has its end in the history', async () => {
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
    rig.simulator.forget(job.handle.task as string);
    expect(await rig.look(job)).toMatchObject({ kind: 'observed', status: 'SUCCEEDED' });
    expect(rig.simulator.calls.DestroyCollector).toBe(rig.simulator.calls.CreateCollectorForTasks);
  });

  it('VS-06 VS-07 has its end in the history, even if it was never seen alive', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.fails(0));
    rig.simulator.forget(job.handle.task as string);
    expect(await rig.look(job)).toMatchObject({ kind: 'observed', status: 'FAILED' });
  });

  it('VS-28 is found although its entity went with it', async () => {
    await restart({ taskSeconds: 0 });
    const job = await rig.looked(await rig.submitted({ operation: 'Destroy_Task', target: rig.newVm() }));
    rig.simulator.forget(job.handle.task as string);
    expect(await rig.look(job)).toMatchObject({ kind: 'observed', status: 'SUCCEEDED' });
  });

  it('a history row that was still running is no live status', async () => {
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.runsForever()));
    rig.simulator.forget(job.handle.task as string);
    expect(await rig.look(job)).toMatchObject({
      kind: 'not_found',
      message: expect.stringContaining('history ends with running'),
    });
  });

  it('an adopted task of which only the id is known is not found', async () => {
    expect(await rig.look(jobOf({ task: 'task-999999' }))).toMatchObject({ kind: 'not_found' });
  });

  it('is asked for together with all that vanished at once, as in a restart', async () => {
    const jobs = [];
    for (let n = 0; n < 60; n++) jobs.push(await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0))));
    const lost = await rig.looked(await rig.submitted(rig.simulator.scenarios.runsForever()));
    for (const job of [...jobs, lost]) rig.simulator.forget(job.handle.task as string);
    const outcomes = await rig.connection.check([...jobs, lost], { signal });
    expect(jobs.map((job) => outcomes.get(job.id)!.kind)).toEqual(Array(60).fill('observed'));
    expect(outcomes.get(lost.id)!.kind).toBe('not_found');
    expect(rig.simulator.calls.CreateCollectorForTasks).toBe(1);
  });

  it('waits for the next look where asking for each would take too long', async () => {
    const jobs = [];
    for (let n = 0; n < 30; n++) jobs.push(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
    for (const job of jobs) rig.simulator.forget(job.handle.task as string);
    const outcomes = [...(await rig.connection.check(jobs, { signal })).values()];
    expect(outcomes.filter((it) => it.kind === 'observed')).toHaveLength(25);
    expect(outcomes.filter((it) => it.kind === 'transient')).toHaveLength(5);
  });

  it('is found on a later page of a history that is long', async () => {
    const target = rig.newVm();
    const jobs = [];
    for (let n = 0; n < 230; n++) jobs.push(await rig.submitted({ operation: 'PowerOnVM_Task', target }));
    const last = jobs.at(-1)!;
    rig.simulator.forget(last.handle.task as string);
    expect(await rig.look(last)).toMatchObject({ kind: 'observed', status: 'FAILED' });
    expect(rig.simulator.calls.ReadNextTasks).toBe(3);
  });

  it('ESXi has no history', async () => {
    await restart({ esxi: true });
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
    expect(job.handle).not.toHaveProperty('instanceUuid');
    rig.simulator.forget(job.handle.task as string);
    expect(await rig.look(job)).toMatchObject({ kind: 'not_found', message: expect.stringContaining('no history') });
  });

  it('costs the others nothing when it cannot be looked into', async () => {
    const gone = await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
    const here = await rig.looked(await rig.submitted(rig.simulator.scenarios.runsForever()));
    rig.simulator.forget(gone.handle.task as string);
    const http = fetchHttpClient();
    let reads = 0;
    const failing: typeof http = {
      request: async (request) => {
        if (String(request.body).includes('<RetrievePropertiesEx') && ++reads === 2)
          throw new HttpFailure('reset', true, 'reset');
        return http.request(request);
      },
    };
    const outcomes = await connectionOf({ http: failing, url: rig.url }).check([gone, here], { signal });
    expect(outcomes.get(gone.id)).toMatchObject({ kind: 'transient', code: 'http.reset' });
    expect(outcomes.get(here.id)).toMatchObject({ kind: 'observed', status: 'RUNNING' });
  });

  it('a history that cannot be read says nothing', async () => {
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
    rig.simulator.forget(job.handle.task as string);
    rig.simulator.inject('unavailable', { call: 'ReadNextTasks' });
    expect(await rig.look(job)).toMatchObject({ kind: 'transient', code: 'HTTP 503' });
    expect(rig.simulator.calls.DestroyCollector).toBe(1);
    expect(await rig.look(job)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('VS-25, VS-26 a task of the same id that is not ours', () => {
  it('is not asked for at another vCenter', async () => {
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
    const before = { ...rig.simulator.calls };
    const elsewhere = { ...job, handle: { ...job.handle, instanceUuid: 'another' } };
    expect(await rig.look(elsewhere)).toMatchObject({ kind: 'permanent', code: 'OtherServer' });
    expect(await rig.connection.cancel!(elsewhere, { signal })).toMatchObject({
      kind: 'permanent',
      code: 'OtherServer',
    });
    expect(rig.simulator.calls).toEqual(before);
  });

  it.each([
    ['works on something else', { entity: { type: 'VirtualMachine', value: 'vm-9999' } }],
    ['was queued at another time', { queueTime: Date.now() - 86_400_000 }],
  ])('is not observed when it %s', async (_what, other) => {
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
    const outcome = await rig.look({ ...job, handle: { ...job.handle, ...other } });
    expect(outcome).toMatchObject({ kind: 'not_found', message: expect.stringContaining("another task's now") });
  });
});
