import type { ServerResponse } from 'node:http';
import type { ConsolePage } from '../console.ts';

/** RFC 9457, as far as the engine itself has something to say. */
export interface Problem {
  status: number;
  title: string;
  detail?: string;
  headers?: Record<string, string>;
}

export function sendProblem(response: ServerResponse, { headers, ...problem }: Problem): void {
  const body = JSON.stringify({ type: 'about:blank', ...problem });
  // The rest of a body that nobody read would be taken for the next request: this connection is of no more use.
  const unread = !response.req.complete;
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...(unread && { connection: 'close' }),
    ...headers,
  });
  if (!unread) return void response.end(body);
  // Whole, but not ended: Node would close the connection at once, and its reset would overtake the answer. So what the
  // client still sends is read for a moment.
  response.write(body);
  response.req.once('end', () => response.end());
  response.req.resume();
  setTimeout(() => response.req.socket.destroy(), 1000).unref();
}

/** The page of the console, or that the browser has it already. */
export function sendPage(response: ServerResponse, { headers, html }: ConsolePage): void {
  const { method, headers: asked } = response.req;
  const known = asked['if-none-match'] === headers.etag;
  response.writeHead(known ? 304 : 200, {
    ...headers,
    ...(!known && { 'content-length': Buffer.byteLength(html) }),
  });
  response.end(known || method === 'HEAD' ? undefined : html);
}

interface Result {
  statusCode?: number;
  headers?: Record<string, unknown>;
  cookies?: string[];
  body?: string;
  isBase64Encoded?: boolean;
}

/** A function's result in payload format 2.0: with a status code it is a response, without one it is the JSON body. */
export function sendResult(response: ServerResponse, result: unknown, headOnly: boolean): void {
  const isResponse = result !== null && typeof result === 'object' && 'statusCode' in result;
  const given: Result = isResponse
    ? (result as Result)
    : { body: typeof result === 'string' ? result : JSON.stringify(result) };
  const headers = Object.entries(given.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const status = given.statusCode ?? 200;
  const body = Buffer.from(given.body ?? '', given.isBase64Encoded ? 'base64' : 'utf8');
  response.writeHead(status, {
    ...(body.length > 0 && { 'content-type': 'application/json' }),
    ...Object.fromEntries(headers),
    ...(given.cookies && { 'set-cookie': given.cookies }),
    ...(status !== 204 && status !== 304 && { 'content-length': body.length }),
  });
  response.end(headOnly ? undefined : body);
}
