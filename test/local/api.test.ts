import { request } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Api } from '../../infra/local/api.ts';
import { EngineError } from '../../infra/local/engine-error.ts';
import { EventStream } from '../../infra/local/event-stream.ts';
import { startFixture } from './fixture.ts';

/** `fetch` does not let one choose Host and Origin. */
function call(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; type: string | undefined }> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode!, type: response.headers['content-type'] });
    })
      .on('error', reject)
      .end();
  });
}

test('a request becomes an event of payload format 2.0, and the result the answer', async () => {
  const { url } = await startFixture();
  const response = await fetch(`${url}/v1/things/a%20b?x=1&x=2&y=%26`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'k' },
    body: '{"do":"echo","text":"ü"}',
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    version: '2.0',
    routeKey: 'POST /v1/things/{thing}',
    rawPath: '/v1/things/a%20b',
    rawQueryString: 'x=1&x=2&y=%26',
    pathParameters: { thing: 'a b' },
    queryStringParameters: { x: '1,2', y: '&' },
    headers: { 'idempotency-key': 'k', 'content-type': 'application/json' },
    requestContext: {
      http: { method: 'POST', path: '/v1/things/a%20b', sourceIp: '127.0.0.1' },
      requestId: expect.any(String),
    },
    body: '{"do":"echo","text":"ü"}',
    isBase64Encoded: false,
  });
});

test('a body that is not text is handed over in base64, and a fixed route goes before a variable', async () => {
  const { url } = await startFixture();
  const binary = await fetch(`${url}/v1/things/a`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array([255, 0]),
  });
  expect(await binary.json()).toMatchObject({ body: '/wA=', isBase64Encoded: true });
  expect(await (await fetch(`${url}/v1/things/fixed`)).json()).toMatchObject({ routeKey: 'GET /v1/things/fixed' });
});

test.each([
  ['GET', '/v1/nothing', 404, null],
  ['DELETE', '/v1/things/a', 405, 'GET, POST'],
  ['GET', '/v1/things/%zz', 400, null],
])('%s %s: %i as a problem', async (method, path, status, allow) => {
  const { url } = await startFixture();
  const response = await fetch(url + path, { method });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('allow')).toBe(allow);
  expect(await response.json()).toMatchObject({ status, title: expect.any(String) });
});

test('a function that fails is a 500 that tells no detail', async () => {
  const { url } = await startFixture();
  const response = await fetch(`${url}/v1/things/a`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"do":"fail"}',
  });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('as asked');
});

test('a body over 10 MiB is refused with 413', async () => {
  const { url } = await startFixture();
  const response = await fetch(`${url}/v1/things/a`, { method: 'POST', body: 'x'.repeat(10 * 1024 * 1024 + 1) });
  expect(response.status).toBe(413);
});

test('so is one without a length, and the client can read the answer while it still sends', async () => {
  const { url } = await startFixture();
  const { hostname, port } = new URL(url);
  const chunk = 'x'.repeat(65_536);
  const answer = await new Promise<number>((resolve, reject) => {
    const outgoing = request({ hostname, port, path: '/v1/things/a', method: 'POST' }, ({ statusCode }) =>
      resolve(statusCode!),
    );
    outgoing.on('error', reject);
    let sent = 0;
    const send = () => {
      while (sent < 50 * 1024 * 1024) {
        sent += chunk.length;
        if (!outgoing.write(chunk)) return void outgoing.once('drain', send);
      }
      outgoing.end();
    };
    send();
  });
  expect(answer).toBe(413);
});

describe('only this machine and its own pages are answered', () => {
  test.each([
    ['127.0.0.1 as host', { host: '127.0.0.1:PORT' }, 200],
    ['localhost as host', { host: 'localhost:PORT' }, 200],
    ['[::1] as host', { host: '[::1]:PORT' }, 200],
    ['a name that was rebound to loopback', { host: 'evil.example:PORT' }, 403],
    ['another port as host', { host: 'localhost:1' }, 403],
    ['a page of this API', { host: 'localhost:PORT', origin: 'http://localhost:PORT' }, 200],
    ['a page from elsewhere', { host: 'localhost:PORT', origin: 'https://evil.example' }, 403],
    ['a page of another local server', { host: 'localhost:PORT', origin: 'http://localhost:3000' }, 403],
    ['a sandboxed page', { host: 'localhost:PORT', origin: 'null' }, 403],
  ])('%s', async (_, headers, status) => {
    const { url } = await startFixture();
    const filled = Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', new URL(url).port)]);
    const answer = await call(`${url}/v1/things/a`, Object.fromEntries(filled));
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.type).toBe('application/problem+json');
  });

  test('the inner endpoints want the key that only the functions have', async () => {
    const { environment } = await startFixture();
    for (const endpoint of [environment.AWS_ENDPOINT_URL_DYNAMODB!, environment.AWS_ENDPOINT_URL_SFN!]) {
      const headers = {
        authorization: 'AWS4-HMAC-SHA256 Credential=guessed/x, SignedHeaders=host, Signature=x',
        'x-amz-target': 'DynamoDB_20120810.ListTables',
      };
      expect((await call(endpoint, headers, 'POST')).status).toBeGreaterThanOrEqual(400);
    }
  });
});

test('a port in use is one clear error', async () => {
  const { url } = await startFixture();
  const port = Number(new URL(url).port);
  await expect(startFixture({ port })).rejects.toThrow(
    new EngineError(`port ${port} is in use; choose another with --port`),
  );
});

test('a function that takes longer than 30 s is answered as API Gateway does it: with a 503 that is no problem document', async () => {
  const route = { key: 'POST /v1/things', method: 'POST', pattern: /^\/v1\/things$/, functionArn: 'arn' };
  const invoke = () => {
    vi.advanceTimersByTime(29_999);
    queueMicrotask(() => vi.advanceTimersByTime(1));
    return new Promise(() => {});
  };
  const api = new Api([route], { invoke }, new EventStream());
  await api.listen(0);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(async () => {
    vi.useRealTimers();
    await api.stop(0);
  });
  const response = await fetch(`${api.url}/v1/things`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(503);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.text()).toBe('{"message":"Service Unavailable"}');
});
