import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallBudget } from '../../shared/http/budget.ts';
import { HttpFailure, type HttpRequest } from '../../shared/http/client.ts';
import { checkFailureOf, retryAfterSeconds } from '../../shared/http/failure.ts';
import { createHttpClient } from '../../shared/http/node.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
const SHA1 = fixture('sha1').trim();
const SHA256 = fixture('sha256').trim();

const opened: { close(): unknown }[] = [];
async function serve(server: net.Server): Promise<number> {
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}
afterAll(() => {
  for (const server of opened) server.close();
});

async function failureOf(work: Promise<unknown>): Promise<HttpFailure> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(HttpFailure);
  return error as HttpFailure;
}

describe('http', () => {
  let url: string;
  let hits = 0;
  beforeAll(async () => {
    const server = http.createServer((request, response) => {
      hits++;
      const path = request.url!.split('?')[0];
      if (path === '/redirect') return response.writeHead(302, { location: '/elsewhere' }).end();
      if (path === '/large') return response.end('x'.repeat(100_000));
      if (path === '/hang') return undefined;
      if (path === '/reset') return request.socket.destroy();
      if (path === '/half') {
        response.writeHead(200, { 'content-length': '1000' }).write('half');
        return setTimeout(() => request.socket.destroy(), 20);
      }
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => response.setHeader('x-method', request.method!).end(body || 'grüße'));
      return undefined;
    });
    url = `http://127.0.0.1:${await serve(server)}`;
  });
  const client = createHttpClient({ requestTimeoutSeconds: 60, maxRequestsPerSecond: 1000 });
  const get = (path: string, more: Partial<HttpRequest> = {}) =>
    client.request({ method: 'GET', url: url + path, ...more });

  test('an answer: status, headers in lower case, body as text', async () => {
    expect(await get('/')).toMatchObject({ status: 200, body: 'grüße', headers: { 'x-method': 'GET' } });
    expect(await get('/', { method: 'POST', body: 'ä' })).toMatchObject({ body: 'ä' });
  });

  test('a redirect is an answer, it is not followed', async () => {
    const before = hits;
    expect(await get('/redirect')).toMatchObject({ status: 302 });
    expect(hits).toBe(before + 1);
  });

  test.each([
    ['/large', { maxBytes: 1000 }, 'too_large'],
    ['/hang', { timeoutMs: 50 }, 'timeout'],
    ['/reset', {}, 'reset'],
    ['/half', {}, 'reset'],
    ['/hang', { abortAfter: 30 }, 'aborted'],
    ['/', { abortAfter: 0 }, 'aborted'],
  ] as const)('%s %o fails as %s', async (path, options, code) => {
    const { abortAfter, ...more } = options as { abortAfter?: number };
    // A connection that is there already: what follows is sent at once, however busy the machine is.
    await get('/');
    const signal = abortAfter === 0 ? AbortSignal.abort() : AbortSignal.timeout(abortAfter ?? 60_000);
    const failure = await failureOf(get(path, { ...more, signal }));
    expect(failure.code).toBe(code);
    if (path !== '/') expect(failure.sent).toBe(true);
  });

  test('a call that is slower than its limit names the option and what was called', async () => {
    const impatient = createHttpClient({ requestTimeoutSeconds: 1 });
    const slow = { method: 'POST', url: `${url}/hang?key=c4nary`, operation: 'CloneVM_Task' } as const;
    const { message } = await failureOf(impatient.request(slow));
    expect(message).toContain(`CloneVM_Task (POST ${url}/hang): no answer within 1 s`);
    expect(message).toContain('"requestTimeoutSeconds"');
    // A limit of our own is not the option's.
    const own = await failureOf(impatient.request({ ...slow, timeoutMs: 50 }));
    expect(own.message).not.toContain('requestTimeoutSeconds');
  });

  test('a request that never got a connection says so, and does not ask for more patience', async () => {
    // A TLS handshake that nobody answers.
    const silent = net.createServer(() => {});
    const https = `https://127.0.0.1:${await serve(silent)}/`;
    const failure = await failureOf(client.request({ method: 'GET', url: https, timeoutMs: 100 }));
    expect(failure).toMatchObject({ code: 'timeout', sent: false });
    expect(failure.message).toContain('no connection within 0.1 s');
    expect(failure.message).not.toContain('requestTimeoutSeconds');
  });

  test('a refused connection and an unknown host were surely not sent', async () => {
    const refused = await failureOf(client.request({ method: 'POST', url: 'http://127.0.0.1:1/' }));
    expect(refused).toMatchObject({ code: 'refused', sent: false });
    const unknown = await failureOf(client.request({ method: 'GET', url: 'http://no-such-host.invalid/' }));
    expect(unknown).toMatchObject({ code: 'dns', sent: false });
  });

  test('the message names the request, but not its query', async () => {
    const failure = await failureOf(get('/reset?signature=c4nary'));
    expect(failure.message).toContain('GET http://127.0.0.1');
    expect(failure.message).not.toContain('c4nary');
  });

  test('an answer in garbage is a reset, not a crash', async () => {
    const port = await serve(net.createServer((socket) => socket.end('garbage\r\n\r\n')));
    const failure = await failureOf(client.request({ method: 'GET', url: `http://127.0.0.1:${port}/` }));
    expect(failure.code).toBe('reset');
  });
});

describe('TLS', () => {
  let url: string;
  let port: number;
  let requests = 0;
  beforeAll(async () => {
    const options = { key: fixture('key.pem'), cert: fixture('cert.pem') };
    port = await serve(https.createServer(options, (_, response) => response.end(`hello ${++requests}`)));
    url = `https://127.0.0.1:${port}/`;
  });
  const ask = (options: Parameters<typeof createHttpClient>[0], to = url) =>
    createHttpClient({ ...options, requestTimeoutSeconds: 2 }).request({ method: 'GET', url: to });

  test('a certificate that nobody vouches for is refused, before a byte of the request is sent', async () => {
    const failure = await failureOf(ask({}));
    expect(failure).toMatchObject({ code: 'tls', sent: false });
    expect(checkFailureOf(failure).kind).toBe('permanent');
    expect(requests).toBe(0);
  });

  test('a private authority vouches for it', async () => {
    expect(await ask({ ca: fixture('cert.pem') })).toMatchObject({ status: 200 });
  });

  test('the authority does not vouch for another name', async () => {
    const failure = await failureOf(
      ask({ ca: fixture('cert.pem') }, `https://127.0.0.2:${port}/`).catch((e) => Promise.reject(e)),
    );
    expect(['tls', 'refused']).toContain(failure.code);
  });

  test.each([
    ['SHA-256', SHA256],
    ['SHA-1', SHA1],
    ['lower case without colons', SHA256.replaceAll(':', '').toLowerCase()],
  ])('a pinned thumbprint (%s) vouches for it', async (_, thumbprint) => {
    expect(await ask({ thumbprint })).toMatchObject({ status: 200 });
    const client = createHttpClient({ thumbprint });
    for (let i = 0; i < 3; i++) expect(await client.request({ method: 'GET', url })).toMatchObject({ status: 200 });
  });

  test('a TLS connection that breaks after the request is no verdict: it may have been carried out', async () => {
    const breaking = net.createServer((raw) => {
      const options = { isServer: true, key: fixture('key.pem'), cert: fixture('cert.pem') };
      new TLSSocket(raw, options).on('error', () => {}).once('data', () => raw.write('no TLS record'.repeat(10)));
    });
    const failure = await failureOf(ask({ thumbprint: SHA256 }, `https://127.0.0.1:${await serve(breaking)}/`));
    expect(failure).toMatchObject({ code: 'reset', sent: true });
  });

  test('a server that wants a certificate of ours is for an operator', async () => {
    const options = { key: fixture('key.pem'), cert: fixture('cert.pem'), requestCert: true };
    const failure = await failureOf(
      ask({ thumbprint: SHA256 }, `https://127.0.0.1:${await serve(https.createServer(options))}/`),
    );
    expect(failure).toMatchObject({ code: 'tls' });
    expect(failure.message).toMatch(
      /: TLS failed: [^:]*certificate required \(ERR_SSL_\w+\): the server wants a certificate of the client/,
    );
  });

  test('a server that speaks TLS 1.0 alone is for an operator, who is told what to switch on', async () => {
    const options = { key: fixture('key.pem'), cert: fixture('cert.pem'), ciphers: 'ALL:@SECLEVEL=0' };
    const old = https.createServer({ ...options, minVersion: 'TLSv1', maxVersion: 'TLSv1' });
    const failure = await failureOf(ask({ thumbprint: SHA256 }, `https://127.0.0.1:${await serve(old)}/`));
    expect(failure).toMatchObject({ code: 'tls', sent: false });
    expect(failure.message).toContain('switch TLS 1.2 or 1.3 on at the server');
    expect(failure.message).not.toMatch(/SSL routines|\.c:\d/);
  });

  test('a peer that hangs up on the handshake is told from one that resets a request', async () => {
    const mute = net.createServer((socket) => socket.once('data', () => socket.end()).on('error', () => {}));
    const failure = await failureOf(ask({}, `https://127.0.0.1:${await serve(mute)}/`));
    expect(failure).toMatchObject({ code: 'reset', sent: false });
    expect(failure.message).toContain('hung up on the TLS handshake');
  });

  test.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
  ])('a port without TLS, where somebody speaks %s, is for an operator', async (_, greeting) => {
    const silent = net.createServer((socket) => socket.end(greeting).on('error', () => {}));
    const failure = await failureOf(ask({}, `https://127.0.0.1:${await serve(silent)}/`));
    expect(failure).toMatchObject({ code: 'tls', sent: false });
    expect(failure.message).toMatch(/: there is no TLS on this port \(ERR_SSL_\w+\): correct the port of the "url"$/);
    expect(checkFailureOf(failure).kind).toBe('permanent');
  });

  test('another thumbprint is refused, and the message shows the right one', async () => {
    const before = requests;
    const failure = await failureOf(ask({ thumbprint: SHA256.replace(/^../, SHA256.startsWith('00') ? '11' : '00') }));
    expect(failure).toMatchObject({ code: 'tls', sent: false });
    expect(failure.message).toContain(SHA256);
    expect(requests).toBe(before);
  });
});

describe('the budget of calls', () => {
  test('no more at once than allowed, all are served in order', async () => {
    const budget = new CallBudget({ perSecond: 1e6, atOnce: 3 });
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const work = (i: number) =>
      budget.run(async () => {
        most = Math.max(most, ++running);
        order.push(i);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running--;
        if (i === 4) throw new Error('a failure frees its place too');
      });
    await Promise.allSettled(Array.from({ length: 20 }, (_, i) => work(i)));
    expect(most).toBe(3);
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test('who gives up while waiting frees the way, and has begun nothing', async () => {
    const budget = new CallBudget({ perSecond: 1e6, atOnce: 1 });
    const first = Promise.withResolvers<void>();
    const running = budget.run(() => first.promise);
    let begun = 0;
    const work = async () => {
      begun++;
    };
    const abandoned = [1, 2, 3].map(() => budget.run(work, AbortSignal.timeout(20)));
    const last = budget.run(work);
    expect((await Promise.allSettled(abandoned)).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect(begun).toBe(0);
    first.resolve();
    await Promise.all([running, last]);
    expect(begun).toBe(1);
    const slow = new CallBudget({ perSecond: 0.1, atOnce: 5 });
    await slow.run(work);
    await expect(slow.run(work, AbortSignal.timeout(10))).rejects.toThrow();
  });

  test('no more a second than allowed', async () => {
    const budget = new CallBudget({ perSecond: 100, atOnce: 50 });
    const start = Date.now();
    await Promise.all(Array.from({ length: 11 }, () => budget.run(async () => {})));
    expect(Date.now() - start).toBeGreaterThanOrEqual(95);
  });
});

describe('Retry-After', () => {
  test.each([
    ['12', 12],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30],
    ['Wed, 31 Dec 2025 00:00:30 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s', (header, seconds) => {
    expect(retryAfterSeconds(header, Date.UTC(2026, 0, 1))).toBe(seconds);
  });
});
