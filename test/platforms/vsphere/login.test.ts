import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlatformConnection } from '../../../shared/platforms/adapter.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf, scripted } from './connection.ts';
import { fixture } from './fixture.ts';
import { jobOf, lookThrough, type Rig, signal, startRig } from './rig.ts';

const powerOn = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-57' } };

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

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
      url: rig.simulator.connection.url as string,
      now: () => now,
      secret: async (fresh) => {
        if (fresh) {
          asked++;
          cached = stored;
        }
        return cached;
      },
    });
  const look = (through: PlatformConnection) => lookThrough(through, jobOf({ task: 'task-1' }));

  beforeEach(() => {
    now = Date.now();
    [stored, cached, asked] = [wrong, wrong, 0];
  });

  it('asks for the secret once more, and tries a new one at once', async () => {
    stored = right;
    expect(await look(connect())).toMatchObject({ kind: 'not_found' });
    expect({ logins: rig.simulator.calls.Login, asked }).toEqual({ logins: 2, asked: 1 });
  });

  it('is not repeated with the same secret for five minutes', async () => {
    const through = connect();
    for (let tick = 0; tick < 5; tick++) {
      expect(await look(through)).toMatchObject({ kind: 'permanent', code: 'InvalidLogin' });
      now += 59_000;
    }
    expect(rig.simulator.calls.Login).toBe(1);
    now += 6000;
    await look(through);
    expect(rig.simulator.calls.Login).toBe(2);
  });

  it('is repeated as soon as the secret is another one', async () => {
    const through = connect();
    await look(through);
    cached = right;
    expect(await look(through)).toMatchObject({ kind: 'not_found' });
    expect(rig.simulator.calls.Login).toBe(2);
  });

  it('makes a submit unavailable, not refused', async () => {
    expect(await connect().submit(powerOn, undefined, { signal })).toMatchObject({
      kind: 'unavailable',
      error: { code: 'InvalidLogin' },
    });
  });
});

describe('HTTP 404', () => {
  const answers = (login: number, later: number) =>
    scripted((method) => {
      const before = method === 'RetrieveServiceContent' || method === 'Login';
      if ((before ? login : later) === 404) return { status: 404, body: '404 page not found' };
      if (!before) return { body: '' };
      const cookie = { 'set-cookie': ['vmware_soap_session="a=b"; Path=/; HttpOnly; Secure'] };
      return method === 'Login' ? { body: fixture('login'), headers: cookie } : { body: fixture('service-content') };
    });

  it('at the login is a wrong path, which needs an operator', async () => {
    const through = connectionOf({ http: answers(404, 404) });
    const wrongPath = { code: 'HTTP 404', message: expect.stringContaining('it should be /sdk') };
    expect(await lookThrough(through, jobOf({ task: 'task-1' }))).toMatchObject({ kind: 'permanent', ...wrongPath });
    expect(await through.submit(powerOn, undefined, { signal })).toMatchObject({
      kind: 'unavailable',
      error: { ...wrongPath, retryable: false },
    });
  });

  it('after it is a server that starts', async () => {
    const through = connectionOf({ http: answers(200, 404) });
    expect((await lookThrough(through, jobOf({ task: 'task-1' }))).kind).toBe('transient');
    expect(await through.submit(powerOn, undefined, { signal })).toMatchObject({
      kind: 'unavailable',
      error: { retryable: true },
    });
  });
});

describe('a login', () => {
  it('VS-34 asks for English texts, whatever the server speaks by itself', async () => {
    const bodies: string[] = [];
    const http = fetchHttpClient();
    const through = connectionOf({
      http: {
        request: (request) => {
          bodies.push(String(request.body));
          return http.request(request);
        },
      },
      url: rig.simulator.connection.url as string,
      secret: async () => ({ username: 'administrator@vsphere.local', password: 'simulated' }),
    });
    await lookThrough(through, jobOf({ task: 'task-1' }));
    expect(bodies.filter((body) => body.includes('<Login '))).toEqual([expect.stringContaining('<locale>en</locale>')]);
  });
});
