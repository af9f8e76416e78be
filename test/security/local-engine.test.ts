import { statSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Engine } from '../../infra/local/engine.ts';
import { startSimulatedPlatforms } from '../../infra/local/simulated.ts';
import { startFixture, temporaryDirectory } from '../local/fixture.ts';

/** Every server that this process opens during a test. */
const opened: Server[] = [];
const listen = Server.prototype.listen;
beforeEach(() => {
  vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args: any[]) {
    opened.push(this);
    return listen.apply(this, args as never);
  });
});
afterEach(() => {
  opened.length = 0;
  vi.restoreAllMocks();
});
const addresses = () => opened.map((server) => server.address() as AddressInfo);

function call(port: number, headers: Record<string, string>, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method: body === undefined ? 'GET' : 'POST', path: PATH, headers };
    const outgoing = request(options, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    outgoing.on('error', reject).end(body);
  });
}
const PATH = '/v1/things/a';

/** What a function of the engine would send to one of the services. */
function signed(engine: Engine, port: number): Record<string, string> {
  const { AWS_ACCESS_KEY_ID: key } = engine.environment;
  return {
    host: `127.0.0.1:${port}`,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-date': new Date().toISOString(),
    authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/eu-central-1/x/aws4_request, SignedHeaders=host, Signature=x`,
  };
}

/** An operation for each service that holds something, and what a good answer has in it. */
const OPERATIONS: [service: string, target: string, body: string, answer: string][] = [
  ['DYNAMODB', 'DynamoDB_20120810.ListTables', '{}', 'TableNames'],
  ['SFN', 'AWSStepFunctions.ListExecutions', '{"stateMachineArn":"MACHINE"}', 'executions'],
  [
    'EVENTBRIDGE',
    'AWSEvents.PutEvents',
    '{"Entries":[{"Source":"x","DetailType":"y","Detail":"{}","EventBusName":"BUS"}]}',
    'EventId',
  ],
  ['SECRETS_MANAGER', 'secretsmanager.GetSecretValue', '{"SecretId":"vault"}', 'hunter2'],
];

async function start() {
  const engine = await startFixture({ secrets: { vault: { password: 'hunter2' } } });
  const portOf = (service: string) => Number(new URL(engine.environment[`AWS_ENDPOINT_URL_${service}`]!).port);
  const bodyOf = (body: string) =>
    body.replace('MACHINE', engine.resources.Loop!.ref).replace('BUS', engine.resources.Bus!.name);
  return { engine, portOf, bodyOf };
}

test('the engine listens on loopback only, and on no port that these tests do not know', async () => {
  const { engine, portOf } = await start();
  const known = [Number(new URL(engine.url).port), ...OPERATIONS.map(([service]) => portOf(service))];
  expect(addresses().map(({ address }) => address)).toEqual(addresses().map(() => '127.0.0.1'));
  expect(
    addresses()
      .map(({ port }) => port)
      .sort(),
  ).toEqual([...new Set(known)].sort());
});

test('so do the simulated platforms', async () => {
  const platforms = await startSimulatedPlatforms();
  onTestFinished(() => platforms.close());
  expect(addresses().length).toBeGreaterThanOrEqual(4);
  for (const { address } of addresses()) expect(address).toBe('127.0.0.1');
});

describe.each(OPERATIONS)('%s', (service, target, operation, answer) => {
  test('answers the functions, and nobody else', async () => {
    const { engine, portOf, bodyOf } = await start();
    const port = portOf(service);
    const good: Record<string, string> = { ...signed(engine, port), 'x-amz-target': target };
    const body = bodyOf(operation);
    const taken = await call(port, good, body);
    expect(taken.status).toBe(200);
    expect(taken.text).toContain(answer);

    const { authorization: _unsigned, ...unsigned } = good;
    const refused: [why: string, headers: Record<string, string>][] = [
      ['no key', unsigned],
      ['a guessed key', { ...good, authorization: good.authorization!.replace(/AKIA\w+/, 'AKIAIOSFODNN7EXAMPLE') }],
      ['a name that was rebound to loopback', { ...good, host: `evil.example:${port}` }],
      ['another port as host', { ...good, host: '127.0.0.1:1' }],
      ['a page from elsewhere', { ...good, origin: 'https://evil.example' }],
      ['a page of another local server', { ...good, origin: 'http://localhost:3000' }],
      ['a sandboxed page', { ...good, origin: 'null' }],
    ];
    for (const [why, headers] of refused) {
      const { status, text } = await call(port, headers, body);
      expect(status, why).toBeGreaterThanOrEqual(400);
      expect(text, why).not.toContain(answer);
    }
  });
});

test('the API refuses hosts and pages that only look like its own', async () => {
  const { engine } = await start();
  const port = Number(new URL(engine.url).port);
  const host = `localhost:${port}`;
  expect((await call(port, { host })).status).toBe(200);
  for (const headers of [
    { host: `evil.example:${port}` },
    { host: `localhost.evil.example:${port}` },
    { host: `127.0.0.1.evil.example:${port}` },
    { host, origin: 'https://evil.example' },
    { host, origin: `http://localhost:${port}.evil.example` },
    { host, origin: `https://localhost:${port}` },
    { host, origin: 'null' },
  ]) {
    expect((await call(port, headers)).status, JSON.stringify(headers)).toBe(403);
    expect((await call(port, headers, '{}')).status, JSON.stringify(headers)).toBe(403);
  }
});

test('the answers let no page read them', async () => {
  const { engine } = await start();
  const response = await fetch(engine.url + PATH, { headers: { origin: engine.url } });
  expect(response.status).toBe(200);
  expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
});

test('what it keeps is for its own user', async () => {
  const dataDir = join(temporaryDirectory(), 'data');
  await startFixture({ dataDir });
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
});

test('each start has a key of its own', async () => {
  const [first, second] = await Promise.all([start(), start()]);
  const { AWS_ACCESS_KEY_ID: one } = first.engine.environment;
  const { AWS_ACCESS_KEY_ID: two } = second.engine.environment;
  expect(one).toMatch(/^AKIA[0-9A-F]{32}$/);
  expect(one).not.toBe(two);
});
