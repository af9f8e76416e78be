import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import type { JobRef } from '../../../shared/platforms/adapter.ts';
import { slotCounter } from '../../../shared/platforms/f5-vcmp/slots.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { observed, type Rig, signal, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

async function deployed(preset: Parameters<Rig['guest']>[0], slots?: readonly number[]): Promise<JobRef> {
  return (await rig.set([rig.guest(preset, slots).name], 'DEPLOYED')).ref;
}

describe('one guest', () => {
  it('F5-07 F5-12 goes from no record over its slots to deployed', async () => {
    const ref = await deployed({ seconds: 60, ending: 'ok' });
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'QUEUED',
      message: 'no slot has been allocated yet',
      parts: [{ id: 'guest1', name: 'guest1', status: 'QUEUED' }],
      platformJobId: 'guest1=VCMP_GUEST_STATE_DEPLOYED',
      resource: { type: 'guest', id: 'guest1' },
    });
    rig.after(38);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'RUNNING',
      parts: [
        {
          id: 'guest1/1',
          name: 'guest1 slot 1',
          status: 'RUNNING',
          message: expect.stringContaining('42% & counting, größer'),
        },
        { id: 'guest1/2', name: 'guest1 slot 2' },
      ],
    });
    rig.after(24);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'RUNNING',
      parts: [
        { status: 'SUCCEEDED', message: 'VCMP_STATUS_RUNNING' },
        { status: expect.stringMatching(/QUEUED|RUNNING/) },
      ],
    });
    rig.after(20);
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('F5-18 says that TMOS inside may not be ready', async () => {
    const ref = await deployed({ seconds: 5, ending: 'ok' });
    rig.after(10);
    expect(observed(await rig.look(ref)).message).toContain('TMOS inside');
  });

  it('F5-08 fails with the comments', async () => {
    const ref = await deployed({ seconds: 5, ending: 'fails' });
    rig.after(10);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'FAILED',
      error: { code: 'VCMP_STATUS_FAILED', message: expect.stringMatching(/guest1 slot 1: .*disk.*; guest1 slot 2: /) },
    });
  });

  it('F5-08 is partially successful where one slot failed', async () => {
    const ref = await deployed({ seconds: 5, ending: 'fails', slots: [2] });
    rig.after(10);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      parts: [{ status: 'SUCCEEDED' }, { status: 'FAILED' }],
      error: { code: 'VCMP_STATUS_FAILED', message: expect.stringContaining('slot 2') },
    });
  });

  it('F5-09 goes on after FAILED that is not complete', async () => {
    const ref = await deployed({ seconds: 60, ending: 'recovers' }, [1]);
    rig.after(35);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'RUNNING',
      parts: [{ status: 'RUNNING', message: expect.stringContaining('VCMP_STATUS_FAILED') }],
    });
    rig.after(31);
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('F5-10 does not take the end of an earlier request for its own', async () => {
    const first = await deployed({ seconds: 5, ending: 'ok' });
    rig.after(10);
    expect(observed(await rig.look(first)).status).toBe('SUCCEEDED');
    rig.host.settings.staleLooks = 2;
    const { ref } = await rig.set(['guest1'], 'PROVISIONED');
    rig.after(100);
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('is SUPERSEDED when somebody else asks for another state, with records and without', async () => {
    const ref = await deployed({ seconds: 60, ending: 'ok' });
    rig.after(30);
    rig.host.setState(['guest1'], ['PROVISIONED']);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'SUPERSEDED',
      message: 'Somebody else asked for VCMP_GUEST_STATE_PROVISIONED of guest1',
      error: { code: 'Superseded' },
    });
    rig.host.setState(['guest1'], ['CONFIGURED']);
    rig.after(100);
    expect(observed(await rig.look(ref)).status).toBe('SUPERSEDED');
  });

  it('says that an open transaction of the same user looks like that too', async () => {
    const ref = await deployed({ seconds: 60, ending: 'ok' });
    rig.host.setState(['guest1'], ['CONFIGURED']);
    expect(observed(await rig.look(ref)).message).toContain('open transaction');
  });

  it('F5-11 takes the same state asked for by somebody else for its own', async () => {
    const ref = await deployed({ seconds: 5, ending: 'ok' });
    rig.host.setState(['guest1'], ['DEPLOYED']);
    rig.after(10);
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('F5-12 F5-13 waits for a slot that has no record yet', async () => {
    const ref = await deployed({ seconds: 5, ending: 'unallocated', slots: [7] }, [3, 7]);
    rig.after(100);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'RUNNING',
      parts: [{ id: 'guest1/3', status: 'SUCCEEDED' }],
    });
    expect(rig.simulator.calls.get_guest_assigned_slots).toBe(1);
  });

  it('F5-12 counts by allocation and cluster where the release has no slot methods', async () => {
    rig.host.settings.oldSlotModel = true;
    const half = await deployed({ seconds: 5, ending: 'unallocated', slots: [2] });
    const single = await deployed({ seconds: 5, ending: 'ok' }, [1]);
    rig.after(100);
    expect(observed(await rig.look(half)).status).toBe('RUNNING');
    expect(observed(await rig.look(single)).status).toBe('SUCCEEDED');
    expect(rig.simulator.calls).toMatchObject({ get_guest_assigned_slots: 1, get_member_enabled_state: 1 });
  });

  it.each([
    ['Common::AccessDenied', 'unknown'],
    ['HTTP 503', 'later'],
  ])('F5-12 the count of slots after %s: %s', async (code, expected) => {
    const fault = { code, text: '', call: 'get_guest_assigned_slots', sent: true };
    const count = slotCounter(
      async () => ({ ok: false, fault }),
      () => 0,
    );
    expect(await count(['g1'], { signal })).toEqual(new Map([['g1', expected]]));
  });

  it('a system that was too old to count slots is asked again after five minutes: it may have been upgraded', async () => {
    let now = 0;
    const asked: string[] = [];
    const count = slotCounter(
      async ({ name }) => {
        asked.push(name);
        return { ok: false, fault: { code: 'SOAP-ENV:Client', text: '', call: name, sent: true } };
      },
      () => now,
    );
    for (now of [0, 1000, 299_000, 300_000]) await count(['g1'], { signal });
    expect(asked.filter((name) => name === 'get_guest_assigned_slots')).toHaveLength(2);
    expect(asked).toHaveLength(6);
  });

  it('brings no new handle where nothing has changed', async () => {
    const ref = await deployed({ seconds: 60, ending: 'ok' });
    expect(await rig.look(ref)).not.toHaveProperty('handle');
    rig.after(35);
    expect(await rig.look(ref)).not.toHaveProperty('handle');
  });

  it('F5-12 ends nothing while the slots cannot be counted', async () => {
    const ref = await deployed({ seconds: 5, ending: 'ok' });
    rig.after(10);
    rig.simulator.inject('unavailable', { call: 'get_guest_assigned_slots' });
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('F5-12 succeeds without a record where configured was asked for, or INACTIVE', async () => {
    for (const inactiveRecords of [false, true]) {
      rig.host.settings.inactiveRecords = inactiveRecords;
      const { name } = rig.guest({ seconds: 0, ending: 'ok' });
      await rig.set([name], 'DEPLOYED');
      const { ref } = await rig.set([name], 'CONFIGURED');
      rig.after(100);
      expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
    }
  });

  it('looks at a contradiction again before it calls it a success', async () => {
    const ref = await deployed({ seconds: 0, ending: 'ok' }, [1]);
    const guest = rig.host.guest('guest1');
    guest.records = () => [
      { slot: 1, requested: 'DEPLOYED', complete: true, status: 'VCMP_STATUS_STOPPED', comment: '' },
    ];
    const statuses: string[] = [];
    for (let n = 0; n < 3; n++) {
      statuses.push(observed(await rig.look(ref)).status);
      rig.after(6);
    }
    expect(statuses).toEqual(['RUNNING', 'RUNNING', 'SUCCEEDED']);
  });
});

describe('many guests', () => {
  it('asks once for all guests of all jobs, each of them once', async () => {
    const names = Array.from({ length: 20 }, () => rig.guest({ seconds: 60, ending: 'ok' }).name);
    const refs: JobRef[] = [];
    for (const name of names)
      refs.push(
        (
          await rig.set(
            [name, names[0]!].filter((it, n, all) => all.indexOf(it) === n),
            'DEPLOYED',
          )
        ).ref,
      );
    rig.after(40);
    const before = rig.calls();
    const outcomes = await rig.connection.check(refs, { signal });
    expect(rig.calls() - before).toBe(1);
    for (const ref of refs) expect(observed(outcomes.get(ref.id)).status).toBe('RUNNING');
  });

  it('F5-14 finds out which guest is gone, and tells of all others', async () => {
    const refs: JobRef[] = [];
    for (let n = 0; n < 6; n++) refs.push(await deployed({ seconds: 60, ending: 'ok' }));
    rig.after(40);
    rig.simulator.forget('guest2,guest5');
    const before = rig.calls();
    const outcomes = await rig.connection.check(refs, { signal });
    expect(rig.calls() - before).toBe(3);
    expect(refs.map((ref) => outcomes.get(ref.id)!.kind)).toEqual([
      ...['observed', 'not_found', 'observed', 'observed', 'not_found', 'observed'],
    ]);
    expect(outcomes.get(refs[1]!.id)).toMatchObject({
      code: '01020036',
      message: expect.stringContaining('not found'),
    });
  });

  it.each([true, false])('F5-14 does so without the list of guests too (the text names it: %s)', async (isNamed) => {
    const refs: JobRef[] = [];
    for (let n = 0; n < 6; n++) refs.push(await deployed({ seconds: 60, ending: 'ok' }));
    rig.after(40);
    rig.simulator.forget('guest4');
    rig.simulator.inject('unavailable', { count: 20, call: 'get_list' });
    if (!isNamed) rig.host.notFoundText = () => 'A requested object was not found.';
    const outcomes = await rig.connection.check(refs, { signal });
    expect(refs.map((ref) => outcomes.get(ref.id)!.kind)).toEqual([
      ...['observed', 'observed', 'observed', 'not_found', 'observed', 'observed'],
    ]);
  });

  it('a guest that is listed and not found is not known now, and hides no other', async () => {
    const refs = [await deployed({ seconds: 60, ending: 'ok' }), await deployed({ seconds: 60, ending: 'ok' })];
    rig.after(40);
    rig.simulator.forget('guest2');
    const names = rig.host.names();
    rig.host.names = () => [...names, 'guest2'];
    const outcomes = await rig.connection.check(refs, { signal });
    expect(refs.map((ref) => outcomes.get(ref.id)!.kind)).toEqual(['observed', 'transient']);
  });

  it('a job of which one guest is gone goes on with the others, and has lost it after three minutes', async () => {
    const names = [rig.guest({ seconds: 60, ending: 'ok' }).name, rig.guest({ seconds: 60, ending: 'ok' }).name];
    const { ref } = await rig.set(names, 'DEPLOYED');
    rig.simulator.forget('guest2');
    rig.after(100);
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    rig.after(100);
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    rig.after(100);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      parts: [{ id: 'guest1/1' }, { id: 'guest1/2' }, { id: 'guest2', status: 'LOST' }],
      error: { code: 'inconsistent', message: 'guest2: no such guest any more', outcomeUncertain: true },
    });
  });

  it('a job of which one guest was superseded goes on with the other', async () => {
    const names = [rig.guest({ seconds: 60, ending: 'ok' }).name, rig.guest({ seconds: 60, ending: 'ok' }).name];
    const { ref } = await rig.set(names, 'DEPLOYED');
    rig.after(40);
    rig.host.setState(['guest2'], ['CONFIGURED']);
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    rig.after(100);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      error: { code: 'Superseded', message: expect.stringContaining('of guest2') },
    });
  });

  it('F5-03 believes no answer about more or fewer guests than were asked about', async () => {
    const refs = [await deployed({ seconds: 5, ending: 'ok' }), await deployed({ seconds: 5, ending: 'ok' })];
    rig.after(10);
    const inner = fetchHttpClient();
    const twisted = rig.connect({
      async request(request) {
        const response = await inner.request(request);
        const second = /<item>guest1<\/item><item>guest2<\/item>/;
        const body = String(request.body).replace(second, '<item>guest1</item>').replace('[2]', '[1]');
        return second.test(String(request.body)) ? inner.request({ ...request, body }) : response;
      },
    });
    const outcomes = await twisted.check(refs, { signal });
    for (const ref of refs) expect(outcomes.get(ref.id)).toMatchObject({ kind: 'transient', code: 'protocol' });
  });

  it('asks in batches of 50', async () => {
    const refs: JobRef[] = [];
    for (let n = 0; n < 120; n++) {
      const { name } = rig.guest({ seconds: 60, ending: 'ok' });
      rig.host.setState([name], ['DEPLOYED']);
      refs.push({
        id: name,
        operation: 'set_guest_state',
        createdAt: 0,
        handle: { guests: [name], wanted: 'VCMP_GUEST_STATE_DEPLOYED' },
      });
    }
    rig.after(40);
    const outcomes = await rig.connection.check(refs, { signal });
    expect(rig.simulator.calls).toEqual({ get_completion_status: 3 });
    expect([...outcomes.values()].every((outcome) => outcome.kind === 'observed')).toBe(true);
  });
});

describe('no answer of use', () => {
  it.each<[Fault, string, string]>([
    ['unauthorized', 'permanent', 'HTTP 401'],
    ['html', 'transient', 'html'],
    ['empty', 'transient', 'empty'],
    ['truncated', 'transient', 'http.reset'],
    ['unavailable', 'transient', 'HTTP 503'],
    ['throttled', 'transient', 'HTTP 429'],
    ['reset', 'transient', 'http.reset'],
    ['hang', 'transient', 'http.timeout'],
  ])('%s is %s', async (fault, kind, code) => {
    const ref = await deployed({ seconds: 60, ending: 'ok' });
    rig.simulator.inject(fault);
    expect(await rig.look(ref)).toMatchObject({ kind, code });
    expect(observed(await rig.look(ref)).status).toBe('QUEUED');
  });

  it('F5-15 a refusal in a 500 is no reason to try again at once', async () => {
    const ref = await deployed({ seconds: 60, ending: 'ok' });
    rig.simulator.forget('guest1');
    const before = rig.calls();
    expect(await rig.look(ref)).toMatchObject({ kind: 'not_found' });
    expect(rig.calls() - before).toBe(2);
  });

  it('tries a wrong password twice, and then lets it rest for five minutes', async () => {
    const ref = await deployed({ seconds: 60, ending: 'ok' });
    rig.host.settings.password = 'changed';
    for (let n = 0; n < 5; n++) expect(await rig.look(ref)).toMatchObject({ kind: 'permanent', code: 'HTTP 401' });
    expect(rig.simulator.calls.get_completion_status).toBe(2);
    rig.after(301);
    await rig.look(ref);
    expect(rig.simulator.calls.get_completion_status).toBe(3);
    // A new secret needs no rest.
    rig.simulator.secret.password = 'changed';
    rig.secrets.stale = { ...rig.simulator.secret };
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('reads the secret again after a 401', async () => {
    const ref = await deployed({ seconds: 60, ending: 'ok' });
    rig.host.settings.password = 'rotated';
    rig.simulator.secret.password = 'rotated';
    expect(observed(await rig.look(ref)).status).toBe('QUEUED');
    expect(rig.secrets.fresh).toBe(1);
  });

  it('has an outcome for a handle that is none', async () => {
    const job = { id: 'a', operation: 'set_guest_state', createdAt: 0, handle: { guests: [] } };
    expect(await rig.look(job)).toMatchObject({ kind: 'permanent', code: 'BadHandle' });
  });
});
