import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SubmitOutcome } from '../../shared/platforms/adapter.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { SecretUnavailable } from '../../shared/secrets/secret-store.ts';
import { PLATFORMS, type PlatformUnderContract } from '../contract/platforms.ts';
import { SILENT } from '../support/world.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');

interface Wrong {
  /** In place of the simulator's own. */
  origin?: string;
  path?: string;
  secret?: unknown;
}

/** A submit through a connection that is wrong. */
async function submitThrough({ adapter, start }: PlatformUnderContract, wrong: Wrong): Promise<SubmitOutcome> {
  const simulator = await start();
  onTestFinished(() => simulator.close());
  const secret = 'secret' in wrong ? wrong.secret : simulator.secret;
  const secrets = {
    async get() {
      if (secret instanceof Error) throw secret;
      return secret;
    },
  };
  const own = new URL(String(simulator.connection.url));
  const url = `${wrong.origin ?? own.origin}${wrong.path ?? own.pathname}`;
  const ports = { secrets, now: Date.now, random: Math.random, log: SILENT };
  const { platform } = connector(adapter, { lab: { ...simulator.connection, url, secret: 's' } }, ports)('lab')!;
  const request = adapter.submitRequest.parse(simulator.scenarios.succeeds(1));
  const intent = platform.intent(request, { id: '01K00000000000000000000000', createdAt: Date.now() });
  return platform.submit(request, intent, { signal: AbortSignal.timeout(60_000) });
}

async function listening(server: Server, scheme = 'https'): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const label = ({ adapter, variant }: PlatformUnderContract) => [adapter.platform, variant].filter(Boolean).join(' ');
const platforms = PLATFORMS.filter(({ adapter }) => adapter.secret).map((one) => [label(one), one] as const);

describe.each(platforms)('a submit to %s', (_, platform) => {
  const permanent = { kind: 'unavailable', error: { retryable: false } };

  test('with a wrong secret needs an operator', async () => {
    const simulator = await platform.start();
    await simulator.close();
    const field = platform.adapter.platform === 'cloudstack' ? 'secretKey' : 'password';
    const secret = { ...simulator.secret, [field]: 'wrong-one' };
    expect(await submitThrough(platform, { secret })).toMatchObject(permanent);
  });

  test('with a secret of another form needs an operator, who is told the form', async () => {
    const outcome = await submitThrough(platform, { secret: 'hunter2' });
    expect(outcome).toMatchObject(permanent);
    expect(JSON.stringify(outcome)).toMatch(/must be a JSON object with [^.]*(password|apiKey)/);
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });

  test('without a certificate that can be trusted needs an operator', async () => {
    const origin = await listening(createServer({ key: fixture('key.pem'), cert: fixture('cert.pem') }));
    expect(await submitThrough(platform, { origin })).toMatchObject({
      kind: 'unavailable',
      error: { code: 'http.tls', retryable: false, message: expect.stringContaining('set "thumbprint"') },
    });
  });

  test('to a port without TLS needs an operator', async () => {
    const origin = await listening(createTcpServer((socket) => socket.end('220 ready\r\n').on('error', () => {})));
    expect(await submitThrough(platform, { origin })).toMatchObject({
      kind: 'unavailable',
      error: { code: 'http.tls', retryable: false, message: expect.stringContaining('no TLS on this port') },
    });
  });

  test('to a port where nobody listens may pass', async () => {
    const outcome = await submitThrough(platform, { origin: 'http://127.0.0.1:1' });
    expect(outcome).toMatchObject({ kind: 'unavailable', error: { code: 'http.refused' } });
    expect((outcome as { error: { retryable?: boolean } }).error.retryable).not.toBe(false);
  });

  test('while the secret store is away may pass', async () => {
    const secret = new SecretUnavailable('the secret "s" cannot be read (ThrottlingException)', { mayPass: true });
    const outcome = await submitThrough(platform, { secret });
    expect(outcome).toMatchObject({ kind: 'unavailable', error: { code: 'SecretStoreUnavailable' } });
    expect((outcome as { error: { retryable?: boolean } }).error.retryable).not.toBe(false);
  });
});
