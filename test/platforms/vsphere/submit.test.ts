import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, Simulator } from '../../../infra/local/simulators/simulator.ts';
import { startVsphereSimulator } from '../../../infra/local/simulators/vsphere.ts';
import { HttpFailure } from '../../../shared/http/client.ts';
import type { SubmitIntent } from '../../../shared/job/job.ts';
import type { Accepted, JobRef, PlatformConnection, SubmitOutcome } from '../../../shared/platforms/adapter.ts';
import { adapter } from '../../../shared/platforms/vsphere/index.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf, scripted } from './connection.ts';
import { fixture } from './fixture.ts';

const signal = AbortSignal.timeout(60_000);
const powerOn = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-57' } };

let simulator: Simulator;
let connection: PlatformConnection;

beforeEach(async () => {
  simulator = await startVsphereSimulator({ queueSeconds: 0 });
  connection = connectionOf({ http: fetchHttpClient({ timeoutMs: 300 }), url: simulator.connection.url as string });
});
afterEach(() => simulator.close());

const intentOf = (request: unknown): SubmitIntent =>
  connection.intent(request, { id: '01JOB', createdAt: Date.now() })!;
const submit = (request: unknown, intent?: SubmitIntent) => connection.submit(request, intent, { signal });
const jobOf = (outcome: SubmitOutcome): JobRef => ({
  id: 'j',
  operation: 'x',
  handle: (outcome as Accepted).handle,
  createdAt: 0,
});

/** Answers the login, and the submit as told. */
function answering(answer: ReturnType<Parameters<typeof scripted>[0]>) {
  return scripted((method) => {
    if (method === 'RetrieveServiceContent') return { body: fixture('service-content') };
    if (method === 'Login') return { body: fixture('login'), headers: { 'set-cookie': 'vmware_soap_session="x"' } };
    return answer;
  });
}

const fault = (type: string, text = 'no') => ({
  status: 500,
  body: fixture('login-refused')
    .replace('InvalidLoginFault', `${type}Fault`)
    .replace('</InvalidLoginFault', `</${type}Fault`)
    .replace('type="InvalidLogin"', `type="${type}"`)
    .replace(/<faultstring>[^<]*/, `<faultstring>${text}`),
});

describe('a submit', () => {
  it('is accepted with what is known of the task', async () => {
    const request = simulator.scenarios.succeeds(1);
    const outcome = await submit(request);
    expect(outcome).toMatchObject({
      kind: 'accepted',
      handle: { target: request.target, instanceUuid: expect.any(String), sentAt: expect.any(Number) },
    });
    expect((outcome as Accepted).platformJobId).toBe((outcome as Accepted).handle.task);
  });

  it('carries the id of the job into the logs of the server, on a connection of its own', async () => {
    const http = answering(fault('InvalidArgument'));
    const through = connectionOf({ http });
    await through.submit(powerOn, through.intent(powerOn, { id: '01JOB', createdAt: 0 }), { signal });
    expect(http.asked.at(-1)).toMatchObject({ method: 'PowerOnVM_Task', fresh: true });
    expect(http.asked.at(-1)!.body).toContain('<operationID xmlns="urn:vim25">pollux-01JOB</operationID>');
  });

  it('is taken by a server that insists on the order of parameters', async () => {
    const { target } = simulator.scenarios.succeeds(0);
    const snapshot = {
      operation: 'CreateSnapshot_Task',
      target,
      arguments: { quiesce: false, memory: false, name: 'before' },
    };
    expect(await submit(snapshot)).toMatchObject({ kind: 'accepted' });
    const clone = {
      operation: 'CloneVM_Task',
      target,
      arguments: {
        spec: { powerOn: false, template: false, location: {} },
        name: 'copy',
        folder: { type: 'Folder', value: 'group-v3' },
      },
    };
    expect(await submit(clone)).toMatchObject({ kind: 'accepted' });
  });

  it('is refused by the platform', async () => {
    expect(await submit(simulator.scenarios.refused())).toMatchObject({
      kind: 'refused',
      error: { code: 'ManagedObjectNotFound', retryable: false },
    });
    const { target } = simulator.scenarios.succeeds(0);
    expect(await submit({ operation: 'CreateSnapshot_Task', target, arguments: { name: 'x' } })).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidRequest' },
    });
  });

  it('is refused by us before anything is sent', async () => {
    const { target } = simulator.scenarios.succeeds(0);
    const control = { operation: 'Rename_Task', target, arguments: { newName: 'a\u0001' } };
    expect(await submit(control)).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidArguments', message: expect.stringContaining('newName') },
    });
    expect(await submit({ ...control, arguments: { newName: [['a']] } })).toMatchObject({ kind: 'refused' });
    expect(simulator.calls).toEqual({});
  });

  it.each([
    ['NoPermission', 'refused'],
    ['InvalidState', 'refused'],
    ['TaskInProgress', 'refused'],
    ['NotSupported', 'refused'],
    ['SomethingNew', 'refused'],
    ['MethodDisabled', 'unavailable'],
    ['HostNotConnected', 'unavailable'],
    ['SystemError', 'unknown'],
    ['DatabaseError', 'unknown'],
    ['Timedout', 'unknown'],
  ])('%s means %s', async (type, kind) => {
    const outcome = await connectionOf({ http: answering(fault(type)) }).submit(powerOn, undefined, { signal });
    expect(outcome).toMatchObject({ kind, error: { code: type } });
  });

  it('VS-37 another product that has the VM for itself has it for minutes', async () => {
    const outcome = await connectionOf({ http: answering(fault('MethodDisabled')) }).submit(powerOn, undefined, {
      signal,
    });
    expect(outcome).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 300 });
  });

  it.each([
    ['a refused connection', new HttpFailure('refused', false, 'x'), 'unavailable'],
    ['a certificate', new HttpFailure('tls', false, 'x'), 'unavailable'],
    ['a reset after sending', new HttpFailure('reset', true, 'x'), 'unknown'],
    ['a time-out', new HttpFailure('timeout', true, 'x'), 'unknown'],
    ['502', { status: 502 }, 'unknown'],
    ['503', { status: 503 }, 'unknown'],
    ['504', { status: 504 }, 'unknown'],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, 'unavailable'],
    ['401', { status: 401 }, 'unavailable'],
    ['a redirect', { status: 307 }, 'unavailable'],
    ['a web page', { status: 200, body: '<html/>' }, 'unknown'],
    ['nothing', { status: 200, body: '' }, 'unknown'],
    ['half an answer', { status: 200, body: fixture('login').slice(0, 300) }, 'unknown'],
    [
      'an answer without a task',
      { status: 200, body: fixture('answer-empty').replaceAll('RetrievePropertiesEx', 'PowerOnVM_Task') },
      'unknown',
    ],
  ] as [string, ReturnType<Parameters<typeof scripted>[0]>, string][])('%s means %s', async (_what, answer, kind) => {
    const http = answering(answer);
    expect(await connectionOf({ http }).submit(powerOn, undefined, { signal })).toMatchObject({ kind });
    const sent = http.asked.filter((it) => it.body.includes('PowerOnVM_Task')).length;
    expect(sent).toBe((answer as { status?: number }).status === 401 ? 2 : 1);
  });

  it('that could not log in is unavailable, whatever the reason', async () => {
    for (const name of ['unavailable', 'reset', 'html'] as Fault[]) {
      simulator.inject(name, { call: 'Login' });
      expect(await submit(simulator.scenarios.succeeds(0))).toMatchObject({ kind: 'unavailable' });
    }
    expect(simulator.calls.PowerOnVM_Task).toBeUndefined();
  });

  it('never gives away the password', async () => {
    const secret = async () => ({ username: 'op', password: 'hunter2-hunter2' });
    for (const name of ['unavailable', 'reset', 'html', 'truncated'] as Fault[]) {
      simulator.inject(name, { call: 'Login' });
      const outcome = await connectionOf({
        http: fetchHttpClient(),
        url: simulator.connection.url as string,
        secret,
      }).submit(powerOn, undefined, { signal });
      expect(JSON.stringify(outcome)).not.toContain('hunter2');
    }
  });
});

describe('VS-24 a submit without an answer', () => {
  it('is found by what it was called on, by whom and when', async () => {
    const request = simulator.scenarios.succeeds(60);
    simulator.inject('lost-answer', { call: 'PowerOnVM_Task' });
    const intent = intentOf(request);
    expect(await submit(request, intent)).toMatchObject({ kind: 'unknown', error: { outcomeUncertain: true } });
    const found = await connection.findSubmitted!(intent, { signal });
    expect(found).toMatchObject({
      kind: 'accepted',
      handle: { entity: request.target, queueTime: expect.any(Number) },
    });
    expect(simulator.calls.PowerOnVM_Task).toBe(1);
    expect((await connection.check([jobOf(found as Accepted)], { signal })).get('j')).toMatchObject({
      status: 'RUNNING',
    });
  });

  it('is found in the history when the task is gone already', async () => {
    const request = simulator.scenarios.succeeds(0);
    const intent = intentOf(request);
    const { platformJobId } = (await submit(request, intent)) as Accepted;
    simulator.forget(platformJobId!);
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'accepted', platformJobId });
    expect(simulator.calls.DestroyCollector).toBe(1);
  });

  it('that never arrived is absent', async () => {
    const request = simulator.scenarios.succeeds(60);
    simulator.inject('hang', { call: 'PowerOnVM_Task' });
    const intent = intentOf(request);
    expect(await submit(request, intent)).toMatchObject({ kind: 'unknown' });
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'absent' });
  });

  it('is not taken for what somebody else did, or for what was done before', async () => {
    const adopted = simulator.scenarios.adopts(60);
    const { handle } = connection.adopt(adopted);
    const seen = (await connection.check([{ id: 'j', operation: 'x', handle, createdAt: 0 }], { signal })).get('j');
    const target = (seen as { handle: { entity: { type: string; value: string } } }).handle.entity;
    expect(
      await connection.findSubmitted!(intentOf({ operation: 'PowerOnVM_Task', target }), { signal }),
    ).toMatchObject({ kind: 'absent' });

    const request = simulator.scenarios.succeeds(60);
    await submit(request);
    const later = { ...intentOf(request), sentAt: Date.now() + 60_000 };
    expect(await connection.findSubmitted!(later, { signal })).toMatchObject({ kind: 'absent' });
  });

  it('is ambiguous among several', async () => {
    const request = simulator.scenarios.succeeds(60);
    const intent = intentOf(request);
    await submit(request);
    await submit(request);
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({
      kind: 'ambiguous',
      details: { tasks: [{}, {}] },
    });
  });

  it('measures the clock of the server instead of trusting ours', async () => {
    const ahead = connectionOf({
      http: fetchHttpClient(),
      url: simulator.connection.url as string,
      now: () => Date.now() + 3_600_000,
    });
    const request = simulator.scenarios.succeeds(60);
    const intent = ahead.intent(request, { id: 'j', createdAt: Date.now() + 3_600_000 })!;
    await ahead.submit(request, intent, { signal });
    expect(await ahead.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'accepted' });
  });

  it('on an object that tasks do not name is left to an operator', async () => {
    const { target } = simulator.scenarios.succeeds(0);
    const made = (await submit({
      operation: 'CreateSnapshot_Task',
      target,
      arguments: { name: 'n', memory: false, quiesce: false },
    })) as Accepted;
    const seen = (await connection.check([jobOf(made)], { signal })).get('j') as { resource: { id: string } };
    const request = {
      operation: 'RemoveSnapshot_Task',
      target: { type: 'VirtualMachineSnapshot', value: seen.resource.id },
      arguments: { removeChildren: false },
    };
    const intent = intentOf(request);
    expect(await submit(request, intent)).toMatchObject({ kind: 'accepted' });
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'ambiguous' });
  });

  it('with an unreachable server says nothing', async () => {
    const intent = intentOf(powerOn);
    simulator.inject('unavailable');
    expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'transient' });
    expect(await connection.findSubmitted!({}, { signal })).toMatchObject({ kind: 'permanent' });
  });
});

describe('a cancel', () => {
  it('is accepted, repeatable, and over once the task has ended', async () => {
    const job = jobOf(await submit(simulator.scenarios.runsForever()));
    expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect((await connection.check([job], { signal })).get('j')).toMatchObject({ status: 'CANCELED' });
    expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
  });

  it('VS-21 is refused where the task cannot be canceled', async () => {
    const { target } = simulator.scenarios.runsForever();
    const job = jobOf(await submit({ operation: 'ReconfigVM_Task', target, arguments: { spec: { numCPUs: 2 } } }));
    expect(await connection.cancel!(job, { signal })).toMatchObject({
      kind: 'refused',
      error: { code: 'NotSupported' },
    });
  });

  it('VS-22 is over where the task is gone', async () => {
    const job = jobOf(await submit(simulator.scenarios.succeeds(0)));
    simulator.forget(job.handle.task as string);
    expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
  });

  it('survives an expired session and says when it cannot get through', async () => {
    const job = jobOf(await submit(simulator.scenarios.runsForever()));
    simulator.expireSessions();
    expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    simulator.inject('unavailable');
    expect(await connection.cancel!(job, { signal })).toMatchObject({ kind: 'transient', code: 'HTTP 503' });
  });
});

describe('VS-19 a rejected login', () => {
  const wrong = { username: 'administrator@vsphere.local', password: 'old' };
  const right = { ...wrong, password: 'simulated' };
  let now: number;
  let stored: typeof wrong;
  let cached: typeof wrong;
  let asked: number;

  const connect = () =>
    connectionOf({
      http: fetchHttpClient(),
      url: simulator.connection.url as string,
      now: () => now,
      secret: async (fresh) => {
        if (fresh) {
          asked++;
          cached = stored;
        }
        return cached;
      },
    });
  const look = async (through: PlatformConnection) =>
    (await through.check([{ id: 'j', operation: 'x', handle: { task: 'task-1' }, createdAt: 0 }], { signal })).get('j');

  beforeEach(() => {
    now = Date.now();
    [stored, cached, asked] = [wrong, wrong, 0];
  });

  it('asks for the secret once more, and tries a new one at once', async () => {
    stored = right;
    expect(await look(connect())).toMatchObject({ kind: 'not_found' });
    expect({ logins: simulator.calls.Login, asked }).toEqual({ logins: 2, asked: 1 });
  });

  it('is not repeated with the same secret for five minutes', async () => {
    const through = connect();
    for (let tick = 0; tick < 5; tick++) {
      expect(await look(through)).toMatchObject({ kind: 'permanent', code: 'InvalidLogin' });
      now += 59_000;
    }
    expect(simulator.calls.Login).toBe(1);
    now += 6000;
    await look(through);
    expect(simulator.calls.Login).toBe(2);
  });

  it('is repeated as soon as the secret is another one', async () => {
    const through = connect();
    await look(through);
    cached = right;
    expect(await look(through)).toMatchObject({ kind: 'not_found' });
    expect(simulator.calls.Login).toBe(2);
  });

  it('makes a submit unavailable, not refused', async () => {
    expect(await connect().submit(powerOn, undefined, { signal })).toMatchObject({
      kind: 'unavailable',
      error: { code: 'InvalidLogin' },
    });
  });
});

describe('what the adapter accepts', () => {
  it('takes the bodies of the scenarios', () => {
    const { scenarios } = simulator;
    for (const body of [scenarios.succeeds(1), scenarios.fails(1), scenarios.runsForever(), scenarios.refused()]) {
      expect(adapter.submitRequest.safeParse(body).success).toBe(true);
    }
    expect(adapter.adoptRequest.safeParse(scenarios.adopts(1)).success).toBe(true);
    expect(adapter.options.safeParse(simulator.connection).success).toBe(true);
    expect(adapter.secret!.safeParse(simulator.secret).success).toBe(true);
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
