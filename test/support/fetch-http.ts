import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import {
  type HttpClient,
  HttpFailure,
  type HttpFailureCode,
  type HttpRequest,
  type HttpResponse,
} from '../../shared/http/client.ts';

/** The port to HTTP over fetch, for adapter tests that talk to a simulator. Short time-outs: a simulator is near. */
export function fetchHttpClient({ timeoutMs = 2000 }: { timeoutMs?: number } = {}): HttpClient {
  return { request: (request) => exchange(request, timeoutMs) };
}

/**
 * For a simulator: waits as long as a busy machine needs, and a moment only once the simulator was told to hang. A short
 * limit for all requests would make a test fail for the load of the machine.
 */
export function patientHttpClient(simulator: Pick<Simulator, 'inject'>): HttpClient {
  const inject = simulator.inject.bind(simulator);
  let timeoutMs = PATIENCE_MS;
  simulator.inject = (fault, options) => {
    timeoutMs = fault === 'hang' && options?.count !== 0 ? 300 : PATIENCE_MS;
    inject(fault, options);
  };
  return { request: (request) => exchange(request, timeoutMs) };
}

const PATIENCE_MS = 20_000;

async function exchange(request: HttpRequest, timeoutMs: number): Promise<HttpResponse> {
  const timeout = AbortSignal.timeout(request.timeoutMs ?? timeoutMs);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers, ...(request.fresh && { connection: 'close' }) },
      redirect: 'manual',
      signal: request.signal ? AbortSignal.any([timeout, request.signal]) : timeout,
      ...(request.body !== undefined && { body: request.body as string }),
    });
    const body = await response.text();
    const maxBytes = request.maxBytes ?? 8 * 1024 * 1024;
    if (Buffer.byteLength(body) > maxBytes)
      throw new HttpFailure('too_large', true, `The answer is larger than ${maxBytes} bytes`);
    return { status: response.status, headers: headersOf(response.headers), body };
  } catch (error) {
    throw failureOf(error, request);
  }
}

function headersOf(headers: Headers): HttpResponse['headers'] {
  const plain: HttpResponse['headers'] = Object.fromEntries(headers);
  const cookies = headers.getSetCookie();
  return cookies.length > 0 ? { ...plain, 'set-cookie': cookies } : plain;
}

/** System errors that say that no connection came about. */
const NOT_SENT: Record<string, HttpFailureCode> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
};

function failureOf(error: unknown, request: HttpRequest): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const name = error instanceof Error ? error.name : '';
  const message = `${request.method} ${request.url}: ${error instanceof Error ? error.message : error}`;
  if (request.signal?.aborted) return new HttpFailure('aborted', true, message, { cause: error });
  if (name === 'TimeoutError') return new HttpFailure('timeout', true, message, { cause: error });
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
  const code = cause?.code ?? '';
  if (NOT_SENT[code]) return new HttpFailure(NOT_SENT[code], false, message, { cause: error });
  if (/CERT|TLS|SSL/.test(code)) return new HttpFailure('tls', false, message, { cause: error });
  return new HttpFailure('reset', true, message, { cause: error });
}
