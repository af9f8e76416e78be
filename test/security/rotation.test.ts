import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, test } from 'vitest';
import { startBmcSimulator } from '../../infra/local/simulators/bmc.ts';
import { startCloudstackSimulator } from '../../infra/local/simulators/cloudstack.ts';
import { startF5VcmpSimulator } from '../../infra/local/simulators/f5-vcmp.ts';
import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import { startVsphereSimulator } from '../../infra/local/simulators/vsphere.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { SecretsManagerStore } from '../../shared/secrets/secrets-manager.ts';
import { SILENT } from '../support/world.ts';

/** Secrets Manager with one secret, and a clock that the test moves. */
function vault(first: object) {
  const state = { value: JSON.stringify(first), reads: 0, now: Date.now() };
  const client = Object.assign(new SecretsManagerClient({ region: 'eu-central-1' }), {
    async send(command: GetSecretValueCommand) {
      expect(command).toBeInstanceOf(GetSecretValueCommand);
      state.reads++;
      return { SecretString: state.value };
    },
  });
  return { state, store: new SecretsManagerStore(() => state.now, client as SecretsManagerClient) };
}

describe('the cache of secrets', () => {
  test('reads once in five minutes, and then has what was rotated', async () => {
    const { state, store } = vault({ password: 'old' });
    expect(await store.get('s')).toEqual({ password: 'old' });
    state.value = '{"password":"new"}';
    state.now += 299_000;
    expect(await store.get('s')).toEqual({ password: 'old' });
    expect(state.reads).toBe(1);
    state.now += 1_000;
    expect(await store.get('s')).toEqual({ password: 'new' });
    expect(state.reads).toBe(2);
  });

  test('asks at once for a fresh one, which is then in the cache', async () => {
    const { state, store } = vault({ password: 'old' });
    await store.get('s');
    state.value = '{"password":"new"}';
    expect(await store.get('s', true)).toEqual({ password: 'new' });
    expect(await store.get('s')).toEqual({ password: 'new' });
    expect(state.reads).toBe(2);
  });

  test('says nothing of a secret that is no JSON', async () => {
    const { state, store } = vault({});
    state.value = 'hunter2';
    await expect(store.get('s')).rejects.toThrow(/^the secret "s" is not valid JSON$/);
  });
});

const closing: Simulator[] = [];
afterEach(() => Promise.all(closing.splice(0).map((simulator) => simulator.close())));

describe('a password that is changed at the platform and in the store', () => {
  const ROTATIONS: [platform: string, start: () => Promise<Rotating>][] = [
    [
      'vsphere',
      async () => {
        // Its password is fixed at the start: the store has an old one, until it is corrected.
        const simulator = await startVsphereSimulator({ password: 'new-password' });
        return { simulator, old: { ...simulator.secret, password: 'old-password' }, rotate: () => {} };
      },
    ],
    [
      'cloudstack',
      async () => {
        const simulator = await startCloudstackSimulator();
        const old = { ...simulator.secret };
        return { simulator, old, rotate: simulator.rotateKeys };
      },
    ],
    [
      'f5-vcmp',
      async () => {
        const simulator = await startF5VcmpSimulator();
        const old = { ...simulator.secret };
        const rotate = () => {
          simulator.host.settings.password = 'rotated';
          simulator.secret.password = 'rotated';
        };
        return { simulator, old, rotate };
      },
    ],
    [
      'bmc',
      async () => {
        const simulator = await startBmcSimulator();
        const old = { ...simulator.secret };
        const rotate = () => {
          simulator.rotatePassword();
          simulator.expireSessions();
        };
        return { simulator, old, rotate };
      },
    ],
  ];
  interface Rotating {
    simulator: Simulator;
    old: Record<string, string>;
    /** At the platform; `simulator.secret` is the new one. */
    rotate(): void;
  }

  test.each(ROTATIONS)('is used at once by %s, after one refusal, in the same process', async (platform, start) => {
    const { simulator, old, rotate } = await start();
    closing.push(simulator);
    const { state, store } = vault(old);
    const adapter = adapterOf(platform) as Adapter;
    const options = { ...simulator.connection, maxRequestsPerSecond: 1000 };
    const ports = { secrets: store, now: Date.now, random: Math.random, log: SILENT };
    const { platform: connection } = connector(adapter, { lab: options }, ports)('lab')!;
    const submit = async () => {
      const request = adapter.submitRequest.parse(simulator.scenarios.succeeds(0.1));
      const job = { id: '01K00000000000000000000000', createdAt: Date.now() };
      return connection.submit(request, connection.intent(request, job), { signal: AbortSignal.timeout(60_000) });
    };
    // With vSphere the old password never worked here, so it starts with the refusal.
    await store.get(String(simulator.connection.secret));
    if (platform !== 'vsphere') expect(await submit()).toMatchObject({ kind: 'accepted' });
    const reads = state.reads;
    rotate();
    state.value = JSON.stringify(simulator.secret);
    expect(await submit()).toMatchObject({ kind: 'accepted' });
    // The cache was young: it was the refusal that had the store asked again.
    expect(state.reads).toBe(reads + 1);
  });
});

describe('a password that is wrong in the store, and corrected there', () => {
  const STARTS: [name: string, platform: string, start: () => Promise<Simulator>][] = [
    ['vsphere', 'vsphere', () => startVsphereSimulator()],
    ['cloudstack', 'cloudstack', () => startCloudstackSimulator()],
    ['f5-vcmp', 'f5-vcmp', () => startF5VcmpSimulator()],
    ['bmc', 'bmc', () => startBmcSimulator()],
    ['bmc orca', 'bmc', () => startBmcSimulator({ protocol: 'orca' })],
  ];

  /** A submit through a process that lives as long as the test, by the clock of the store. */
  async function wrongAt(platform: string, start: () => Promise<Simulator>) {
    const simulator = await start();
    closing.push(simulator);
    const field = platform === 'cloudstack' ? 'secretKey' : 'password';
    const { state, store } = vault({ ...simulator.secret, [field]: 'wrong-one' });
    const adapter = adapterOf(platform) as Adapter;
    const options = { ...simulator.connection, maxRequestsPerSecond: 1000 };
    const ports = { secrets: store, now: () => state.now, random: Math.random, log: SILENT };
    const { platform: connection } = connector(adapter, { lab: options }, ports)('lab')!;
    const submit = async () => {
      const request = adapter.submitRequest.parse(simulator.scenarios.succeeds(0.1));
      const job = { id: '01K00000000000000000000000', createdAt: state.now };
      return connection.submit(request, connection.intent(request, job), { signal: AbortSignal.timeout(60_000) });
    };
    return { simulator, state, submit, correct: () => (state.value = JSON.stringify(simulator.secret)) };
  }

  test.each(STARTS)('%s: the next submit has it', async (_name, platform, start) => {
    const { state, submit, correct } = await wrongAt(platform, start);
    for (let n = 0; n < 3; n++) expect((await submit()).kind).not.toBe('accepted');
    state.now += 5_000;
    correct();
    expect(await submit()).toMatchObject({ kind: 'accepted' });
  });

  test.each(STARTS.filter(([name]) => name !== 'cloudstack'))(
    '%s: the store is asked every five seconds at most, the platform is not, and the message says until when',
    async (_name, platform, start) => {
      const { simulator, state, submit } = await wrongAt(platform, start);
      // Until it rests: one platform forgives the first refusal.
      for (let n = 0; n < 2; n++) await submit();
      const until = new Date(state.now + 300_000).toISOString().replace(/\.\d+Z/, 'Z');
      const [calls, reads] = [JSON.stringify(simulator.calls), state.reads];
      for (let second = 0; second < 10; second++) {
        state.now += 1_000;
        expect(await submit()).toMatchObject({
          kind: 'unavailable',
          error: { message: expect.stringContaining(`not tried again before ${until}`) },
        });
      }
      expect(JSON.stringify(simulator.calls)).toBe(calls);
      expect(state.reads - reads).toBe(2);
    },
  );

  test('a store that cannot be asked leaves the password at rest', async () => {
    const { simulator, state, submit } = await wrongAt('vsphere', () => startVsphereSimulator());
    await submit();
    state.value = 'no JSON';
    state.now += 5_000;
    expect(await submit()).toMatchObject({ kind: 'unavailable', error: { code: 'InvalidLogin' } });
    expect(simulator.calls.Login).toBe(1);
  });
});
