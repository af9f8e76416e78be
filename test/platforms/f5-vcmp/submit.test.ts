import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import type { HttpClient, HttpRequest } from '../../../shared/http/client.ts';
import { adapter } from '../../../shared/platforms/f5-vcmp/index.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { observed, type Rig, STATE, signal, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

const CREATE = {
  operation: 'create',
  guests: ['new1', 'new2'],
  hostnames: ['new1.example.com', 'new2.example.com'],
  images: ['BIGIP-13.1.0.iso', 'BIGIP-13.1.0.iso'],
  addresses: [
    { address: '192.0.2.10', netmask: '255.255.255.0' },
    { address: '192.0.2.11', netmask: '255.255.255.0' },
  ],
  gateways: ['192.0.2.1', '192.0.2.1'],
  vlans: [['/Common/internal', '/Common/a & b'], []],
};

const find = (body: Record<string, unknown>) => {
  const intent = rig.connection.intent(adapter.submitRequest.parse(body), { id: 'a', createdAt: 0 })!;
  return rig.connection.findSubmitted!(intent, { signal });
};
const deploy = (...guests: string[]) => ({ operation: 'set_guest_state', guests, state: `${STATE}DEPLOYED` });

describe('set_guest_state', () => {
  it('notes what the guests were', async () => {
    rig.guest({ seconds: 0, ending: 'ok' });
    rig.guest({ seconds: 0, ending: 'ok' });
    rig.host.setState(['guest2'], ['PROVISIONED']);
    const { outcome } = await rig.submit(deploy('guest1', 'guest2'));
    expect(outcome).toEqual({
      kind: 'accepted',
      platformJobId: `guest1,guest2=${STATE}DEPLOYED`,
      handle: {
        guests: ['guest1', 'guest2'],
        wanted: `${STATE}DEPLOYED`,
        before: [`${STATE}CONFIGURED`, `${STATE}PROVISIONED`],
      },
    });
    expect(rig.host.guest('guest1').wish).toBe('DEPLOYED');
  });

  it('F5-15 is refused for a guest that does not exist, before any other is touched', async () => {
    rig.guest({ seconds: 0, ending: 'ok' });
    const { outcome } = await rig.submit(deploy('guest1', 'nobody'));
    expect(outcome).toMatchObject({
      kind: 'refused',
      error: { code: '01020036', message: expect.stringContaining('(nobody) was not found'), retryable: false },
    });
    expect(rig.simulator.calls.set_guest_state).toBeUndefined();
  });

  it('is refused where the role does not allow it', async () => {
    rig.guest({ seconds: 0, ending: 'ok' });
    rig.host.settings.readOnly = true;
    expect((await rig.submit(deploy('guest1'))).outcome).toMatchObject({
      kind: 'refused',
      error: { code: 'Common::AccessDenied' },
    });
  });

  it.each<[Fault, string]>([
    ['unauthorized', 'unavailable'],
    ['html', 'unknown'],
    ['empty', 'unknown'],
    ['hang', 'unknown'],
    ['truncated', 'unknown'],
    ['unavailable', 'unknown'],
    ['reset', 'unknown'],
    ['throttled', 'unavailable'],
    ['lost-answer', 'unknown'],
  ])('that meets %s is %s, and is sent once; before it, nothing is', async (fault, kind) => {
    rig.guest({ seconds: 60, ending: 'ok' });
    rig.simulator.inject(fault, { call: 'set_guest_state' });
    expect((await rig.submit(deploy('guest1'))).outcome.kind).toBe(kind);
    expect(rig.simulator.calls.set_guest_state).toBe(1);
    rig.simulator.inject(fault, { call: 'get_guest_state' });
    expect((await rig.submit(deploy('guest1'))).outcome.kind).toBe('unavailable');
    expect(rig.simulator.calls.set_guest_state).toBe(1);
  });

  it('looks what a fault of unknown meaning has done: nothing, all, or a part', async () => {
    for (let n = 0; n < 2; n++) rig.guest({ seconds: 60, ending: 'ok' });
    const { setState } = rig.host;
    const crash = (changed: readonly string[]) => {
      rig.host.setState = (_names, states) => {
        setState.call(rig.host, changed, states);
        throw new Error('mcpd is away');
      };
    };
    crash([]);
    expect((await rig.submit(deploy('guest1', 'guest2'))).outcome).toMatchObject({
      kind: 'unavailable',
      error: { code: 'Serious error', retryable: true },
    });
    crash(['guest1']);
    expect((await rig.submit(deploy('guest1', 'guest2'))).outcome).toMatchObject({
      kind: 'refused',
      error: { outcomeUncertain: true, details: { changed: ['guest1'] } },
    });
    crash(['guest2']);
    expect((await rig.submit(deploy('guest1', 'guest2'))).outcome.kind).toBe('accepted');
  });

  it('F5-19 posts to the portal of its own url, with what the engine wants, on a connection of its own', async () => {
    rig.guest({ seconds: 60, ending: 'ok' });
    const requests: HttpRequest[] = [];
    const inner = fetchHttpClient();
    const http: HttpClient = {
      request(request) {
        requests.push(request);
        return inner.request(request);
      },
    };
    const connection = rig.connect(http);
    await connection.submit(adapter.submitRequest.parse(deploy('guest1')), undefined, { signal });
    expect(requests.map(({ url, fresh }) => [new URL(url).pathname, fresh ?? false])).toEqual([
      ['/iControl/iControlPortal.cgi', false],
      ['/iControl/iControlPortal.cgi', true],
    ]);
    expect(requests[1]!.headers).toMatchObject({
      soapaction: '"urn:iControl:System/VCMP"',
      'content-type': 'text/xml; charset=utf-8',
    });
    expect(requests[1]!.body).toContain('soapenc:arrayType="xsd:string[1]"><item>guest1</item></guests>');
  });

  it('asks one thing at a time', async () => {
    for (let n = 0; n < 5; n++) rig.guest({ seconds: 60, ending: 'ok' });
    let underWay = 0;
    let most = 0;
    const inner = fetchHttpClient();
    const connection = rig.connect({
      async request(request) {
        most = Math.max(most, ++underWay);
        return inner.request(request).finally(() => underWay--);
      },
    });
    const bodies = [1, 2, 3, 4, 5].map((n) => adapter.submitRequest.parse(deploy(`guest${n}`)));
    const outcomes = await Promise.all(bodies.map((body) => connection.submit(body, undefined, { signal })));
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(most).toBe(1);
  });
});

describe('a lost answer', () => {
  it('is found by the wish', async () => {
    rig.guest({ seconds: 60, ending: 'ok' });
    rig.simulator.inject('lost-answer', { call: 'set_guest_state' });
    expect((await rig.submit(deploy('guest1'))).outcome.kind).toBe('unknown');
    expect(await find(deploy('guest1'))).toEqual({
      kind: 'accepted',
      handle: { guests: ['guest1'], wanted: `${STATE}DEPLOYED` },
      platformJobId: `guest1=${STATE}DEPLOYED`,
      resource: { type: 'guest', id: 'guest1' },
    });
    expect(rig.simulator.calls.set_guest_state).toBe(1);
  });

  it('is absent where the wish is another, or the guest is gone; and never sent again', async () => {
    rig.guest({ seconds: 60, ending: 'ok' });
    expect(await find(deploy('guest1'))).toMatchObject({
      kind: 'absent',
      message: expect.stringContaining('guest1 is VCMP'),
    });
    expect(await find(deploy('nobody'))).toMatchObject({ kind: 'absent' });
    expect(rig.simulator.calls.set_guest_state).toBeUndefined();
  });

  it('is ambiguous where some guests have the wish', async () => {
    rig.guest({ seconds: 60, ending: 'ok' });
    rig.guest({ seconds: 60, ending: 'ok' });
    rig.host.setState(['guest1'], ['DEPLOYED']);
    expect(await find(deploy('guest1', 'guest2'))).toMatchObject({
      kind: 'ambiguous',
      details: { states: { guest1: `${STATE}DEPLOYED`, guest2: `${STATE}CONFIGURED` } },
    });
  });

  it('is not known while the host does not answer', async () => {
    rig.simulator.inject('unavailable');
    expect(await find(deploy('guest1'))).toMatchObject({ kind: 'transient', code: 'HTTP 503' });
  });

  it('of a create is found, or says what is missing', async () => {
    const body = { ...CREATE, state: `${STATE}DEPLOYED` };
    expect(await find(body)).toMatchObject({ kind: 'absent' });
    rig.simulator.inject('lost-answer', { call: 'create' });
    expect((await rig.submit(body)).outcome.kind).toBe('unknown');
    expect(await find(body)).toMatchObject({
      kind: 'ambiguous',
      message: expect.stringContaining('by set_guest_state'),
    });
    expect(await find(CREATE)).toMatchObject({ kind: 'accepted' });
  });

  it('of a delete is found when the guests are gone', async () => {
    rig.guest({ seconds: 0, ending: 'ok' });
    const body = { operation: 'delete_guest', guests: ['guest1'] };
    expect(await find(body)).toMatchObject({ kind: 'absent' });
    rig.simulator.forget('guest1');
    expect(await find(body)).toMatchObject({ kind: 'accepted', handle: { wanted: 'ABSENT' } });
  });
});

describe('create', () => {
  it('makes configured guests, and is done', async () => {
    const { ref, outcome } = await rig.submit(CREATE);
    expect(outcome).toMatchObject({ kind: 'accepted', handle: { before: ['ABSENT', 'ABSENT'] } });
    expect(rig.host.names()).toEqual(['new1', 'new2']);
    expect(rig.simulator.calls.set_guest_state).toBeUndefined();
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('asks for the state by a second call, and follows that', async () => {
    const { ref } = await rig.submit({ ...CREATE, state: `${STATE}PROVISIONED` });
    rig.after(10);
    expect(observed(await rig.look(ref)).status).toMatch(/QUEUED|RUNNING/);
    rig.after(60);
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('is refused where a guest exists, before anything is created', async () => {
    rig.host.add('new2');
    expect((await rig.submit(CREATE)).outcome).toMatchObject({ kind: 'refused', error: { code: '01020066' } });
    expect(rig.host.names()).toEqual(['new2']);
  });

  it('is unknown where the second call has no answer, and says what was created where it is refused', async () => {
    const body = { ...CREATE, state: `${STATE}DEPLOYED` };
    rig.simulator.inject('throttled', { call: 'set_guest_state' });
    expect((await rig.submit(body)).outcome.kind).toBe('unknown');
    rig.simulator.forget('new1,new2');
    rig.simulator.beforeCall = (call) => {
      if (call === 'set_guest_state') rig.host.settings.readOnly = true;
    };
    expect((await rig.submit(body)).outcome).toMatchObject({
      kind: 'refused',
      error: { code: 'Common::AccessDenied', outcomeUncertain: true, details: { changed: ['new1', 'new2'] } },
    });
  });
});

describe('delete_guest', () => {
  it('F5-20 is over when the guest is gone', async () => {
    rig.guest({ seconds: 30, ending: 'ok' });
    const { ref } = await rig.submit({ operation: 'delete_guest', guests: ['guest1'] });
    expect(observed(await rig.look(ref)).status).toBe('RUNNING');
    rig.after(40);
    expect(observed(await rig.look(ref)).status).toBe('SUCCEEDED');
  });

  it('is refused for a guest that is not there', async () => {
    expect((await rig.submit({ operation: 'delete_guest', guests: ['nobody'] })).outcome).toMatchObject({
      kind: 'refused',
      error: { code: '01020036' },
    });
  });
});
