/**
 * The port to remote HTTP. An adapter sees this interface only; `node.ts` implements it over `node:https`.
 *
 * Redirects are never followed: a 3xx is an answer like any other. Bodies are bounded. A request that got no answer
 * rejects with `HttpFailure`, which says whether the peer may have seen the request.
 */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  /** What is called, for messages where the URL does not say it: `CloneVM_Task`. */
  operation?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** For the whole exchange; at most the connection's `requestTimeoutSeconds`, which is the default. */
  timeoutMs?: number;
  /** Of the answer's body; 8 MiB unless told. */
  maxBytes?: number;
  signal?: AbortSignal;
  /**
   * Use a connection of its own. For requests that must not be repeated: on a kept-alive connection a reset can mean
   * that the peer had closed it long before, and one cannot tell.
   */
  fresh?: boolean;
}

export interface HttpResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  /** Decoded as UTF-8, invalid sequences replaced. */
  body: string;
}

export type HttpFailureCode =
  | 'dns'
  | 'refused'
  | 'unreachable'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'too_large'
  | 'coding'
  | 'aborted';

/** No (complete) answer. `sent` false: the request surely did not reach the peer. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly code: HttpFailureCode;
  readonly sent: boolean;

  constructor(code: HttpFailureCode, sent: boolean, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.sent = sent;
  }
}
