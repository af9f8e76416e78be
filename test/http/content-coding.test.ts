import http from 'node:http';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkFailureOf } from '../../shared/http/failure.ts';
import { createHttpClient } from '../../shared/http/node.ts';

const TEXT = '<answer>größer & 42%</answer>'.repeat(100);
const PLAIN = Buffer.from(TEXT);
let answer: { coding?: string | string[]; body: Buffer; status?: number };
let asked: http.IncomingHttpHeaders;
let server: http.Server;
let url: string;

beforeAll(async () => {
  server = http.createServer((request, response) => {
    asked = request.headers;
    response.statusCode = answer.status ?? 200;
    if (answer.coding !== undefined) response.setHeader('content-encoding', answer.coding);
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

const client = createHttpClient({ maxRequestsPerSecond: 1000 });
const get = (maxBytes?: number) => client.request({ method: 'GET', url, ...(maxBytes !== undefined && { maxBytes }) });

test('an answer without a content coding is asked for', async () => {
  answer = { body: PLAIN };
  await get();
  expect(asked['accept-encoding']).toBe('identity');
});

describe('an answer that is compressed all the same is read', () => {
  test.each<[string, string | string[] | undefined, Buffer]>([
    ['none', undefined, PLAIN],
    ['identity', 'identity', PLAIN],
    ['an empty header', '', PLAIN],
    ['gzip', 'gzip', zlib.gzipSync(PLAIN)],
    ['gzip in capitals', ' GZip ', zlib.gzipSync(PLAIN)],
    ['x-gzip', 'x-gzip', zlib.gzipSync(PLAIN)],
    [
      'gzip of two members',
      'gzip',
      Buffer.concat([zlib.gzipSync(PLAIN.subarray(0, 99)), zlib.gzipSync(PLAIN.subarray(99))]),
    ],
    ['deflate', 'deflate', zlib.deflateSync(PLAIN)],
    ['deflate without the zlib header', 'deflate', zlib.deflateRawSync(PLAIN)],
    ['deflate, then gzip', 'deflate, gzip', zlib.gzipSync(zlib.deflateSync(PLAIN))],
    ['two headers', ['gzip', 'identity'], zlib.gzipSync(PLAIN)],
  ])('%s', async (_, coding, body) => {
    answer = { body, ...(coding !== undefined && { coding }) };
    expect((await get()).body).toBe(TEXT);
  });

  test('an empty one too', async () => {
    answer = { coding: 'gzip', body: Buffer.alloc(0), status: 500 };
    expect(await get()).toMatchObject({ status: 500, body: '' });
  });
});

describe('what cannot be read is no answer: a poll fails, and a submit may have been taken', () => {
  test.each<[string, string, Buffer, RegExp]>([
    ['brotli', 'br', zlib.brotliCompressSync(PLAIN), /content coding "br".*only gzip and deflate/],
    ['zstd', 'zstd', PLAIN, /content coding "zstd"/],
    ['compress inside of gzip', 'compress, gzip', zlib.gzipSync(PLAIN), /content coding "compress"/],
    ['four codings', 'gzip, gzip, gzip, gzip', PLAIN, /content coding "gzip, gzip, gzip, gzip"/],
    ['gzip that breaks off', 'gzip', zlib.gzipSync(PLAIN).subarray(0, 40), /gzip and cannot be decoded/],
    ['gzip with a broken byte', 'gzip', broken(zlib.gzipSync(PLAIN)), /gzip and cannot be decoded/],
    ['plain text that is said to be gzip', 'gzip', PLAIN, /gzip and cannot be decoded/],
    ['plain text that is said to be deflate', 'deflate', PLAIN, /deflate and cannot be decoded/],
  ])('%s', async (_, coding, body, message) => {
    answer = { coding, body };
    const error: unknown = await get().catch((it: unknown) => it);
    expect(error).toMatchObject({
      name: 'HttpFailure',
      code: 'coding',
      sent: true,
      message: expect.stringMatching(message),
    });
    expect(checkFailureOf(error)).toMatchObject({ kind: 'transient', code: 'http.coding' });
  });
});

test('the limit is that of the decoded answer: a small one that becomes large is too large', async () => {
  answer = { coding: 'gzip', body: zlib.gzipSync(Buffer.alloc(50 * 1024 * 1024)) };
  await expect(get()).rejects.toMatchObject({ code: 'too_large' });
  answer = { coding: 'gzip, gzip', body: zlib.gzipSync(zlib.gzipSync(Buffer.alloc(50 * 1024 * 1024))) };
  await expect(get()).rejects.toMatchObject({ code: 'too_large' });
  answer = { coding: 'gzip', body: zlib.gzipSync(PLAIN) };
  await expect(get(PLAIN.length - 1)).rejects.toMatchObject({ code: 'too_large' });
  expect((await get(PLAIN.length)).body).toBe(TEXT);
});

test('whatever is said to be compressed is read as it was, or is no answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('gzip', 'deflate'), async (bytes, coding) => {
      answer = { coding, body: Buffer.from(bytes) };
      const outcome: unknown = await get().catch((error: unknown) => error);
      const isAnswer = !(outcome instanceof Error);
      expect(isAnswer || (outcome as unknown as { code: string }).code === 'coding').toBe(true);
    }),
    { numRuns: 50 },
  );
});

/** In the middle of what is compressed: the checksum shows it. */
function broken(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  copy[Math.floor(copy.length / 2)]! ^= 0xff;
  return copy;
}
