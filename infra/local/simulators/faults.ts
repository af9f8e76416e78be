import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from './simulator.ts';

/** The faults that are still to be met, oldest first. A count of 0 takes back what is left. */
export function faultQueue() {
  const queue: { fault: Fault; call: string | undefined; left: number }[] = [];
  return {
    inject(fault: Fault, { count = 1, call }: { count?: number; call?: string } = {}): void {
      if (count === 0) queue.length = 0;
      else queue.push({ fault, call, left: count });
    },
    next(call: string): Fault | undefined {
      const index = queue.findIndex((it) => it.call === undefined || it.call === call);
      const it = queue[index];
      if (!it) return undefined;
      it.left -= 1;
      if (it.left <= 0) queue.splice(index, 1);
      return it.fault;
    },
  };
}

type Instead = (request: IncomingMessage, response: ServerResponse) => void;
type Afterwards = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Faults that take the place of a call: it is not carried out. `page` is what the platform's front shows. */
export function insteadOf(type: string, page: string): Partial<Record<Fault, Instead>> {
  const html = { 'content-type': 'text/html; charset=UTF-8' };
  return {
    unauthorized: (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="proxy"' }).end(),
    html: (_, response) => response.writeHead(200, html).end(page),
    empty: (_, response) => response.writeHead(200, { 'content-type': type }).end(),
    hang: () => {},
    unavailable: (_, response) => response.writeHead(503, html).end(page),
    // Platforms without such an answer of their own have a gateway in front of them that gives it.
    throttled: (_, response) => response.writeHead(429, { 'retry-after': '1' }).end(),
    reset: (request) => request.socket.resetAndDestroy(),
  };
}

/** Faults that spoil the answer of a call that was carried out. */
export function afterwards(type: string): Partial<Record<Fault, Afterwards>> {
  return {
    truncated: (request, response, body) => {
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
    },
    'lost-answer': (request) => request.socket.resetAndDestroy(),
  };
}

/** A whole answer, with its length: some peers read no further. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Record<string, string | string[]> = {},
): void {
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
