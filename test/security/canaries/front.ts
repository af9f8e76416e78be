import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Canaries } from './canary.ts';

/**
 * - `pass`: the platform answers, with more secrets in its answers than it has by itself
 * - `denied`: credentials are refused, and repeated in the refusal
 * - `echo`: logins pass; every other call fails, and the fault repeats what was sent
 * - `garbage`: 200 with a page that repeats what was sent
 * - `hang`: no answer
 */
export const MODES = ['pass', 'denied', 'echo', 'garbage', 'hang'] as const;
export type Mode = (typeof MODES)[number];

export interface Answer {
  status: number;
  type: string;
  body: string;
}

/** How a platform spells what it says. */
export interface Dialect {
  denied(echo: string): Answer;
  fault(echo: string): Answer;
  /** Puts secrets into an answer that went well. */
  taint(body: string): string;
}

export interface Front {
  url: string;
  close(): void;
}

/** A server between Pollux and a simulator that misbehaves as soon as a request has something secret in it. */
export async function startFront(
  mode: Mode,
  target: string,
  dialect: Dialect,
  canaries: Canaries,
  seen: string[],
): Promise<Front> {
  const to = new URL(target);
  const server: Server = createServer(async (request, response) => {
    const body = await text(request).catch(() => '');
    const whole = `${JSON.stringify(request.headers)}\n${body}`;
    seen.push(whole);
    const secret = canaries.in(whole).length > 0;
    const isLogin = /\/login$/.test(request.url!) || /<Login[ >]/.test(body);
    const reply = ({ status, type, body: said }: Answer) =>
      response.writeHead(status, { 'content-type': type, ...taintedHeaders(canaries) }).end(said);
    if (mode === 'hang' && secret) return;
    if (mode === 'denied' && secret) return void reply(dialect.denied(echoOf(request.headers, body)));
    if (mode === 'garbage' && secret) {
      return void reply({ status: 200, type: 'text/html', body: `<html>${echoOf(request.headers, body)}` });
    }
    if (mode === 'echo' && !isLogin && secret) return void reply(dialect.fault(echoOf(request.headers, body)));

    const answer = await forward(request, to, body);
    for (const [name, value] of sessionsIn(answer.headers)) canaries.found(`session:${name}`, value);
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = answer.headers;
    const said = mode === 'pass' ? dialect.taint(answer.body) : answer.body;
    const cookies = [answer.headers['set-cookie'] ?? [], taintedHeaders(canaries)['set-cookie']].flat();
    response.writeHead(answer.status, { ...headers, 'set-cookie': cookies }).end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${to.pathname === '/' ? '' : to.pathname}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A load balancer's own cookie: nobody needs it, so nobody has a reason to show it. */
function taintedHeaders(canaries: Canaries) {
  const cookie = canaries.all.find(({ name }) => name === 'cookie of a proxy')!;
  return { 'set-cookie': [`lb=${cookie.core}; HttpOnly`] };
}

function sessionsIn(headers: IncomingHttpHeaders): [string, string][] {
  const cookies = (headers['set-cookie'] ?? []).map((line): [string, string] => {
    const [, name = '', value = ''] = /^([^=]+)="?([^;"]*)/.exec(line) ?? [];
    return [name, value];
  });
  const token = headers['authentication-token'];
  return token === undefined ? cookies : [...cookies, ['authentication-token', String(token)]];
}

/** What is worth repeating: the headers that carry credentials, and the body around whatever in it is secret. */
function echoOf(headers: IncomingHttpHeaders, body: string): string {
  const carried = ['authorization', 'cookie', 'authentication-token'].map((name) => `${headers[name] ?? ''}`);
  const around = [...body.matchAll(/.{0,12}cNry[0-9a-f]{18}.{0,40}/gs)].map(([part]) => part);
  return [...carried, ...around].filter(Boolean).join(' | ').slice(0, 1500);
}

function forward(
  { method, url, headers }: IncomingMessage,
  to: URL,
  body: string,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const { 'content-length': _length, ...rest } = headers;
    const options = { method, host: to.hostname, port: to.port, path: url, headers: { ...rest, host: to.host } };
    const outgoing = send(options, (incoming) => {
      text(incoming).then(
        (said) => resolve({ status: incoming.statusCode!, headers: incoming.headers, body: said }),
        reject,
      );
    });
    outgoing.on('error', reject);
    if (body !== '') outgoing.setHeader('content-length', Buffer.byteLength(body));
    outgoing.end(body);
  });
}
