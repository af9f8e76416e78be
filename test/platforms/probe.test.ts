import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkConnection } from '../../functions/check-connection/check.ts';
import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { SecretUnavailable } from '../../shared/secrets/secret-store.ts';
import { PLATFORMS, type PlatformUnderContract } from '../contract/platforms.ts';
import { SILENT } from '../support/world.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');

/** The connection to a simulator, with what is wrong with it; and its secret, which may be corrected. */
async function connect(
  { adapter, start }: PlatformUnderContract,
  wrong: { options?: Record<string, unknown>; secret?: Record<string, string> } = {},
) {
  const simulator: Simulator = await start();
  onTestFinished(() => simulator.close());
  let secret: unknown = { ...simulator.secret, ...wrong.secret };
  const read: boolean[] = [];
  const ports = {
    now: Date.now,
    random: Math.random,
    log: SILENT,
    secrets: {
      async get(_name: string, fresh = false) {
        read.push(fresh);
        if (secret === undefined) throw new SecretUnavailable('the secret "s" cannot be read');
        return secret;
      },
    },
  };
  const entry = {
    ...simulator.connection,
    ...(adapter.secret && { secret: 's' }),
    ...wrong.options,
  };
  const open = connector(adapter, { lab: entry }, ports)('lab')!;
  return {
    simulator,
    read,
    check: () => checkConnection(open, ports),
    set: (value: unknown) => {
      secret = value;
    },
  };
}

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const label = ({ adapter, variant }: PlatformUnderContract) => [adapter.platform, variant].filter(Boolean).join(' ');
const all = PLATFORMS.map((platform) => [label(platform), platform] as const);
const withSecret = all.filter(([, { adapter }]) => adapter.secret !== undefined);

test.each(all)('%s: nothing is wrong', async (_, platform) => {
  const { check, simulator } = await connect(platform);
  expect(await check()).toEqual({ ok: true, milliseconds: expect.any(Number) });
  const remote = Object.keys(simulator.connection).length > 0;
  expect(Object.keys(simulator.calls).length > 0).toBe(remote);
});

describe.each(withSecret)('%s', (_, platform) => {
  test('a wrong secret is for an operator, and its correction is seen at once', async () => {
    const secret = platform.adapter.platform === 'cloudstack' ? { secretKey: 'wrong-one' } : { password: 'wrong-one' };
    const { check, set, simulator } = await connect(platform, { secret });
    const { ok, problem } = await check();
    expect({ ok, kind: problem?.kind }).toEqual({ ok: false, kind: 'permanent' });
    expect(JSON.stringify(problem)).not.toContain('wrong-one');
    set(simulator.secret);
    expect(await check()).toMatchObject({ ok: true });
  });

  test('a secret that cannot be read', async () => {
    const { check, set } = await connect(platform);
    set(undefined);
    expect(await check()).toMatchObject({ ok: false, problem: { kind: 'permanent', code: 'SecretUnavailable' } });
  });

  test('nobody listens there', async () => {
    const path = new URL(String((await platform.start().then(closed)).connection.url)).pathname;
    const { check } = await connect(platform, { options: { url: `http://127.0.0.1:${await closedPort()}${path}` } });
    expect(await check()).toMatchObject({ ok: false, problem: { kind: 'transient', code: 'http.refused' } });
  });

  test('a certificate that nobody vouches for', async () => {
    const server = createServer({ key: fixture('key.pem'), cert: fixture('cert.pem') }, (_request, response) => {
      response.end('never reached');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const path = new URL(String((await platform.start().then(closed)).connection.url)).pathname;
    const { check } = await connect(platform, { options: { url: `https://127.0.0.1:${port}${path}` } });
    expect(await check()).toMatchObject({ ok: false, problem: { kind: 'permanent', code: 'http.tls' } });
  });
});

/** Only its connection is of interest. */
async function closed(simulator: Simulator): Promise<Simulator> {
  await simulator.close();
  return simulator;
}

test('a vSphere login of a check is a new one each time, and is given back', async () => {
  const vsphere = PLATFORMS.find(({ adapter }) => adapter.platform === 'vsphere')!;
  const { check, simulator } = await connect(vsphere);
  for (let times = 0; times < 3; times++) expect(await check()).toMatchObject({ ok: true });
  expect(simulator.calls).toMatchObject({ Login: 3, Logout: 3 });
});

test('a password that vCenter rejected is not tried again at every check: five tries lock an account', async () => {
  const vsphere = PLATFORMS.find(({ adapter }) => adapter.platform === 'vsphere')!;
  const { check, simulator } = await connect(vsphere, { secret: { password: 'wrong-one' } });
  for (let times = 0; times < 6; times++) expect(await check()).toMatchObject({ ok: false });
  expect(simulator.calls.Login).toBe(1);
});

test('a provider whose scripts are not there', async () => {
  const symphony = PLATFORMS.find(({ adapter }) => adapter.platform === 'symphony')!;
  const { check } = await connect(symphony, { options: { scripts: '/nonexistent/scripts' } });
  expect(await check()).toMatchObject({ ok: false, problem: { kind: 'permanent', code: 'ENOENT' } });
});

test('an Orchestrator whose process is another one', async () => {
  const bmc = PLATFORMS.find(({ adapter }) => adapter.platform === 'bmc')!;
  const { check } = await connect(bmc, { options: { process: ':Other:Process' } });
  expect(await check()).toMatchObject({ ok: false, problem: { kind: 'permanent' } });
});
