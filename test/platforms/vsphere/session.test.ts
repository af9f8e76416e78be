import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import { connectionOf } from './connection.ts';
import { fixture } from './fixture.ts';
import { jobOf, loggedIn, lookThrough, type Rig, signal, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

describe('VS-04 the session', () => {
  it('is opened once for callers that come together, and kept', async () => {
    const requests = Array.from({ length: 10 }, () => rig.simulator.scenarios.runsForever());
    const jobs = await Promise.all(requests.map(rig.submitted));
    for (const job of jobs) await rig.look(job);
    expect(rig.simulator.calls.Login).toBe(1);
    expect(rig.simulator.calls.RetrieveServiceContent).toBe(1);
  });

  it('symptom 1, a fault: logs in again and repeats the call', async () => {
    await rig.submitted(rig.simulator.scenarios.runsForever());
    rig.simulator.expireSessions();
    await rig.submitted(rig.simulator.scenarios.runsForever());
    expect(rig.simulator.calls).toMatchObject({ Login: 2, RelocateVM_Task: 3 });
  });

  it('symptom 1 as recorded, with an empty text: decides by type', async () => {
    const http = loggedIn((_method, _body, count) =>
      count === 1 ? { status: 500, body: fixture('fault-not-authenticated') } : { body: fixture('several-tasks') },
    );
    expect(await lookThrough(connectionOf({ http }), jobOf({ task: 'task-68' }))).toMatchObject({ kind: 'observed' });
    expect(http.asked.map((it) => it.method).filter((it) => it === 'Login')).toHaveLength(2);
  });

  it('symptom 2, a missingSet inside a 200: logs in again and repeats the look', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    rig.simulator.expireSessions();
    expect(await rig.look(job)).toMatchObject({ kind: 'observed', status: 'RUNNING' });
    expect(rig.simulator.calls).toMatchObject({ Login: 2, RetrievePropertiesEx: 2 });
  });

  it('symptom 3, an empty 200: proves the session before anything is called lost', async () => {
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
    rig.simulator.forget(job.handle.task as string);
    rig.simulator.expireSessions();
    expect(await rig.look(job)).toMatchObject({ kind: 'observed', status: 'SUCCEEDED' });
    expect(rig.simulator.calls.Login).toBe(2);
  });

  it('is renewed once for all callers', async () => {
    const jobs = await Promise.all(
      Array.from({ length: 10 }, () => rig.submitted(rig.simulator.scenarios.runsForever())),
    );
    rig.simulator.expireSessions();
    const outcomes = await Promise.all(jobs.map((job) => rig.look(job)));
    expect(outcomes.every((it) => it.kind === 'observed')).toBe(true);
    expect(rig.simulator.calls.Login).toBe(2);
  });

  it('that does not last is not renewed for ever', async () => {
    const http = loggedIn(() => ({ body: fixture('answer-missing-set-not-authenticated') }));
    expect(await lookThrough(connectionOf({ http }), jobOf({ task: 'task-68' }))).toMatchObject({
      code: 'NotAuthenticated',
    });
    expect(http.asked.filter((it) => it.method === 'Login')).toHaveLength(2);
  });
});

describe('every fault of the simulator', () => {
  const faults: Fault[] = [
    'unauthorized',
    'html',
    'empty',
    'hang',
    'truncated',
    'unavailable',
    'reset',
    'throttled',
    'lost-answer',
  ];

  it.each(faults)('%s leaves a look without a state, and the next look tells it', async (fault) => {
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.runsForever()));
    // Twice: a 401 costs a new login and a second try.
    rig.simulator.inject(fault, { count: fault === 'unauthorized' ? 2 : 1, call: 'RetrievePropertiesEx' });
    expect((await rig.look(job)).kind).toMatch(/transient|permanent/);
    expect(await rig.look(job)).toMatchObject({ kind: 'observed', status: 'RUNNING' });
  });

  it.each(faults)('%s at the login is no verdict on a job either', async (fault) => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    const late = rig.connect();
    rig.simulator.inject(fault, { call: 'Login' });
    expect((await lookThrough(late, job)).kind).toMatch(/transient|permanent/);
    expect(await lookThrough(late, job)).toMatchObject({ kind: 'observed' });
  });

  it('obeys the wish of a throttled server', async () => {
    const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.runsForever()));
    rig.simulator.inject('throttled', { call: 'RetrievePropertiesEx' });
    expect(await rig.look(job)).toMatchObject({ kind: 'transient', code: 'HTTP 429', retryAfterSeconds: 1 });
  });

  it('a time limit ends the look', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    rig.simulator.inject('hang', { call: 'RetrievePropertiesEx' });
    const outcomes = await rig.connect(5000).check([job], { signal: AbortSignal.timeout(50) });
    expect(outcomes.get(job.id)).toMatchObject({ kind: 'transient', code: 'http.aborted' });
  });
});

describe('an ended session, in the forms of servers and of gateways before them', () => {
  const soap = (inner: string) =>
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>${inner}</e:Body></e:Envelope>`;
  const fault = (text: string, detail = '') => ({
    status: 500,
    body: soap(`<e:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${text}</faultstring>${detail}</e:Fault>`),
  });
  const PAGE = '<!DOCTYPE html><html><body><form><input type="password" name="p"></form></body></html>';
  const RUNNING =
    '<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval><objects><obj type="Task">task-1</obj><propSet><name>info</name><val xsi:type="TaskInfo"><key>task-1</key><state>running</state></val></propSet></objects></returnval></RetrievePropertiesExResponse>';
  const STARTED =
    '<PowerOnVM_TaskResponse xmlns="urn:vim25"><returnval type="Task">task-9</returnval></PowerOnVM_TaskResponse>';

  /** A server whose first session ends once it has answered a poll, and then answers so until there is a new login. */
  async function ended(answer: { status?: number; body?: string; headers?: Record<string, string> }) {
    const http = loggedIn((method) => {
      if (isOver && http.asked.filter((it) => it.method === 'Login').length === 1) return answer;
      return { body: soap(method === 'PowerOnVM_Task' ? STARTED : RUNNING) };
    });
    let isOver = false;
    const connection = connectionOf({ http });
    expect(await lookThrough(connection, jobOf({ task: 'task-1' }))).toMatchObject({ status: 'RUNNING' });
    isOver = true;
    const submit = () =>
      connection.submit({ operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-1' } }, undefined, {
        signal,
      });
    const count = (method: string) => http.asked.filter((it) => it.method === method).length;
    return { look: () => lookThrough(connection, jobOf({ task: 'task-1' })), submit, count };
  }

  const INSTEAD: [string, { status?: number; body?: string; headers?: Record<string, string> }][] = [
    ['302 to a login', { status: 302, headers: { location: '/login' } }],
    ['303', { status: 303, headers: { location: '/login' } }],
    ['307', { status: 307, headers: { location: '/login' } }],
    ['401', { status: 401 }],
    ['401 with a challenge', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }],
    ['403 with a text', { status: 403, body: 'Session expired' }],
    ['400 with a text', { status: 400, body: 'Invalid session' }],
    ['419', { status: 419 }],
    ['440', { status: 440 }],
    ['a fault without a type', fault('The session is not authenticated.')],
    ['a fault of the SOAP stack', fault('Session has expired, please log in again')],
    [
      'NotAuthenticated without a text',
      fault('', '<detail><NotAuthenticatedFault xmlns="urn:vim25" xsi:type="NotAuthenticated"/></detail>'),
    ],
  ];

  it.each(INSTEAD)('%s: one new login, and the poll is answered', async (_form, answer) => {
    const { look, count } = await ended(answer);
    expect(await look()).toMatchObject({ kind: 'observed', status: 'RUNNING' });
    expect(count('Login')).toBe(2);
  });

  it.each(INSTEAD)('%s: one new login, and the submit, which was not carried out, is made', async (_form, answer) => {
    const { submit, count } = await ended(answer);
    expect(await submit()).toMatchObject({ kind: 'accepted', platformJobId: 'task-9' });
    expect([count('Login'), count('PowerOnVM_Task')]).toEqual([2, 2]);
  });

  it.each([
    ['a login page with 200', { body: PAGE }],
    ['a login page with 503', { status: 503, body: PAGE }],
    ['500 with a text', { status: 500, body: 'java.lang.Exception: session not found or expired' }],
  ])('%s: polls are repeated, a submit is not, and the next call has a new session', async (_form, answer) => {
    const polled = await ended(answer);
    expect(await polled.look()).toMatchObject({ kind: 'observed', status: 'RUNNING' });
    const submitted = await ended(answer);
    expect(await submitted.submit()).toMatchObject({ kind: 'unknown', error: { outcomeUncertain: true } });
    expect(submitted.count('PowerOnVM_Task')).toBe(1);
    expect(await submitted.look()).toMatchObject({ kind: 'observed' });
    expect(submitted.count('Login')).toBe(2);
  });

  it.each([
    ['a page that is no login', { status: 503, body: '<html>Down for maintenance</html>' }],
    ['another fault without a type', fault('XML document structures must start and end within the same entity.')],
  ])('%s costs no session', async (_form, answer) => {
    const { look, count } = await ended(answer);
    expect((await look()).kind).toMatch(/transient|permanent/);
    expect(count('Login')).toBe(1);
  });
});
