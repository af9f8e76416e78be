import { request } from 'node:http';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, onTestFinished, test } from 'vitest';
import { clientOf, eventually, startFixture } from './fixture.ts';

/** Everything that a reader is told, as text. */
async function read(url: string): Promise<{ text(): string; ended: Promise<void> }> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(url, { signal: controller.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const ended = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch(() => {});
  await eventually(() => (text.startsWith(': listening\n\n') ? true : undefined));
  return { text: () => text, ended };
}

const put = (client: EventBridgeClient, status: string) =>
  client.send(
    new PutEventsCommand({ Entries: [{ Source: 'pollux', DetailType: 'T', Detail: JSON.stringify({ status }) }] }),
  );

test('events that match come to each reader, and the stream ends with the engine', async () => {
  const engine = await startFixture();
  const pattern = encodeURIComponent('{"detail":{"status":["FAILED"]}}');
  const all = await read(`${engine.url}/local/events`);
  const failed = await read(`${engine.url}/local/events?pattern=${pattern}`);
  const client = new EventBridgeClient(clientOf(engine, 'EVENTBRIDGE'));
  for (const status of ['SUCCEEDED', 'FAILED']) await put(client, status);
  await eventually(() => (all.text().includes('FAILED') && failed.text().includes('FAILED') ? true : undefined));
  const [, message] = failed.text().split('\n\n');
  const [, id, data] = /^id: (.*)\ndata: (.*)$/.exec(message!)!;
  expect(JSON.parse(data!)).toMatchObject({ id, source: 'pollux', detail: { status: 'FAILED' } });
  expect(all.text()).toContain('SUCCEEDED');
  expect(failed.text()).not.toContain('SUCCEEDED');

  const begun = Date.now();
  await engine.stop();
  await Promise.all([all.ended, failed.ended]);
  // Open streams are not waited for, as requests under way are.
  expect(Date.now() - begun).toBeLessThan(5000);
});

test.each([
  ['?pattern=x', 'cannot be used'],
  ['?pattern=[]', 'must be an object'],
  ['?pattern={"detail":{"status":[{"wildcard":"*"}]}}', 'wildcard'],
])('%s is refused', async (query, detail) => {
  const { url } = await startFixture();
  const response = await fetch(`${url}/local/events${query}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining(detail) });
});

test('only GET, and only for this machine and its own pages', async () => {
  const { url } = await startFixture();
  expect((await fetch(`${url}/local/events`, { method: 'POST' })).status).toBe(405);
  const status = await new Promise((resolve, reject) => {
    request(`${url}/local/events`, { headers: { origin: 'https://evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});
