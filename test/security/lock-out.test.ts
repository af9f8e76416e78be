import { afterEach, describe, expect, test } from 'vitest';
import { startBmcSimulator } from '../../infra/local/simulators/bmc.ts';
import { startF5VcmpSimulator } from '../../infra/local/simulators/f5-vcmp.ts';
import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import { startVsphereSimulator } from '../../infra/local/simulators/vsphere.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { ledgersIn } from '../../shared/platforms/login-ledger.ts';
import { LoginSecret } from '../../shared/platforms/login-secret.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { SILENT } from '../support/world.ts';

const closing: Simulator[] = [];
afterEach(() => Promise.all(closing.splice(0).map((simulator) => simulator.close())));

/** Lets everything else that is under way go on. */
const pause = () => new Promise((resolve) => setImmediate(resolve));

/** Functions' instances of one connection: each has a process of its own, and all have the table and the secret store. */
async function instancesOf(platform: string, start: () => Promise<Simulator>) {
  const simulator = await start();
  closing.push(simulator);
  const world = { now: Date.now(), version: 1, secret: { ...simulator.secret } as Record<string, string> };
  const store = new MemoryStore(() => world.now);
  const adapter = adapterOf(platform) as Adapter;
  const options = { ...simulator.connection, maxRequestsPerSecond: 1000, requestTimeoutSeconds: 60 };
  const read = async () => ({ value: { ...world.secret }, version: `v${world.version}` });
  const ports = {
    secrets: { get: async () => (await read()).value, read },
    logins: ledgersIn(store),
    now: () => world.now,
    random: Math.random,
    log: SILENT,
    pause,
  };
  const instance = () => {
    const { platform: connection } = connector(adapter, { lab: options }, ports)('lab')!;
    return () => {
      const request = adapter.submitRequest.parse(simulator.scenarios.succeeds(0.1));
      const job = { id: '01K00000000000000000000000', createdAt: world.now };
      return connection.submit(request, connection.intent(request, job), { signal: AbortSignal.timeout(60_000) });
    };
  };
  /** How often the password was sent and refused. */
  const tries = () => Object.values(simulator.calls).reduce((sum, calls) => sum + calls, 0);
  return { simulator, world, store, instance, tries };
}

const PLATFORMS: [name: string, platform: string, refusals: number, start: () => Promise<Simulator>][] = [
  ['vsphere', 'vsphere', 1, () => startVsphereSimulator()],
  ['bmc over REST', 'bmc', 1, () => startBmcSimulator()],
  ['bmc over ORCA', 'bmc', 1, () => startBmcSimulator({ protocol: 'orca' })],
  // One refusal is forgiven: a web server that is half up says the same.
  ['f5-vcmp', 'f5-vcmp', 2, () => startF5VcmpSimulator()],
];

describe('a wrong password locks no account, however many instances have it', () => {
  test.each(PLATFORMS)(
    '%s: 24 calls at once every 30 s make one refused login in five minutes (f5-vcmp: two)',
    { timeout: 60_000 },
    async (_name, platform, refusals, start) => {
      const { simulator, world, instance } = await instancesOf(platform, start);
      world.secret.password = 'wrong';
      const refused = () => simulator.calls.Login ?? simulator.calls.login ?? Object.values(simulator.calls)[0] ?? 0;
      const all = Array.from({ length: 24 }, instance);
      for (let round = 0; round < 6; round++) {
        const outcomes = await Promise.all(all.map((submit) => submit()));
        expect(outcomes.map(({ kind }) => kind)).toEqual(Array(24).fill('unavailable'));
        world.now += 30_000;
      }
      expect(refused()).toBe(refusals);
      // New instances, as after a deploy, in the same five minutes.
      await Promise.all(Array.from({ length: 24 }, () => instance()()));
      expect(refused()).toBe(refusals);
      world.now += 300_000;
      await Promise.all(all.map((submit) => submit()));
      expect(refused()).toBe(refusals + 1);
    },
  );

  test.each(PLATFORMS)('%s: a corrected one is used by all of them at once', async (_name, platform, _n, start) => {
    const { simulator, world, instance } = await instancesOf(platform, start);
    world.secret.password = 'wrong';
    const all = Array.from({ length: 5 }, instance);
    for (let n = 0; n < 2; n++) await Promise.all(all.map((submit) => submit()));
    world.secret = { ...simulator.secret };
    world.version++;
    world.now += 5_000;
    const outcomes = await Promise.all(all.map((submit) => submit()));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('accepted'));
  });

  test.each(PLATFORMS)('%s: a good one is used by 12 instances at once', async (_name, platform, _n, start) => {
    const { instance } = await instancesOf(platform, start);
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => instance()()));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(12).fill('accepted'));
  });

  test('the table holds the version of the secret and a code, and nothing of the secret', async () => {
    const { world, store, instance } = await instancesOf('vsphere', () => startVsphereSimulator());
    world.secret.password = 'hunter2-is-wrong';
    await instance()();
    const items = JSON.stringify([...store.items]);
    expect(items).not.toContain('hunter2');
    const loop = await store.getLoop({ platform: 'vsphere', connection: 'lab' });
    expect(loop.login).toEqual({
      rev: 2,
      version: 'v1',
      refusals: 1,
      accepted: 0,
      code: 'InvalidLogin',
      restsUntil: world.now + 300_000,
    });
  });
});

describe('the instances of one connection', () => {
  interface Login {
    username: string;
    password: string;
  }
  const LAB = { platform: 'vsphere', connection: 'lab' };

  /** A platform that takes what `good` says, and counts. */
  function world() {
    const state = {
      now: 1e12,
      good: (password: string): boolean => password === 'good',
      logins: [] as string[],
      atOnce: 0,
      most: 0,
    };
    const store = new MemoryStore(() => state.now);
    const stored = { password: 'good', version: 'v1' };
    const versions = new WeakMap<object, string>();
    const instance = (logins = ledgersIn(store)(LAB)) => {
      let cached: Login | undefined;
      const login = new LoginSecret<Login, string>(
        {
          secret: async (fresh) => {
            if (cached === undefined || fresh) {
              cached = { username: 'u', password: stored.password };
              versions.set(cached, stored.version);
            }
            return cached;
          },
          versionOf: (secret) => versions.get(secret),
          now: () => state.now,
          logins,
          pause,
        },
        { codeOf: (code) => code, refusalOf: (code) => code },
      );
      return () =>
        login.attempt(async ({ password }) => {
          state.most = Math.max(state.most, ++state.atOnce);
          await pause();
          state.atOnce--;
          state.logins.push(password);
          return state.good(password) ? { kind: 'accepted', value: true } : { kind: 'refused', refusal: 'no' };
        });
    };
    return { state, store, stored, instance };
  }

  test('log in together once one of them has shown that the password is good', async () => {
    const { state, instance } = world();
    await Promise.all(Array.from({ length: 20 }, () => instance()()));
    expect(state.logins).toHaveLength(20);
    expect(state.most).toBeGreaterThan(5);
  });

  test('that hold a former secret in their caches do not try it when another has learned of a newer one', async () => {
    const { state, stored, instance } = world();
    const all = Array.from({ length: 20 }, () => instance());
    await Promise.all(all.map((attempt) => attempt()));
    state.logins = [];
    // Both were changed, and all sessions have ended.
    stored.password = 'better';
    stored.version = 'v2';
    state.good = (password) => password === 'better';
    await Promise.all(all.map((attempt) => attempt()));
    expect(state.logins.filter((password) => password === 'good')).toHaveLength(1);
    expect(state.logins.filter((password) => password === 'better')).toHaveLength(20);
  });

  test('go on when the one that tried has died', async () => {
    const { state, store, instance } = world();
    await store.putLogin(LAB, undefined, {
      rev: 1,
      version: 'v1',
      refusals: 0,
      accepted: 0,
      tryingUntil: state.now + 30_000,
    });
    await expect(instance()()).rejects.toMatchObject({ failure: { kind: 'transient', code: 'LoginUnderWay' } });
    state.now += 30_000;
    expect(await instance()()).toMatchObject({ value: true });
  });

  test('try no password where the table cannot be read', async () => {
    const { state, instance } = world();
    const away = { read: () => Promise.reject(new Error('throttled')), write: async () => true };
    await expect(instance(away)()).rejects.toThrow('throttled');
    expect(state.logins).toEqual([]);
  });

  test('leave a refused password alone where the refusal could not be written', async () => {
    const { state, store, stored, instance } = world();
    stored.password = 'bad';
    const ledger = ledgersIn(store)(LAB);
    let writes = 0;
    const attempt = instance({
      ...ledger,
      write: (before, after) => (writes++ === 0 ? ledger.write(before, after) : Promise.reject(new Error('throttled'))),
    });
    for (let n = 0; n < 5; n++) expect(await attempt()).toMatchObject({ refusal: 'no', until: state.now + 300_000 });
    expect(state.logins).toEqual(['bad']);
  });
});
