import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../shared/http/node.ts';
import type { PlatformConnection } from '../../shared/platforms/adapter.ts';
import { keepConfidential } from '../../shared/platforms/confidential.ts';
import { PLATFORMS, type PlatformUnderContract } from '../contract/platforms.ts';
import { SILENT } from '../support/world.ts';

/** Those whose remote is reached over HTTP. */
const OVER_HTTP = PLATFORMS.filter(({ adapter }) => !['task', 'symphony'].includes(adapter.platform)).map(
  (platform) => [`${platform.adapter.platform} ${platform.variant ?? ''}`.trim(), platform] as const,
);
const COOKIES = Array.from({ length: 10 }, () => randomBytes(3072).toString('base64'));
const value = (bytes: number) => randomBytes((bytes * 3) / 4).toString('base64');

/** Where a caller may put a long secret: a platform without such a field takes none. */
const REQUESTS: Readonly<Record<string, (secret: string) => Record<string, unknown>>> = {
  cloudstack: (userdata) => ({ operation: 'deployVirtualMachine', parameters: { userdata } }),
  vsphere: (value) => ({
    operation: 'ReconfigVM_Task',
    target: { type: 'VirtualMachine', value: 'vm-102' },
    arguments: { spec: { extraConfig: [{ _typeName: 'OptionValue', key: 'guestinfo.password', value }] } },
  }),
  bmc: (password) => ({
    operation: 'Clone_VM',
    operationType: 'Configure_Vm',
    parameters: { customization: { password } },
  }),
};

/** All substrings of twelve characters. */
function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at + 12 <= text.length; at++) yield text.slice(at, at + 12);
}

/** In front of the simulator: sets ten cookies with every answer, and repeats what it was sent where that has the secret. */
async function peer(target: string, repeats: (body: string) => { status: number; text: string } | undefined) {
  const server = http.createServer({ maxHeaderSize: 256 * 1024 }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const cookies = COOKIES.map((cookie, index) => `gateway${index}=${cookie}; Path=/`);
    const repeated = repeats(body.toString('utf8'));
    if (repeated) {
      response.writeHead(repeated.status, { 'set-cookie': cookies }).end(repeated.text);
      return;
    }
    const { host: _host, 'content-length': _length, 'transfer-encoding': _coding, ...headers } = request.headers;
    const answer = await fetch(new URL(request.url ?? '/', target), {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body.length > 0 && { body }),
    });
    const own = answer.headers.getSetCookie();
    const kept = [...answer.headers].filter(
      ([name]) => !['set-cookie', 'content-encoding', 'content-length', 'transfer-encoding'].includes(name),
    );
    response.writeHead(answer.status, { ...Object.fromEntries(kept), 'set-cookie': [...cookies, ...own] });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe.each(OVER_HTTP)('%s', (_, { adapter, start }: PlatformUnderContract) => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function connected(repeats: Parameters<typeof peer>[1] = () => undefined) {
    const simulator = await start();
    closing.push(() => simulator.close());
    const there = new URL(String(simulator.connection.url));
    const front = await peer(there.origin, repeats);
    closing.push(front.close);
    const options = adapter.options.parse({
      ...simulator.connection,
      requestTimeoutSeconds: 20,
      url: `http://127.0.0.1:${front.port}${there.pathname}`,
    });
    const connection: PlatformConnection = keepConfidential(
      {
        name: `${adapter.platform}/lab`,
        options,
        secret: async () => simulator.secret,
        http: createHttpClient(options as never),
        now: Date.now,
        random: Math.random,
        log: SILENT,
      },
      (context) => adapter.connect(context),
    );
    return { connection, simulator };
  }
  const options = { signal: new AbortController().signal };
  const job = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', createdAt: Date.now() };

  test('ten cookies of 4 KB with every answer hinder no submit and no poll', async () => {
    const { connection, simulator } = await connected();
    const request = adapter.submitRequest.parse(simulator.scenarios.succeeds(600));
    const outcome = await connection.submit(request, connection.intent(request, job), options);
    expect(outcome).toMatchObject({ handle: expect.anything() });
    if (!('handle' in outcome)) return;
    const ref = { ...job, operation: String((request as { operation: string }).operation), handle: outcome.handle };
    expect((await connection.check([ref], options)).get(job.id)).toMatchObject({ kind: 'observed' });
  });

  const ask = REQUESTS[adapter.platform];
  for (const [size, secret, statuses] of [
    ['32 KB', value(32 * 1024), [431, 400, 500]],
    ['1 MB', value(1024 * 1024), [431]],
  ] as const) {
    for (const status of statuses) {
      test.skipIf(ask === undefined)(
        `a value of ${size} that is repeated in a ${status} is not told${ask ? '' : ' [no field of a request takes one]'}`,
        async () => {
          const marker = secret.slice(1000, 1040);
          const { connection } = await connected((body) => {
            if (
              !decodeURIComponent(body.replaceAll('%25', '%').replaceAll(/%(?![0-9a-f]{2})/gi, '%25')).includes(marker)
            )
              return undefined;
            const words = {
              errorcode: status,
              cserrorcode: 4350,
              errortext: `Unable to execute: userdata=${secret} ${body} cookies ${COOKIES.join(';')}`,
            };
            return {
              status,
              text:
                adapter.platform === 'cloudstack'
                  ? JSON.stringify({ deployvirtualmachineresponse: words })
                  : words.errortext,
            };
          });
          const request = adapter.submitRequest.parse(ask!(secret));
          const outcome = await connection.submit(request, connection.intent(request, job), options);
          expect(outcome).toMatchObject({ error: { message: expect.any(String) } });
          const told = JSON.stringify(outcome);
          expect(told.length).toBeLessThan(5000);
          const shown = new Set(piecesOf(told));
          const leaked = [secret, ...COOKIES].flatMap((hidden) =>
            [...piecesOf(hidden)].filter((piece) => shown.has(piece)),
          );
          expect(leaked).toEqual([]);
        },
      );
    }
  }
});
