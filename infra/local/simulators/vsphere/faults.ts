import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from '../simulator.ts';

const PAGE =
  '<!DOCTYPE html><html><body><h1>Service Unavailable</h1><p>Failed to connect to endpoint</p></body></html>';

/** Faults that take the place of the call: it is not carried out. */
export const INSTEAD: Partial<Record<Fault, (request: IncomingMessage, response: ServerResponse) => void>> = {
  unauthorized: (_request, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="proxy"' }).end(),
  html: (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
  empty: (_request, response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(),
  hang: () => {},
  unavailable: (_request, response) => response.writeHead(503, { 'content-type': 'text/html' }).end(PAGE),
  // The API has no such answer of its own; this is what an overloaded proxy in front of it gives.
  throttled: (_request, response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  reset: (request) => request.socket.resetAndDestroy(),
};

/** Faults that spoil the answer of a call that was carried out. */
export const AFTERWARDS: Partial<
  Record<Fault, (request: IncomingMessage, response: ServerResponse, body: string) => void>
> = {
  truncated: (request, response, body) => {
    response.writeHead(200, { 'content-type': 'text/xml', 'content-length': String(Buffer.byteLength(body)) });
    response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
  },
  'lost-answer': (request) => request.socket.resetAndDestroy(),
};
