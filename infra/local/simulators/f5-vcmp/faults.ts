import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from '../simulator.ts';

const STARTING =
  '<!DOCTYPE html><html><head><title>BIG-IP</title></head><body><h1>Configuration Utility restarting...</h1></body></html>';
const UNAUTHORIZED = [
  '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">',
  '<html><head><title>401 F5 Authorization Required</title></head><body><h1>Authorization Required</h1></body></html>',
].join('\n');

/** Bad credentials never become a SOAP fault: the web server answers before the portal is asked. */
export function unauthorized(response: ServerResponse): void {
  const headers = { 'www-authenticate': 'Basic realm="BIG-\\IP"', 'content-type': 'text/html; charset=iso-8859-1' };
  response.writeHead(401, 'F5 Authorization Required', headers).end(UNAUTHORIZED);
}

function page(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' }).end(STARTING);
}

/** Faults that take the place of the call: it is not carried out. */
export const INSTEAD: Partial<Record<Fault, (request: IncomingMessage, response: ServerResponse) => void>> = {
  unauthorized: (_request, response) => unauthorized(response),
  html: (_request, response) => page(response, 200),
  empty: (_request, response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(),
  hang: () => {},
  unavailable: (_request, response) => page(response, 503),
  // The platform has no such answer of its own; a proxy in front of it may.
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
