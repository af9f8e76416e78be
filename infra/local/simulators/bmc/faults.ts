import type { ServerResponse } from 'node:http';
import type { Fault } from '../simulator.ts';

/** What a fault does to one request. `instead`: nothing is carried out; `after`: it is, and its answer goes wrong. */
interface Mishap {
  when: 'instead' | 'after';
  answer(response: ServerResponse, text: string): void;
}

const PAGE = '<!DOCTYPE html><html><head><title>Sign on</title></head><body><form>Log in</form></body></html>';

export const MISHAPS: Record<Fault, Mishap> = {
  unauthorized: { when: 'instead', answer: (response) => send(response, 401, 'text/plain', 'Unauthorized') },
  html: { when: 'instead', answer: (response) => send(response, 200, 'text/html; charset=UTF-8', PAGE) },
  empty: { when: 'after', answer: (response) => send(response, 200, 'application/json', '') },
  hang: { when: 'instead', answer: () => {} },
  truncated: {
    when: 'after',
    answer: (response, text) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    },
  },
  unavailable: { when: 'instead', answer: (response) => send(response, 503, 'text/html', PAGE) },
  reset: { when: 'instead', answer: (response) => response.socket?.resetAndDestroy() },
  // The platform has no such answer of its own; this is what a gateway in front of it gives.
  throttled: {
    when: 'instead',
    answer: (response) => send(response, 429, 'text/plain', 'Too many requests', { 'retry-after': '1' }),
  },
  'lost-answer': { when: 'after', answer: (response) => response.socket?.resetAndDestroy() },
};

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
