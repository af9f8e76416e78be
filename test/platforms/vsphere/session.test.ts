import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import { connectionOf } from './connection.ts';
import { fixture } from './fixture.ts';
import { jobOf, loggedIn, lookThrough, type Rig, startRig } from './rig.ts';

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
