import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Api } from '../../../infra/local/api.ts';
import { EventStream } from '../../../infra/local/event-stream.ts';
import type { Functions } from '../../../infra/local/functions.ts';
import { HttpFailure } from '../../../shared/http/client.ts';
import { createHttpClient } from '../../../shared/http/node.ts';
import { parseXml, XmlError } from '../../../shared/xml/parse.ts';
import { hold, type Target } from '../target.ts';

const MEGABYTE = 1024 * 1024;
const BODY_MEGABYTES = 50;
/** Of the whole process, which has the hostile peer in it too. A function has 512 MB. */
const MAX_GROWTH = 150 * MEGABYTE;
/** Once the limit is passed the peer is cut off; what is in the buffers of the sockets has been sent by then. */
const MAX_SENT = 24 * MEGABYTE;

/** What the body is made of; it is repeated until there is enough of it. */
const PIECES = ['x', '<a>', '<a/>', '<a b="c"/>', '[', '{"a":', '[],', '\u0000', '&amp;', '"\\u0061",', 'é'];
const WAYS = ['answer', 'answer with length', 'request', 'request with length', 'document'] as const;

interface Frame extends Record<string, unknown> {
  way: (typeof WAYS)[number];
}

/** Bodies of 50 MB, to our client and to the local API; and documents as large as the parser takes them. */
export async function bodies(): Promise<Target> {
  let growth = 0;
  return {
    limitMs: 8000,
    make: (random) => ({ frame: { way: random.pick(WAYS) } satisfies Frame, bytes: Buffer.from(random.pick(PIECES)) }),
    async run({ frame, bytes }) {
      const { way } = frame as Frame;
      if (bytes.length === 0) return;
      const before = process.memoryUsage.rss();
      growth = 0;
      const watch = setInterval(() => {
        growth = Math.max(growth, process.memoryUsage.rss() - before);
      }, 5);
      try {
        if (way === 'document') parseLarge(bytes);
        else if (way.startsWith('answer')) await largeAnswer(bytes, way.endsWith('length'));
        else await largeRequest(bytes, way.endsWith('length'));
        growth = Math.max(growth, process.memoryUsage.rss() - before);
      } finally {
        clearInterval(watch);
      }
      hold(growth < MAX_GROWTH, `the process has grown by ${Math.round(growth / MEGABYTE)} MB`);
    },
  };
}

function chunkOf(piece: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: Math.ceil(65_536 / piece.length) }, () => piece));
}

function parseLarge(piece: Buffer): void {
  const text = `<r>${chunkOf(piece).toString('utf8').repeat(100)}</r>`;
  try {
    parseXml(text);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
  }
}

async function largeAnswer(piece: Buffer, withLength: boolean): Promise<void> {
  let sent = 0;
  const chunk = chunkOf(piece);
  const write = (response: ServerResponse) => {
    while (sent < BODY_MEGABYTES * MEGABYTE) {
      sent += chunk.length;
      if (!response.write(chunk)) return void response.once('drain', () => write(response));
    }
    response.end();
  };
  const server = createServer((_, response) => {
    const length = Math.ceil((BODY_MEGABYTES * MEGABYTE) / chunk.length) * chunk.length;
    response.writeHead(200, { 'content-type': 'text/xml', ...(withLength && { 'content-length': length }) });
    write(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const failure = await createHttpClient({})
      .request({ method: 'GET', url })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    hold(failure instanceof HttpFailure && failure.code === 'too_large', `the client answered ${failure}`);
    hold(sent <= MAX_SENT, `${Math.round(sent / MEGABYTE)} MB were read`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function largeRequest(piece: Buffer, withLength: boolean): Promise<void> {
  const route = { key: 'POST /x', method: 'POST', pattern: /^\/x$/, functionArn: 'arn' };
  const functions = { invoke: async () => ({ statusCode: 200, body: '{}' }) };
  const api = new Api([route], functions as unknown as Functions, new EventStream());
  await api.listen(0);
  const { host, port } = new URL(api.url);
  const chunk = chunkOf(piece);
  const total = BODY_MEGABYTES * MEGABYTE;
  const framing = withLength ? `Content-Length: ${total}` : 'Transfer-Encoding: chunked';
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = '';
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('data', (data) => {
    received += data.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(received));
  socket.write(`POST /x HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`);
  let sent = 0;
  const send = () => {
    while (sent < total && !socket.destroyed) {
      sent += chunk.length;
      const part = withLength
        ? chunk
        : Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
      if (!socket.write(part)) return void socket.once('drain', send);
    }
  };
  send();
  const answer = await promise;
  await api.stop(0);
  hold(/^HTTP\/1\.1 413 /.test(answer), `the API answered ${answer.slice(0, 200) || 'nothing'}`);
}
