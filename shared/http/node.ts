import http from 'node:http';
import type { CommonOptions } from '../platforms/options.ts';
import { CallBudget } from './budget.ts';
import { type HttpClient, HttpFailure, type HttpFailureCode, type HttpRequest, type HttpResponse } from './client.ts';
import { DecodedTooLarge, decodedBody } from './content-coding.ts';
import { VerifyingAgent } from './tls.ts';
import { TlsFailure, tlsProblem } from './tls-failure.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;
/** Gateways set many long cookies; Node takes 16 KiB of headers unless told. */
const MAX_HEADER_BYTES = 256 * 1024;
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
      const ms = Math.min(longest, request.timeoutMs ?? longest);
      let begun = false;
      const work = () => {
        begun = true;
        return exchange(request, agent, { ms, isOption: ms === longest });
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

interface Limit {
  ms: number;
  /** The option's own: a higher one would give the call more time. */
  isOption: boolean;
}

function exchange(request: HttpRequest, agent: http.Agent | VerifyingAgent, limit: Limit): Promise<HttpResponse> {
  const url = new URL(request.url);
  // What is logged of a request: never its query, which may be signed or hold a password.
  const address = `${request.method} ${url.origin}${url.pathname}`;
  const label = request.operation === undefined ? address : `${request.operation} (${address})`;
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  let sent = false;
  let settled = false;

  const outgoing = http.request(url, {
    agent,
    method: request.method,
    headers: {
      'accept-encoding': 'identity',
      ...request.headers,
      ...(request.body !== undefined && { 'content-length': Buffer.byteLength(request.body) }),
    },
    protocol: url.protocol,
    maxHeaderSize: MAX_HEADER_BYTES,
  } as http.RequestOptions);
  const fail = (code: HttpFailureCode, message: string, cause?: unknown) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    reject(new HttpFailure(code, sent, `${label}: ${message}`, { cause }));
    outgoing.destroy();
  };
  const timer = setTimeout(() => fail('timeout', tooSlow(sent, limit)), limit.ms);
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
    const { code, advice } = FAILURES[error.code ?? ''] ?? (BROKEN_HANDSHAKE.test(error.message) ? OLD_TLS : RESET);
    fail(code, `${error.code ?? error.name}: ${error.message}${advice ? ` (${advice})` : ''}`, error);
  });
  outgoing.on('response', (incoming) => {
    const mostBytes = request.maxBytes ?? DEFAULT_MAX_BYTES;
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) fail('too_large', `the answer is longer than ${mostBytes} bytes`);
      else chunks.push(chunk);
    });
    incoming.on('aborted', () => fail('reset', 'the connection was closed in the middle of the answer'));
    incoming.on('error', (error) => fail('reset', error.message, error));
    incoming.on('end', () => {
      if (settled || !incoming.complete) return fail('reset', 'the answer is incomplete');
      const { statusCode: status = 0, headers } = incoming;
      decodedBody(Buffer.concat(chunks), headers['content-encoding'], mostBytes).then(
        (body) => {
          if (settled) return;
          settled = true;
          clearTimeout(timer);
          resolve({ status, headers, body: body.toString('utf8') });
        },
        (error: Error) =>
          error instanceof DecodedTooLarge
            ? fail('too_large', error.message, error)
            : fail('coding', `HTTP ${status}: ${error.message}`, error),
      );
    });
  });
  outgoing.end(request.body);
  return promise.finally(() => request.signal?.removeEventListener('abort', abort));
}

/** What was too slow, and what an operator can do. */
function tooSlow(sent: boolean, { ms, isOption }: Limit): string {
  const seconds = `${ms / 1000} s`;
  if (!sent) return `no connection within ${seconds}: a firewall, a security group or a route may keep it away`;
  if (!isOption) return `no answer within ${seconds}`;
  return `no answer within ${seconds}, the connection's "requestTimeoutSeconds": raise it (up to 60) if the call needs longer`;
}

interface Failure {
  code: HttpFailureCode;
  advice?: string;
}

const NO_NAME: Failure = {
  code: 'dns',
  advice: 'the host of the "url" has no address here: check its spelling, and the DNS of this network',
};
const NO_WAY: Failure = {
  code: 'unreachable',
  advice: 'there is no route to it: check the network that Pollux runs in',
};
const RESET: Failure = { code: 'reset' };
const OLD_TLS: Failure = {
  code: 'reset',
  advice: 'the peer hung up on the TLS handshake: it may want TLS older than 1.2, or be no HTTPS server',
};

const FAILURES: Readonly<Record<string, Failure>> = {
  ENOTFOUND: NO_NAME,
  EAI_AGAIN: NO_NAME,
  ECONNREFUSED: { code: 'refused', advice: 'nobody listens there: check the port of the "url", or the server is down' },
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  ETIMEDOUT: { code: 'timeout', advice: 'a firewall, a security group or a route may keep it away' },
};

/** Node's words for a connection that ended between its beginning and the end of the TLS handshake. */
const BROKEN_HANDSHAKE = /before secure TLS connection/;

/** Servers of TLS 1.3 say only after the handshake that they want a certificate of ours. Whatever else fails then is no verdict. */
const REFUSES_US = /ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;
