import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterwards, insteadOf } from '../faults.ts';

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

export const INSTEAD = {
  ...insteadOf('text/xml', STARTING),
  unauthorized: (_: IncomingMessage, response: ServerResponse) => unauthorized(response),
};
export const AFTERWARDS = afterwards('text/xml');
