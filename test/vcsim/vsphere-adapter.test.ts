import { afterEach, describe, expect, it } from 'vitest';
import type { CheckOutcome, Observation } from '../../shared/job/outcome.ts';
import type { Accepted, JobRef, PlatformConnection, Report, ReportedJob } from '../../shared/platforms/adapter.ts';
import type { MoRef } from '../../shared/platforms/vsphere/moref.ts';
import { Session } from '../../shared/platforms/vsphere/session.ts';
import { element } from '../../shared/xml/write.ts';
import { connectionOf, contextOf, type Parts } from '../platforms/vsphere/connection.ts';
import { fetchHttpClient } from '../support/fetch-http.ts';
import { startVcsim, VCSIM, type Vcsim } from './vcsim.ts';

if (!VCSIM) console.info('vcsim tests are skipped: set POLLUX_VCSIM to the path of the binary');

const signal = AbortSignal.timeout(120_000);
/** The user that vcsim names as the one who started every task. */
const secret = async () => ({ username: 'vcsim', password: 'any' });

let vcsim: Vcsim;
let connection: PlatformConnection;
let logins: number;
let logouts: number;

async function start(...flags: string[]): Promise<void> {
  vcsim = await startVcsim(...flags);
  logins = 0;
  logouts = 0;
  connection = connectionOf(parts());
}

function parts(): Parts {
  const http = fetchHttpClient({ timeoutMs: 5000 });
  const counting: typeof http = {
    request: (request) => {
      if (String(request.body).includes('<Login ')) logins++;
      if (String(request.body).includes('<Logout ')) logouts++;
      return http.request(request);
    },
  };
  return { http: counting, url: vcsim.url, secret };
}

async function vm(name: string): Promise<MoRef> {
  const session = new Session(contextOf({ ...parts(), http: fetchHttpClient() }));
  return session.run(signal, async (live) => {
    const path = element('inventoryPath', {}, `/DC0/vm/${name}`);
    const [found] = await live.call('FindByInventoryPath', { type: 'SearchIndex', value: 'SearchIndex' }, [path]);
    return { type: 'VirtualMachine', value: found!.text };
  });
}

async function submit(operation: string, target: MoRef, args?: Record<string, unknown>): Promise<JobRef> {
  const request = { operation, target, ...(args && { arguments: args }) };
  const intent = connection.intent(request, { id: 'job', createdAt: Date.now() });
  const outcome = await connection.submit(request, intent, { signal });
  expect(outcome).toMatchObject({ kind: 'accepted' });
  const { handle } = outcome as Accepted;
  return { id: String(handle.task), operation, handle, createdAt: Date.now() };
}

async function look(job: JobRef): Promise<CheckOutcome> {
  return (await connection.check([job], { signal })).get(job.id)!;
}

async function end(job: JobRef): Promise<Observation> {
  for (let n = 0; n < 100; n++) {
    const seen = await look(job);
    expect(seen.kind).toBe('observed');
    if (!['QUEUED', 'RUNNING'].includes((seen as Observation).status)) return seen as Observation;
    await pause(100);
  }
  throw new Error(`${job.id} did not end`);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

describe.skipIf(!VCSIM)('against vcsim', () => {
  afterEach(() => vcsim.stop());

  it('a power-off goes from queued over running to success; the second one fails with InvalidPowerState', async () => {
    await start('-task-queue', '300ms', '-task-run', '600ms');
    const target = await vm('DC0_H0_VM0');
    const job = await submit('PowerOffVM_Task', target);
    expect(await look(job)).toMatchObject({
      status: 'QUEUED',
      handle: { entity: target, instanceUuid: expect.any(String) },
    });
    await pause(600);
    expect(await look(job)).toMatchObject({ status: 'RUNNING', progress: expect.any(Number) });
    expect(await end(job)).toMatchObject({ status: 'SUCCEEDED', progress: 100, completedAt: expect.any(Number) });

    expect(await end(await submit('PowerOffVM_Task', target))).toMatchObject({
      status: 'FAILED',
      error: { code: 'InvalidPowerState', retryable: false, details: { alreadyInDesiredState: true } },
    });
  });

  it('a mistyped method and a mistyped type are refused with the one that is meant', async () => {
    await start();
    const target = await vm('DC0_H0_VM0');
    const refused = async (operation: string, type: string) => {
      const outcome = await connection.submit({ operation, target: { ...target, type } }, undefined, { signal });
      expect(outcome).toMatchObject({ kind: 'refused' });
      return (outcome as { error: { message: string } }).error.message;
    };
    expect(await refused('PowerOffVMs_Task', 'VirtualMachine')).toContain('did you mean "PowerOffVM_Task"?');
    expect(await refused('PowerOffVM_Task', 'VirtualMachin')).toContain('did you mean "VirtualMachine"?');
  });

  it('a check of the connection leaves no session behind', async () => {
    await start();
    expect(await connection.probe!({ signal })).toBeUndefined();
    expect(logouts).toBe(logins);
  });

  it('a snapshot gives the resource; a task without progress runs all the same', async () => {
    await start('-task-queue', '0s', '-task-run', '300ms');
    const target = await vm('DC0_H0_VM0');
    const snapshot = await submit('CreateSnapshot_Task', target, { quiesce: false, memory: false, name: 'before' });
    expect(await end(snapshot)).toMatchObject({ status: 'SUCCEEDED', resource: { type: 'VirtualMachineSnapshot' } });
    const spec = { numCPUs: 2, extraConfig: [{ _typeName: 'OptionValue', key: 'guestinfo.job', value: 'nightly' }] };
    const reconfigured = await submit('ReconfigVM_Task', target, { spec });
    expect(await connection.cancel!(reconfigured, { signal })).toMatchObject({
      kind: 'refused',
      error: { code: 'NotSupported' },
    });
    expect(await end(reconfigured)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('a cancel ends CANCELED, and is over after that', async () => {
    await start('-task-queue', '0s', '-task-run', '20s');
    const job = await submit('PowerOffVM_Task', await vm('DC0_H0_VM0'));
    expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    expect(await end(job)).toMatchObject({ status: 'CANCELED', error: { code: 'RequestCanceled' } });
    expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
  });

  it('an idle session is renewed once', async () => {
    await start('-session-idle', '500ms', '-task-queue', '0s', '-task-run', '10s');
    const job = await submit('PowerOffVM_Task', await vm('DC0_H0_VM0'));
    expect(logins).toBe(1);
    // vcsim looks at its sessions once per idle time, so one may live for nearly two.
    await pause(2000);
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'RUNNING' });
    expect(logins).toBe(2);
    await pause(2000);
    await submit('PowerOffVM_Task', await vm('DC0_H0_VM1'));
    expect(logins).toBe(3);
  });

  it('a purged task has its end in the history, and an unknown one is not found', async () => {
    await start('-task-queue', '0s', '-task-run', '200ms');
    const job = await submit('PowerOffVM_Task', await vm('DC0_H0_VM0'));
    const seen = await end(job);
    await vcsim.purge(job.id);
    expect(await look({ ...job, handle: seen.handle! })).toMatchObject({ kind: 'observed', status: 'SUCCEEDED' });
    expect(await look({ ...job, handle: { task: 'task-999999' } })).toMatchObject({ kind: 'not_found' });
  });

  it('a submit whose answer was lost is found again', async () => {
    await start('-task-queue', '0s', '-task-run', '20s');
    const target = await vm('DC0_H0_VM0');
    const intent = connection.intent({ operation: 'PowerOffVM_Task', target }, { id: 'job', createdAt: Date.now() })!;
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'absent' });
    const job = await submit('PowerOffVM_Task', target);
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({
      kind: 'accepted',
      platformJobId: job.id,
    });
  });

  it('fifty tasks are told by one call', async () => {
    await start('-vm', '25', '-task-queue', '0s', '-task-run', '20s');
    const names = [0, 1].flatMap((pool) =>
      Array.from({ length: 25 }, (_, n) => `DC0_${pool ? 'C0_RP0' : 'H0'}_VM${n}`),
    );
    const targets = await Promise.all(names.map(vm));
    const jobs = await Promise.all(targets.map((target) => submit('PowerOffVM_Task', target)));
    const outcomes = await connection.check(jobs, { signal });
    expect([...outcomes.values()].map((it) => (it as Observation).status)).toEqual(Array(50).fill('RUNNING'));
    expect(logins).toBe(1);
  });

  it('an injected fault is told with its class', async () => {
    await start('-task-queue', '0s', '-task-run', '100ms', '-task-fail', 'powerOff=HostNotConnected');
    const job = await submit('PowerOffVM_Task', await vm('DC0_H0_VM0'));
    expect(await end(job)).toMatchObject({ status: 'FAILED', error: { code: 'HostNotConnected', retryable: true } });
  });

  it('ESXi is spoken to with its own singletons', async () => {
    await start('-esx', '-task-queue', '0s', '-task-run', '100ms');
    const session = new Session(contextOf(parts()));
    const target = await session.run(signal, async (live) => {
      const path = element('inventoryPath', {}, '/ha-datacenter/vm/ha-host_VM0');
      const [found] = await live.call('FindByInventoryPath', { type: 'SearchIndex', value: 'ha-searchindex' }, [path]);
      return { type: 'VirtualMachine', value: found!.text };
    });
    expect(await end(await submit('PowerOffVM_Task', target))).toMatchObject({ status: 'SUCCEEDED' });
  });

  const target = () => vm('DC0_H0_VM0');
  const request = async (task: Record<string, unknown> = {}) => ({
    operation: 'CreateTask',
    target: await target(),
    task: { taskTypeId: 'com.example.backup', cancelable: true, ...task },
  });

  async function createTask(task?: Record<string, unknown>): Promise<ReportedJob> {
    const body = await request(task);
    const intent = connection.intent(body, { id: 'job', createdAt: Date.now() });
    const outcome = await connection.submit(body, intent, { signal });
    expect(outcome).toMatchObject({ kind: 'accepted' });
    const { handle } = outcome as Accepted;
    const id = String(handle.task);
    return { id, operation: body.operation, handle, createdAt: Date.now(), status: 'QUEUED' };
  }

  const report = (job: ReportedJob, told: Report) => connection.report!(job, told, { signal, now: Date.now() });

  it('a created task is reported on until its end, by the rules of vim.Task', async () => {
    await start();
    const job = await createTask();
    expect(await look(job)).toMatchObject({ status: 'QUEUED' });
    expect(await report(job, { progress: 10 })).toMatchObject({ kind: 'refused', error: { code: 'InvalidState' } });
    const running = { state: 'running', progress: 140, description: 'Copying disk 2' } as const;
    expect(await report(job, running)).toEqual({ kind: 'accepted' });
    expect(await look(job)).toMatchObject({ status: 'RUNNING', progress: 100, message: 'Copying disk 2' });
    expect(await report(job, { state: 'success', result: { files: 42 } })).toEqual({ kind: 'accepted' });
    expect(await end(job)).toMatchObject({ status: 'SUCCEEDED', progress: 100, result: { files: 42 } });
    expect(await report(job, { state: 'running' })).toMatchObject({ kind: 'refused', error: { code: 'InvalidState' } });
  });

  it('a created task that fails tells the fault of its worker', async () => {
    await start();
    const own = await createTask();
    const fault = { code: 'com.example.DiskFull', message: 'No space left', details: { disk: 'sdb' } };
    expect(await report(own, { state: 'error', fault })).toEqual({ kind: 'accepted' });
    expect(await end(own)).toMatchObject({
      status: 'FAILED',
      error: { code: fault.code, message: fault.message, details: fault.details },
    });

    const native = await createTask();
    const details = { _typeName: 'TaskInProgress', task: { type: 'Task', value: own.id } };
    await report(native, { state: 'error', fault: { code: 'busy', message: 'Busy', details } });
    expect(await end(native)).toMatchObject({ status: 'FAILED', error: { code: 'TaskInProgress', retryable: true } });
  });

  it('a cancel of a created task is seen by its worker, who ends it', async () => {
    await start();
    const job = await createTask();
    await report(job, { state: 'running' });
    expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    expect(await look(job)).toMatchObject({ status: 'RUNNING', message: 'Cancel requested' });
    await report(job, { state: 'error', fault: { code: 'RequestCanceled', message: 'Stopped' } });
    expect(await end(job)).toMatchObject({
      status: 'CANCELED',
      error: { code: 'RequestCanceled', message: 'Stopped' },
    });

    const uncancelable = await createTask({ cancelable: false });
    expect(await connection.cancel!(uncancelable, { signal })).toMatchObject({ error: { code: 'NotSupported' } });
  });

  it('a created task is found by entity, type and user where the server does not show its token', async () => {
    await start('-task-types', 'com.example.backup');
    const body = await request({ initiatedBy: 'scheduler' });
    const intent = connection.intent(body, { id: 'job', createdAt: Date.now() })!;
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'absent' });
    const job = await createTask({ initiatedBy: 'scheduler' });
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({
      kind: 'accepted',
      platformJobId: job.id,
      handle: { taskTypeId: 'com.example.backup' },
    });

    const unknown = await request({ taskTypeId: 'com.example.unheard' });
    expect(await connection.submit(unknown, undefined, { signal })).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidArgument', message: expect.stringContaining('no extension') },
    });
  });
});
