import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, Simulator } from '../../../infra/local/simulators/simulator.ts';
import { startVsphereSimulator, type VsphereSimulatorOptions } from '../../../infra/local/simulators/vsphere.ts';
import { HttpFailure } from '../../../shared/http/client.ts';
import type { Handle } from '../../../shared/job/job.ts';
import type { CheckOutcome, Observation } from '../../../shared/job/outcome.ts';
import type { Accepted, JobRef, PlatformConnection } from '../../../shared/platforms/adapter.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf, scripted } from './connection.ts';
import { fixture } from './fixture.ts';

const signal = AbortSignal.timeout(60_000);

let simulator: Simulator;
let connection: PlatformConnection;

async function start(options: VsphereSimulatorOptions = {}): Promise<void> {
  simulator = await startVsphereSimulator({ queueSeconds: 0, ...options });
  connection = connect();
}

function connect(timeoutMs = 300): PlatformConnection {
  return connectionOf({ http: fetchHttpClient({ timeoutMs }), url: simulator.connection.url as string });
}

beforeEach(() => start());
afterEach(() => simulator.close());

async function submitted(request: Record<string, unknown>): Promise<JobRef> {
  const outcome = await connection.submit(request, undefined, { signal });
  expect(outcome.kind).toBe('accepted');
  return jobOf((outcome as Accepted).handle);
}

let lastJob = 0;
function jobOf(handle: Handle): JobRef {
  return { id: `job-${++lastJob}`, operation: 'PowerOnVM_Task', handle, createdAt: Date.now() };
}

async function look(job: JobRef, through = connection): Promise<CheckOutcome> {
  return (await through.check([job], { signal })).get(job.id)!;
}

/** Looks once and keeps the handle, as the core does. */
async function looked(job: JobRef): Promise<JobRef> {
  const seen = (await look(job)) as Observation;
  expect(seen.kind).toBe('observed');
  return seen.handle ? { ...job, handle: seen.handle } : job;
}

/** A VM that is off and has no task. */
function newVm(): { type: string; value: string } {
  return simulator.scenarios.succeeds(0).target as { type: string; value: string };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

describe('a look', () => {
  it('follows a task from queued over running to its end', async () => {
    await simulator.close();
    await start({ queueSeconds: 0.1 });
    const job = await submitted(simulator.scenarios.succeeds(0.4));
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'QUEUED' });
    await pause(250);
    const running = (await look(job)) as Observation;
    expect(running).toMatchObject({ kind: 'observed', status: 'RUNNING' });
    expect(running.progress).toBeGreaterThan(0);
    await pause(250);
    const ended = (await look(job)) as Observation;
    expect(ended).toMatchObject({ status: 'SUCCEEDED', progress: 100 });
    expect(ended.completedAt! - ended.startedAt!).toBe(300);
  });

  it('tells a failure in the words of the platform', async () => {
    const job = await submitted(simulator.scenarios.fails(0));
    expect(await look(job)).toMatchObject({ status: 'FAILED', error: { code: 'HostNotConnected', retryable: true } });
  });

  it('learns what identifies the task once, and then returns no handle', async () => {
    const job = await submitted(simulator.scenarios.runsForever());
    const first = (await look(job)) as Observation;
    expect(first.handle).toMatchObject({
      ...job.handle,
      entity: job.handle.target,
      queueTime: expect.any(Number),
      eventChainId: expect.any(Number),
    });
    const second = (await look({ ...job, handle: first.handle! })) as Observation;
    expect(second).not.toHaveProperty('handle');
  });

  it('VS-05 asks about 300 tasks in one call, purged ones among them', async () => {
    connection = connect(10_000);
    const jobs = await Promise.all(Array.from({ length: 300 }, () => submitted(simulator.scenarios.runsForever())));
    const known = await Promise.all(jobs.map(looked));
    const before = { ...simulator.calls };
    const outcomes = await connection.check(known, { signal });
    expect(simulator.calls.RetrievePropertiesEx! - before.RetrievePropertiesEx!).toBe(1);
    expect([...outcomes.values()].every((it) => it.kind === 'observed')).toBe(true);

    simulator.forget(known[7]!.handle.task as string);
    const after = await connection.check(known, { signal });
    expect(after.get(known[7]!.id)!.kind).toBe('not_found');
    expect([...after.values()].filter((it) => it.kind === 'observed')).toHaveLength(299);
  });

  it('reads all pages of an answer', async () => {
    await simulator.close();
    await start({ pageSize: 7 });
    const jobs = await Promise.all(Array.from({ length: 20 }, () => submitted(simulator.scenarios.runsForever())));
    const outcomes = await connection.check(jobs, { signal });
    expect([...outcomes.values()].map((it) => it.kind)).toEqual(Array(20).fill('observed'));
    expect(simulator.calls.ContinueRetrievePropertiesEx).toBe(2);
  });

  it('tells two jobs about the same task', async () => {
    const job = await submitted(simulator.scenarios.runsForever());
    const twin = jobOf({ task: job.handle.task! });
    const outcomes = await connection.check([job, twin], { signal });
    expect([...outcomes.keys()]).toEqual([job.id, twin.id]);
  });

  it('adopts a task that somebody else has started', async () => {
    const { handle, platformJobId } = connection.adopt(simulator.scenarios.adopts(0.05));
    expect(platformJobId).toMatch(/^task-/);
    await pause(60);
    expect(await look(jobOf(handle))).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('VS-16 sees through a success that hides a failure', async () => {
    await simulator.close();
    await start({ taskSeconds: 0 });
    const vm = newVm();
    const job = await submitted({
      operation: 'PowerOnMultiVM_Task',
      target: { type: 'Datacenter', value: 'datacenter-2' },
      arguments: { vm: [vm, { type: 'VirtualMachine', value: 'vm-nowhere' }] },
    });
    expect(await look(job)).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      parts: [
        { id: 'vm-nowhere', status: 'FAILED' },
        { id: vm.value, status: 'SUCCEEDED' },
      ],
    });
  });

  it('says of a handle without a task that it is no handle', async () => {
    expect(await look(jobOf({}))).toMatchObject({ kind: 'permanent', code: 'BadHandle' });
  });
});

describe('a task that is gone', () => {
  it('VS-06 has its end in the history', async () => {
    const job = await looked(await submitted(simulator.scenarios.succeeds(0)));
    simulator.forget(job.handle.task as string);
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'SUCCEEDED' });
    expect(simulator.calls.DestroyCollector).toBe(simulator.calls.CreateCollectorForTasks);
  });

  it('VS-06 has its end in the history, even if it was never seen alive', async () => {
    const job = await submitted(simulator.scenarios.fails(0));
    simulator.forget(job.handle.task as string);
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'FAILED' });
  });

  it('VS-28 is found although its entity went with it', async () => {
    await simulator.close();
    await start({ taskSeconds: 0 });
    const job = await looked(await submitted({ operation: 'Destroy_Task', target: newVm() }));
    simulator.forget(job.handle.task as string);
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'SUCCEEDED' });
  });

  it('a history row that was still running is no live status', async () => {
    const job = await looked(await submitted(simulator.scenarios.runsForever()));
    simulator.forget(job.handle.task as string);
    expect(await look(job)).toMatchObject({
      kind: 'not_found',
      message: expect.stringContaining('history ends with running'),
    });
  });

  it('an adopted task of which only the id is known is not found', async () => {
    expect(await look(jobOf({ task: 'task-999999' }))).toMatchObject({ kind: 'not_found' });
  });

  it('ESXi has no history', async () => {
    await simulator.close();
    await start({ esxi: true });
    const job = await looked(await submitted(simulator.scenarios.succeeds(0)));
    expect(job.handle).not.toHaveProperty('instanceUuid');
    simulator.forget(job.handle.task as string);
    expect(await look(job)).toMatchObject({ kind: 'not_found', message: expect.stringContaining('no history') });
  });

  it('a history that cannot be read says nothing', async () => {
    const job = await looked(await submitted(simulator.scenarios.succeeds(0)));
    simulator.forget(job.handle.task as string);
    simulator.inject('unavailable', { call: 'ReadNextTasks' });
    expect(await look(job)).toMatchObject({ kind: 'transient', code: 'HTTP 503' });
    expect(simulator.calls.DestroyCollector).toBe(1);
    expect(await look(job)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('VS-25, VS-26 a task of the same id that is not ours', () => {
  it('is not asked for at another vCenter', async () => {
    const job = await looked(await submitted(simulator.scenarios.succeeds(0)));
    const before = { ...simulator.calls };
    const elsewhere = { ...job, handle: { ...job.handle, instanceUuid: 'another' } };
    expect(await look(elsewhere)).toMatchObject({ kind: 'permanent', code: 'OtherServer' });
    expect(await connection.cancel!(elsewhere, { signal })).toMatchObject({ kind: 'permanent', code: 'OtherServer' });
    expect(simulator.calls).toEqual(before);
  });

  it.each([
    ['works on something else', { entity: { type: 'VirtualMachine', value: 'vm-9999' } }],
    ['was queued at another time', { queueTime: Date.now() - 86_400_000 }],
  ])('is not observed when it %s', async (_what, other) => {
    const job = await looked(await submitted(simulator.scenarios.succeeds(0)));
    const outcome = await look({ ...job, handle: { ...job.handle, ...other } });
    expect(outcome).toMatchObject({ kind: 'not_found', message: expect.stringContaining("another task's now") });
  });
});

describe('VS-04 the session', () => {
  it('is opened once for callers that come together, and kept', async () => {
    const requests = Array.from({ length: 10 }, () => simulator.scenarios.runsForever());
    const jobs = await Promise.all(requests.map(submitted));
    for (const job of jobs) await look(job);
    expect(simulator.calls.Login).toBe(1);
    expect(simulator.calls.RetrieveServiceContent).toBe(1);
  });

  it('symptom 1, a fault: logs in again and repeats the call', async () => {
    await submitted(simulator.scenarios.runsForever());
    simulator.expireSessions();
    await submitted(simulator.scenarios.runsForever());
    expect(simulator.calls).toMatchObject({ Login: 2, RelocateVM_Task: 3 });
  });

  it('symptom 2, a missingSet inside a 200: logs in again and repeats the look', async () => {
    const job = await submitted(simulator.scenarios.runsForever());
    simulator.expireSessions();
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'RUNNING' });
    expect(simulator.calls).toMatchObject({ Login: 2, RetrievePropertiesEx: 2 });
  });

  it('symptom 3, an empty 200: proves the session before anything is called lost', async () => {
    const job = await looked(await submitted(simulator.scenarios.succeeds(0)));
    simulator.forget(job.handle.task as string);
    simulator.expireSessions();
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'SUCCEEDED' });
    expect(simulator.calls.Login).toBe(2);
  });

  it('is renewed once for all callers', async () => {
    const jobs = await Promise.all(Array.from({ length: 10 }, () => submitted(simulator.scenarios.runsForever())));
    simulator.expireSessions();
    const outcomes = await Promise.all(jobs.map((job) => look(job)));
    expect(outcomes.every((it) => it.kind === 'observed')).toBe(true);
    expect(simulator.calls.Login).toBe(2);
  });

  it('that does not last is not renewed for ever', async () => {
    const http = scripted((method) => {
      if (method === 'RetrieveServiceContent') return { body: fixture('service-content') };
      if (method === 'Login')
        return { body: fixture('login'), headers: { 'set-cookie': ['vmware_soap_session="x"; Path=/'] } };
      return { body: fixture('answer-missing-set-not-authenticated') };
    });
    expect(await look(jobOf({ task: 'task-68' }), connectionOf({ http }))).toMatchObject({ code: 'NotAuthenticated' });
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
    const job = await looked(await submitted(simulator.scenarios.runsForever()));
    // Twice: a 401 costs a new login and a second try.
    simulator.inject(fault, { count: fault === 'unauthorized' ? 2 : 1, call: 'RetrievePropertiesEx' });
    expect((await look(job)).kind).toMatch(/transient|permanent/);
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'RUNNING' });
  });

  it.each(faults)('%s at the login is no verdict on a job either', async (fault) => {
    const job = await submitted(simulator.scenarios.runsForever());
    const late = connect();
    simulator.inject(fault, { call: 'Login' });
    expect((await look(job, late)).kind).toMatch(/transient|permanent/);
    expect(await look(job, late)).toMatchObject({ kind: 'observed' });
  });

  it('obeys the wish of a throttled server', async () => {
    const job = await looked(await submitted(simulator.scenarios.runsForever()));
    simulator.inject('throttled', { call: 'RetrievePropertiesEx' });
    expect(await look(job)).toMatchObject({ kind: 'transient', code: 'HTTP 429', retryAfterSeconds: 1 });
  });

  it('a time limit ends the look', async () => {
    const job = await submitted(simulator.scenarios.runsForever());
    simulator.inject('hang', { call: 'RetrievePropertiesEx' });
    const outcomes = await connect(5000).check([job], { signal: AbortSignal.timeout(50) });
    expect(outcomes.get(job.id)).toMatchObject({ kind: 'transient', code: 'http.aborted' });
  });
});

describe('odd answers', () => {
  const loggedIn = (answer: Parameters<typeof scripted>[0]) =>
    scripted((method, body, count) => {
      if (method === 'RetrieveServiceContent') return { body: fixture('service-content') };
      if (method === 'Login')
        return {
          body: fixture('login'),
          headers: { 'set-cookie': ['vmware_soap_session="a=b"; Path=/; HttpOnly; Secure'] },
        };
      return answer(method, body, count);
    });

  it('VS-20 sends the cookie back byte for byte, and the latest one', async () => {
    const http = loggedIn((_method, _body, count) => ({
      body: fixture('several-tasks'),
      ...(count === 1 && { headers: { 'set-cookie': 'vmware_soap_session="c2"; Path=/' } }),
    }));
    const through = connectionOf({ http });
    await look(jobOf({ task: 'task-68' }), through);
    await look(jobOf({ task: 'task-68' }), through);
    const cookies = http.asked.map((it) => `${it.method} ${it.headers.cookie ?? '-'}`);
    expect(cookies).toEqual([
      'RetrieveServiceContent -',
      'Login -',
      'RetrievePropertiesEx vmware_soap_session="a=b"',
      'RetrievePropertiesEx vmware_soap_session="c2"',
    ]);
    expect(http.asked[2]!.headers.soapaction).toBe('"urn:vim25/6.5"');
  });

  it.each([
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere/' } }, 'permanent', 'HTTP 302'],
    ['400 without SOAP', { status: 400 }, 'permanent', 'HTTP 400'],
    ['404', { status: 404 }, 'transient', 'HTTP 404'],
    ['405', { status: 405 }, 'permanent', 'HTTP 405'],
    ['500 with a page', { status: 500, body: '<html><body/></html>' }, 'transient', 'HTTP 500'],
    ['502', { status: 502 }, 'transient', 'HTTP 502'],
    ['504', { status: 504 }, 'transient', 'HTTP 504'],
    [
      'VS-02 RequestCanceled of our own call',
      { status: 500, body: fixture('fault-request-canceled') },
      'transient',
      'RequestCanceled',
    ],
    ['an answer to another question', { body: fixture('login') }, 'transient', 'HTTP 200'],
    [
      'SOAP without a body',
      { body: '<e xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>' },
      'transient',
      'HTTP 200',
    ],
    ['a certificate nobody trusts', new HttpFailure('tls', false, 'self-signed'), 'permanent', 'http.tls'],
    ['a name that does not resolve', new HttpFailure('dns', false, 'no such host'), 'transient', 'http.dns'],
  ] as [string, ReturnType<Parameters<typeof scripted>[0]>, string, string][])(
    '%s',
    async (_what, answer, kind, code) => {
      const outcome = await look(jobOf({ task: 'task-68' }), connectionOf({ http: loggedIn(() => answer) }));
      expect(outcome).toMatchObject({ kind, code });
    },
  );

  it('reads five recorded tasks from one answer', async () => {
    const through = connectionOf({ http: loggedIn(() => ({ body: fixture('several-tasks') })) });
    const jobs = ['task-68', 'task-69', 'task-70', 'task-71'].map((task) => jobOf({ task }));
    const outcomes = await through.check(jobs, { signal });
    expect(jobs.map((job) => (outcomes.get(job.id) as Observation).status)).toEqual([
      'SUCCEEDED',
      'FAILED',
      'QUEUED',
      'QUEUED',
    ]);
  });

  it("a withheld info is an operator's matter, a broken one is not", async () => {
    const withheld = (type: string) =>
      fixture('answer-missing-set-not-authenticated').replace('NotAuthenticated', type);
    const outcomeOf = (type: string) =>
      look(jobOf({ task: 'task-68' }), connectionOf({ http: loggedIn(() => ({ body: withheld(type) })) }));
    expect(await outcomeOf('NoPermission')).toMatchObject({ kind: 'permanent', code: 'NoPermission' });
    expect(await outcomeOf('SystemError')).toMatchObject({ kind: 'transient', code: 'SystemError' });
  });

  it('VS-30 an answer that is too large is asked for in halves, then without the result', async () => {
    const big = (body: string) =>
      (body.match(/<objectSet>/g) ?? []).length > 1 ||
      (body.includes('task-70') && body.includes('<pathSet>info</pathSet>'));
    const http = loggedIn((_method, body) =>
      big(body) ? new HttpFailure('too_large', true, 'too large') : { body: answerTo(body) },
    );
    const jobs = ['task-68', 'task-69', 'task-70'].map((task) => jobOf({ task }));
    const outcomes = await connectionOf({ http }).check(jobs, { signal });
    expect(jobs.map((job) => (outcomes.get(job.id) as Observation).status)).toEqual(['SUCCEEDED', 'FAILED', 'RUNNING']);
  });

  /** Of the recorded tasks those that were asked for; narrow paths say that it is running. */
  function answerTo(body: string): string {
    if (!body.includes('<pathSet>info</pathSet>')) {
      const property = (name: string, value: string) =>
        `<propSet><name>info.${name}</name><val>${value}</val></propSet>`;
      return fixture('answer-empty').replace(
        '<returnval></returnval>',
        `<returnval><objects><obj type="Task">task-70</obj>${property('key', 'task-70')}${property('state', 'running')}</objects></returnval>`,
      );
    }
    const id = /task-\d+/.exec(body)![0];
    return fixture('several-tasks').replace(/<objects>.*?<\/objects>/g, (entry) =>
      entry.includes(`>${id}</obj>`) ? entry : '',
    );
  }

  it('uses the singletons of the server, not names of its own', async () => {
    const http = scripted((method) => {
      if (method === 'RetrieveServiceContent') return { body: fixture('service-content-esxi') };
      if (method === 'Login') return { body: fixture('login'), headers: { 'set-cookie': 'vmware_soap_session=plain' } };
      return { body: fixture('several-tasks') };
    });
    await look(jobOf({ task: 'task-68' }), connectionOf({ http }));
    expect(http.asked[1]!.body).toContain('<_this type="SessionManager">ha-sessionmgr</_this>');
    expect(http.asked[2]!.body).toContain('<_this type="PropertyCollector">ha-property-collector</_this>');
  });

  it('reads the service content again when the server does not know a singleton', async () => {
    const wrong = fixture('fault-managed-object-not-found').replace(
      'type="Task">task-68',
      'type="PropertyCollector">propertyCollector',
    );
    const http = loggedIn((_method, _body, count) =>
      count === 1 ? { status: 500, body: wrong } : { body: fixture('several-tasks') },
    );
    expect(await look(jobOf({ task: 'task-68' }), connectionOf({ http }))).toMatchObject({ kind: 'observed' });
    expect(http.asked.map((it) => it.method)).toEqual([
      'RetrieveServiceContent',
      'Login',
      'RetrievePropertiesEx',
      'RetrieveServiceContent',
      'RetrievePropertiesEx',
    ]);
  });
});
