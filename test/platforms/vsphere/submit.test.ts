import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import { HttpFailure } from '../../../shared/http/client.ts';
import type { Accepted } from '../../../shared/platforms/adapter.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf } from './connection.ts';
import { fixture } from './fixture.ts';
import { type Answer, loggedIn, type Rig, signal, startRig } from './rig.ts';

const powerOn = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-57' } };

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

const answering = (answer: Answer) => loggedIn(() => answer);

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
    const request = rig.simulator.scenarios.succeeds(1);
    const outcome = await rig.submit(request);
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
    const { target } = rig.simulator.scenarios.succeeds(0);
    const snapshot = {
      operation: 'CreateSnapshot_Task',
      target,
      arguments: { quiesce: false, memory: false, name: 'before' },
    };
    expect(await rig.submit(snapshot)).toMatchObject({ kind: 'accepted' });
    const clone = {
      operation: 'CloneVM_Task',
      target,
      arguments: {
        spec: { powerOn: false, template: false, location: {} },
        name: 'copy',
        folder: { type: 'Folder', value: 'group-v3' },
      },
    };
    expect(await rig.submit(clone)).toMatchObject({ kind: 'accepted' });
  });

  it('is refused by the platform', async () => {
    expect(await rig.submit(rig.simulator.scenarios.refused())).toMatchObject({
      kind: 'refused',
      error: { code: 'ManagedObjectNotFound', retryable: false },
    });
    const { target } = rig.simulator.scenarios.succeeds(0);
    expect(await rig.submit({ operation: 'CreateSnapshot_Task', target, arguments: { name: 'x' } })).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidRequest' },
    });
  });

  it('is refused by us before anything is sent', async () => {
    const { target } = rig.simulator.scenarios.succeeds(0);
    const control = { operation: 'Rename_Task', target, arguments: { newName: 'a\u0001' } };
    expect(await rig.submit(control)).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidArguments', message: expect.stringContaining('newName') },
    });
    expect(await rig.submit({ ...control, arguments: { newName: [['a']] } })).toMatchObject({ kind: 'refused' });
    expect(rig.simulator.calls).toEqual({});
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
  ] as [string, Answer, string][])('%s means %s', async (_what, answer, kind) => {
    const http = answering(answer);
    expect(await connectionOf({ http }).submit(powerOn, undefined, { signal })).toMatchObject({ kind });
    const sent = http.asked.filter((it) => it.body.includes('PowerOnVM_Task')).length;
    expect(sent).toBe((answer as { status?: number }).status === 401 ? 2 : 1);
  });

  it('that could not log in is unavailable, whatever the reason', async () => {
    for (const name of ['unavailable', 'reset', 'html'] as Fault[]) {
      rig.simulator.inject(name, { call: 'Login' });
      expect(await rig.submit(rig.simulator.scenarios.succeeds(0))).toMatchObject({ kind: 'unavailable' });
    }
    expect(rig.simulator.calls.PowerOnVM_Task).toBeUndefined();
  });

  it('never gives away the password', async () => {
    const secret = async () => ({ username: 'op', password: 'hunter2-hunter2' });
    for (const name of ['unavailable', 'reset', 'html', 'truncated'] as Fault[]) {
      rig.simulator.inject(name, { call: 'Login' });
      const outcome = await connectionOf({
        http: fetchHttpClient(),
        url: rig.simulator.connection.url as string,
        secret,
      }).submit(powerOn, undefined, { signal });
      expect(JSON.stringify(outcome)).not.toContain('hunter2');
    }
  });
});
