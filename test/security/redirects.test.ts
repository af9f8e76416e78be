import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../shared/http/node.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { SILENT } from '../support/world.ts';

const servers: Server[] = [];
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

let followed = 0;
const target = await serve((request, response) => {
  followed++;
  request.resume();
  response.end('{}');
});
let asked = 0;
/** `/<status>/<other|same>/…` redirects to the other server, or to this one's `/target`. */
const origin = await serve((request, response) => {
  const [, status, where] = request.url!.split('/');
  request.resume();
  if (status === 'target') followed++;
  else asked++;
  response.writeHead(Number(status) || 200, { location: where === 'other' ? `${target}/x` : '/target' }).end();
});
beforeEach(() => {
  followed = 0;
  asked = 0;
});

const CASES = [301, 302, 303, 307, 308].flatMap((status) =>
  (['other', 'same'] as const).map((where) => [status, where] as const),
);

describe.each(CASES)('a redirect %i to the %s host', (status, where) => {
  test('is an answer and is not followed', async () => {
    const client = createHttpClient({ requestTimeoutSeconds: 60 });
    const headers = { authorization: 'Basic c2VjcmV0', cookie: 'session=1' };
    const url = `${origin}/${status}/${where}`;
    expect(await client.request({ method: 'POST', url, headers, body: 'secret' })).toMatchObject({ status });
    expect(followed).toBe(0);
  });

  const base = `${origin}/${status}/${where}`;
  const login = { username: 'operator', password: 'hunter22' };
  const bmc = { process: ':Call_Adapter', adapter: 'VMwareInfra' };
  const byPlatform: [platform: string, options: object, secret: object, submit: object][] = [
    ['vsphere', {}, login, { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-1' } }],
    ['cloudstack', {}, { apiKey: 'key', secretKey: 'hunter22' }, { operation: 'startVirtualMachine' }],
    ['f5-vcmp', {}, login, { operation: 'delete_guest', guests: ['g1'] }],
    ['bmc', bmc, login, { operation: 'Power_On_VM', operationType: 'Basic_Vm', parameters: {} }],
  ];

  test.each(byPlatform)('gets nothing of %s, and the operator is told', async (platform, options, secret, body) => {
    const adapter = adapterOf(platform) as Adapter;
    const lab = { url: base, secret: 's', requestTimeoutSeconds: 60, ...options };
    const ports = { now: Date.now, random: () => 0, log: SILENT, secrets: { get: async () => secret } };
    const { platform: connection } = connector(adapter, { lab }, ports)('lab')!;
    const request = adapter.submitRequest.parse(body);
    const intent = connection.intent(request, { id: '01K00000000000000000000000', createdAt: Date.now() });
    const outcome = await connection.submit(request, intent, { signal: AbortSignal.timeout(60_000) });
    // Nothing was started; the URL is a matter for the operator.
    expect(outcome).toMatchObject({ kind: 'unavailable', error: { message: expect.stringMatching(/redirect/) } });
    expect(asked).toBeGreaterThan(0);
    expect(followed).toBe(0);
  });
});
