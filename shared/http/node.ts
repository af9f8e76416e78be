import http from 'node:http';
import type { CommonOptions } from '../platforms/options.ts';
import { CallBudget } from './budget.ts';
import { type HttpClient, HttpFailure, type HttpFailureCode, type HttpRequest, type HttpResponse } from './client.ts';
import { VerifyingAgent } from './tls.ts';
import { TlsFailure, tlsProblem } from './tls-failure.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;
const DEFAULT_PER_SECOND = 20;
const DEFAULT_AT_ONCE = 4;

type Options = Pick<
  CommonOptions,
  'ca' | 'thumbprint' | 'requestTimeoutSeconds' | 'maxRequestsPerSecond' | 'maxConcurrentRequests'
>;

/** HTTP for one connection over `node:http(s)`: its TLS settings, its time-out, its budget of calls. */
export function createHttpClient(options: Options): HttpClient {
  const tlsSettings = {
    ...(options.ca !== undefined && { ca: options.ca }),
    ...(options.thumbprint !== undefined && { thumbprint: options.thumbprint }),
  };
  // The budget bounds what is under way; a queue of the agent's own would let time-outs run while it waits.
  const keepAlive = { keepAlive: true, timeout: 60_000 };
  const agents = { http: new http.Agent(keepAlive), https: new VerifyingAgent(tlsSettings, keepAlive) };
  const fresh = { http: new http.Agent(), https: new VerifyingAgent(tlsSettings, {}) };
  const longest = (options.requestTimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
  const budget = new CallBudget({
    perSecond: options.maxRequestsPerSecond ?? DEFAULT_PER_SECOND,
    atOnce: options.maxConcurrentRequests ?? DEFAULT_AT_ONCE,
  });
  return {
    async request(request) {
      const secure = request.url.startsWith('https:');
      const agent = (request.fresh ? fresh : agents)[secure ? 'https' : 'http'];
      const limit = Math.min(longest, request.timeoutMs ?? longest);
      let begun = false;
      const work = () => {
        begun = true;
        return exchange(request, agent, limit);
      };
      try {
        return await budget.run(work, request.signal);
      } catch (error) {
        if (begun) throw error;
        throw new HttpFailure('aborted', false, 'given up while it waited for its turn', { cause: error });
      }
    },
  };
}

function exchange(request: HttpRequest, agent: http.Agent | VerifyingAgent, timeoutMs: number): Promise<HttpResponse> {
  const url = new URL(request.url);
  // What is logged of a request: never its query, which may be signed or hold a password.
  const label = `${request.method} ${url.origin}${url.pathname}`;
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  let sent = false;
  let settled = false;

  const outgoing = http.request(url, {
    agent,
    method: request.method,
    headers: {
      ...request.headers,
      ...(request.body !== undefined && { 'content-length': Buffer.byteLength(request.body) }),
    },
    protocol: url.protocol,
  } as http.RequestOptions);
  const fail = (code: HttpFailureCode, message: string, cause?: unknown) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    reject(new HttpFailure(code, sent, `${label}: ${message}`, { cause }));
    outgoing.destroy();
  };
  const timer = setTimeout(() => fail('timeout', `no answer within ${timeoutMs / 1000} s`), timeoutMs);
  const abort = () => fail('aborted', 'given up, the time for this tick or request is over');
  if (request.signal?.aborted) abort();
  request.signal?.addEventListener('abort', abort, { once: true });

  outgoing.on('socket', (socket) => {
    // From the moment that the socket is connected bytes may have reached the peer.
    if (socket.connecting) socket.once('connect', () => (sent = true));
    else sent = true;
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (error instanceof TlsFailure) return fail('tls', error.message, error);
    const problem = tlsProblem(error);
    const broke = sent && !REFUSES_US.test(error.code ?? '');
    if (problem !== undefined && broke) return fail('reset', `the TLS connection broke (${error.code})`, error);
    if (problem !== undefined) return fail('tls', problem, error);
    fail(FAILURE_CODES[error.code ?? ''] ?? 'reset', `${error.code ?? error.name}: ${error.message}`, error);
  });
  outgoing.on('response', (incoming) => {
    const limit = request.maxBytes ?? DEFAULT_MAX_BYTES;
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limit) fail('too_large', `the answer is longer than ${limit} bytes`);
      else chunks.push(chunk);
    });
    incoming.on('aborted', () => fail('reset', 'the connection was closed in the middle of the answer'));
    incoming.on('error', (error) => fail('reset', error.message, error));
    incoming.on('end', () => {
      if (settled || !incoming.complete) return fail('reset', 'the answer is incomplete');
      settled = true;
      clearTimeout(timer);
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
    });
  });
  outgoing.end(request.body);
  return promise.finally(() => request.signal?.removeEventListener('abort', abort));
}

const FAILURE_CODES: Record<string, HttpFailureCode> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  HPE_INVALID_CONSTANT: 'reset',
};

/** Servers of TLS 1.3 say only after the handshake that they want a certificate of ours. Whatever else fails then is no verdict. */
const REFUSES_US = /ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;
