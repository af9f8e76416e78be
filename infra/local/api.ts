import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConsolePage } from '../console.ts';
import { type Problem, sendPage, sendProblem, sendResult } from './api-response.ts';
import { EngineError } from './engine-error.ts';
import { EVENT_STREAM_PATH, type EventStream } from './event-stream.ts';
import type { Functions } from './functions.ts';
import { findRoute, type Route, type RouteMatch } from './routes.ts';
import { ACCOUNT } from './template.ts';

/** API Gateway's quotas for HTTP APIs: size of a request's body, and time for an integration. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const INTEGRATION_LIMIT_MS = 30_000;
/** What an HTTP API answers then. The function goes on, and may do what it was asked for: this is no 503 of Pollux's own. */
const TIMED_OUT = {
  statusCode: 503,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Service Unavailable"}',
};
/** What API Gateway hands over as text; everything else goes in base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript)|[^;]*\+(json|xml))/i;

/** Said before the template is made, which takes seconds. Throws `EngineError` where the API could not listen. */
export async function requireFreePort(port: number): Promise<void> {
  const probe = createServer();
  await listenOn(probe, port);
  await new Promise((resolve) => probe.close(resolve));
}

async function listenOn(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reason = code === 'EADDRINUSE' ? 'is in use; choose another with --port' : `cannot be used: ${message}`;
      reject(new EngineError(`port ${port} ${reason}`));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

/**
 * The HTTP API on loopback. On AWS its routes ask for a signed request (IAM); here nobody is asked who he is. Instead,
 * a request for another host or from another site's page is refused: without that, any web page that the operator opens
 * could submit jobs (DNS rebinding, cross-site requests).
 */
export class Api {
  readonly #server: Server;
  readonly #routes: readonly Route[];
  readonly #functions: Pick<Functions, 'invoke'>;
  readonly #page: ConsolePage | undefined;
  readonly #events: EventStream;
  url = '';
  #hosts = new Set<string>();

  constructor(routes: readonly Route[], functions: Pick<Functions, 'invoke'>, events: EventStream, page?: ConsolePage) {
    this.#routes = routes;
    this.#functions = functions;
    this.#events = events;
    this.#page = page;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => {
        if (!response.headersSent) sendProblem(response, { status: 500, title: 'Internal Server Error' });
        else response.destroy();
      });
    });
  }

  async listen(port: number): Promise<void> {
    await listenOn(this.#server, port);
    const { port: actual } = this.#server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${actual}`;
    this.#hosts = new Set(['127.0.0.1', 'localhost', '[::1]'].map((host) => `${host}:${actual}`));
    // Port 80 is left out of the header by every client.
    if (actual === 80) for (const host of ['127.0.0.1', 'localhost', '[::1]']) this.#hosts.add(host);
  }

  /** Takes no new requests; those under way have `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    const path = target.split('?', 1)[0]!;
    const method = request.method ?? 'GET';
    const problem = this.#refuse(request);
    if (problem) return sendProblem(response, problem);
    if (path === EVENT_STREAM_PATH) return this.#events.answer(request, response, target.slice(path.length + 1));
    if (this.#page && path === '/' && (method === 'GET' || method === 'HEAD')) return sendPage(response, this.#page);
    const found = matchRoute(this.#routes, method, path);
    if ('status' in found) return sendProblem(response, found);
    const body = await readBody(request);
    if (!body)
      return sendProblem(response, {
        status: 413,
        title: 'Content Too Large',
        detail: `the limit is ${MAX_BODY_BYTES} bytes`,
      });
    const event = toEvent(request, found, path, target.slice(path.length + 1), body);
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<'timeout'>((resolve) => {
      timer = setTimeout(resolve, INTEGRATION_LIMIT_MS, 'timeout');
    });
    try {
      const invoked = this.#functions.invoke(found.route.functionArn, event).then((result) => ({ result }));
      const outcome = await Promise.race([invoked, timeout]);
      sendResult(response, outcome === 'timeout' ? TIMED_OUT : outcome.result, method === 'HEAD');
    } catch {
      // The reason is in the function's log; as on AWS the caller is not told.
      const { requestId } = event.requestContext;
      sendProblem(response, {
        status: 500,
        title: 'Internal Server Error',
        detail: `see the log of the function, request ${requestId}`,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #refuse({ headers }: IncomingMessage): Problem | undefined {
    const host = headers.host?.toLowerCase() ?? '';
    if (!this.#hosts.has(host)) {
      return {
        status: 403,
        title: 'Forbidden',
        detail: `this API answers on ${this.url} only, not for the host "${host}"`,
      };
    }
    const { origin } = headers;
    if (origin === undefined || (origin.startsWith('http://') && this.#hosts.has(origin.slice(7).toLowerCase())))
      return undefined;
    return { status: 403, title: 'Forbidden', detail: `requests from pages of ${origin} are refused` };
  }
}

function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch | Problem {
  try {
    const found = findRoute(routes, method, path);
    if ('route' in found) return found;
    if (found.allowed.length === 0) return { status: 404, title: 'Not Found', detail: `there is no route ${path}` };
    const allow = found.allowed.join(', ');
    return { status: 405, title: 'Method Not Allowed', detail: `${path} takes ${allow}`, headers: { allow } };
  } catch {
    return { status: 400, title: 'Bad Request', detail: 'the path holds a malformed escape' };
  }
}

/** `undefined` when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that early would close the connection before the answer is on its way.
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else resolve(undefined);
    });
  });
}

/** The event of payload format 2.0. */
function toEvent(
  request: IncomingMessage,
  { route, pathParameters }: RouteMatch,
  path: string,
  rawQueryString: string,
  body: Buffer,
) {
  const headers = Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values.join(',')]);
  const { cookie, ...rest } = Object.fromEntries(headers) as Record<string, string>;
  const query = [...new URLSearchParams(rawQueryString)].reduce<Record<string, string>>((all, [name, value]) => {
    all[name] = Object.hasOwn(all, name) ? `${all[name]},${value}` : value;
    return all;
  }, {});
  const isText = TEXT.test(rest['content-type'] ?? '');
  const now = new Date();
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: path,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers: rest,
    ...(rawQueryString !== '' && { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      domainName: request.headers.host ?? '',
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: rest['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}
