import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observed, type Rig, STATE, signal, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({ seconds: 10 });
});
afterEach(() => rig.simulator.close());

const installing = () => rig.set([rig.guest({ seconds: 600, ending: 'ok' }).name], 'DEPLOYED');

describe('cancel', () => {
  it('puts the former state back, and is CANCELED when that is reached', async () => {
    const { ref } = await installing();
    rig.after(400);
    expect(await rig.cancel(ref)).toMatchObject({ kind: 'accepted', handle: { canceling: true } });
    expect(rig.host.guest('guest1').wish).toBe('CONFIGURED');
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'RUNNING',
      message: expect.stringContaining('being put back'),
    });
    rig.after(20);
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    rig.after(5);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'CANCELED',
      platformJobId: 'guest1=VCMP_GUEST_STATE_DEPLOYED',
    });
  });

  it('puts a running guest back to what it was, slot by slot', async () => {
    const { name } = rig.guest({ seconds: 0, ending: 'ok' });
    rig.host.setState([name], ['PROVISIONED']);
    rig.after(1);
    const { ref } = await rig.set([name], 'DEPLOYED');
    rig.after(5);
    await rig.cancel(ref);
    expect(rig.host.guest(name).wish).toBe('PROVISIONED');
    rig.after(60);
    await rig.look(ref);
    expect(observed(await rig.look(ref)).status).toBe('CANCELED');
  });

  it('F5-10 does not believe the first good look: the records may be of the time before the job', async () => {
    const { name } = rig.guest({ seconds: 0, ending: 'ok' });
    rig.host.setState([name], ['DEPLOYED']);
    rig.after(1);
    const { ref } = await rig.set([name], 'PROVISIONED');
    await rig.cancel(ref);
    rig.after(60);
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    expect(observed(await rig.look(ref)).status).toBe('CANCELED');
  });

  it('fails where a slot could not be put back', async () => {
    const { ref } = await installing();
    rig.after(300);
    rig.host.settings.inactiveRecords = true;
    rig.host.guest('guest1').next = { seconds: 1, ending: 'fails', slots: [2] };
    await rig.cancel(ref);
    rig.after(60);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringContaining('could not be put back: guest1 slot 2'), outcomeUncertain: true },
    });
  });

  it('is SUPERSEDED when somebody asks for another state meanwhile', async () => {
    const { ref } = await installing();
    rig.after(300);
    await rig.cancel(ref);
    rig.host.setState(['guest1'], ['DEPLOYED']);
    expect(observed(await rig.look(ref)).status).toBe('SUPERSEDED');
  });

  it('says over for what is over, however it ended', async () => {
    const { ref } = await rig.set([rig.guest({ seconds: 1, ending: 'ok' }).name], 'DEPLOYED');
    rig.after(5);
    expect(await rig.cancel(ref)).toEqual({ kind: 'over' });
    const other = await installing();
    rig.host.setState(['guest2'], ['PROVISIONED']);
    expect(await rig.cancel(other.ref)).toEqual({ kind: 'over' });
    expect(rig.host.guest('guest2').wish).toBe('PROVISIONED');
  });

  it('recognises a cancel of its own whose answer was lost', async () => {
    const { ref } = await installing();
    rig.after(300);
    rig.simulator.inject('lost-answer', { call: 'set_guest_state' });
    expect(await rig.cancel(ref)).toMatchObject({ kind: 'transient' });
    const sent = rig.simulator.calls.set_guest_state;
    expect(await rig.cancel(ref)).toMatchObject({ kind: 'accepted', handle: { canceling: true } });
    expect(rig.simulator.calls.set_guest_state).toBe(sent);
    const calls = rig.calls();
    expect(await rig.cancel(ref)).toMatchObject({ kind: 'accepted' });
    expect(rig.calls()).toBe(calls);
  });

  it('is not taken for somebody else by the look of the same tick, which has the handle from before', async () => {
    const { ref } = await installing();
    rig.after(300);
    const before = { ...ref, cancelRequestedAt: rig.clock.at };
    await rig.connection.cancel!(before, { signal });
    const outcome = (await rig.connection.check([before], { signal })).get(ref.id)!;
    expect(outcome).toMatchObject({ kind: 'observed', status: 'RUNNING' });
    expect(outcome).not.toHaveProperty('handle');
    // After "over" the core has noted it as sent, and the end is told.
    const told = (await rig.connection.check([{ ...before, cancelSentAt: rig.clock.at }], { signal })).get(ref.id)!;
    expect(observed(told).status).toBe('SUPERSEDED');
  });

  it('puts back those guests alone that the job has changed', async () => {
    const same = rig.guest({ seconds: 0, ending: 'ok' });
    rig.host.setState([same.name], ['DEPLOYED']);
    const { ref } = await rig.set([same.name, rig.guest({ seconds: 600, ending: 'ok' }).name], 'DEPLOYED');
    rig.after(300);
    await rig.cancel(ref);
    expect([rig.host.guest('guest1').wish, rig.host.guest('guest2').wish]).toEqual(['DEPLOYED', 'CONFIGURED']);
    rig.after(60);
    await rig.look(ref);
    expect(observed(await rig.look(ref)).status).toBe('CANCELED');
  });

  it('leaves alone what somebody else has asked for since', async () => {
    const names = [1, 2].map(() => rig.guest({ seconds: 600, ending: 'ok' }).name);
    const { ref } = await rig.set(names, 'DEPLOYED');
    rig.after(400);
    rig.host.setState(['guest1'], ['PROVISIONED']);
    expect(await rig.cancel(ref)).toMatchObject({ kind: 'accepted' });
    expect(names.map((name) => rig.host.guest(name).wish)).toEqual(['PROVISIONED', 'CONFIGURED']);
    rig.after(60);
    await rig.look(ref);
    expect(observed(await rig.look(ref))).toMatchObject({
      status: 'SUPERSEDED',
      parts: [{ id: 'guest1/1', status: 'SUPERSEDED' }, { id: 'guest1/2' }, { id: 'guest2', status: 'CANCELED' }],
    });
  });

  it.each([
    ['it was adopted', { guests: ['guest1'], wanted: `${STATE}DEPLOYED` }, 'not known'],
    [
      'nothing was changed',
      { guests: ['guest1'], wanted: `${STATE}DEPLOYED`, before: [`${STATE}DEPLOYED`] },
      'nothing to put back',
    ],
    ['one state is not known', { guests: ['guest1'], wanted: `${STATE}DEPLOYED`, before: [null] }, 'not known'],
    ['it deletes', { guests: ['guest1'], wanted: 'ABSENT', before: [`${STATE}DEPLOYED`] }, 'cannot be brought back'],
  ])('is refused where %s', async (_, handle, message) => {
    await installing();
    expect(await rig.cancel({ id: 'a', operation: 'x', createdAt: 0, handle })).toMatchObject({
      kind: 'refused',
      error: { code: 'CannotPutBack', message: expect.stringContaining(message) },
    });
  });

  it('is refused with the words of the platform', async () => {
    const { ref } = await installing();
    rig.host.settings.readOnly = true;
    expect(await rig.cancel(ref)).toMatchObject({ kind: 'refused', error: { code: 'Common::AccessDenied' } });
  });

  it('F5-20 deletes a guest that the job created', async () => {
    const { ref } = await rig.submit({
      operation: 'create',
      guests: ['new1'],
      hostnames: ['new1.example.com'],
      images: ['BIGIP-13.1.0.iso'],
      addresses: [{ address: '192.0.2.10', netmask: '255.255.255.0' }],
      gateways: ['192.0.2.1'],
      vlans: [['/Common/internal']],
      state: `${STATE}DEPLOYED`,
    });
    expect(await rig.cancel(ref)).toMatchObject({ kind: 'accepted' });
    expect(rig.host.names()).toEqual([]);
    expect(observed(await rig.look(ref)).status).toBe('CANCELED');
  });
});
