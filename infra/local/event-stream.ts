import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendProblem } from './api-response.ts';
import type { BusEvent } from './event-bus.ts';
import { checkPattern, type EventPattern, matches } from './event-pattern.ts';

export const EVENT_STREAM_PATH = '/local/events';

/** A sign of life, so that both sides notice when the other is gone. */
const PING_MS = 15_000;
/** A reader that is this far behind does not read any more. */
const MAX_BEHIND_BYTES = 4 * 1024 * 1024;

/**
 * `GET /local/events`: the bus as server-sent events, from now on. `?pattern=` is an event pattern, as a rule has it. There
 * is no such route on AWS, where a rule sends events to a target of one's own.
 */
export class EventStream {
  readonly #readers = new Map<ServerResponse, EventPattern>();
  readonly #ping: NodeJS.Timeout;

  constructor() {
    this.#ping = setInterval(() => this.#write(': ping\n\n'), PING_MS);
    this.#ping.unref();
  }

  send(event: BusEvent): void {
    this.#write(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`, event);
  }

  answer(request: IncomingMessage, response: ServerResponse, query: string): void {
    const pattern = readPattern(new URLSearchParams(query).get('pattern') ?? '{}');
    if (request.method !== 'GET') {
      const detail = `${EVENT_STREAM_PATH} takes GET`;
      sendProblem(response, { status: 405, title: 'Method Not Allowed', detail, headers: { allow: 'GET' } });
    } else if (typeof pattern === 'string') {
      sendProblem(response, { status: 400, title: 'Bad Request', detail: pattern });
    } else this.#listen(response, pattern);
  }

  #listen(response: ServerResponse, pattern: EventPattern): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    // The client then knows that it misses nothing from here on.
    response.write(': listening\n\n');
    this.#readers.set(response, pattern);
    response.on('close', () => this.#readers.delete(response));
  }

  stop(): void {
    clearInterval(this.#ping);
    for (const response of this.#readers.keys()) response.end();
    this.#readers.clear();
  }

  #write(text: string, event?: BusEvent): void {
    for (const [response, pattern] of this.#readers) {
      if (response.writableLength > MAX_BEHIND_BYTES) response.destroy();
      else if (event === undefined || matches(pattern, event)) response.write(text);
    }
  }
}

/** The pattern, or what is wrong with it. */
function readPattern(text: string): EventPattern | string {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'the pattern must be an object';
    return checkPattern(value, `of ${EVENT_STREAM_PATH}`);
  } catch (error) {
    return `the pattern cannot be used: ${(error as Error).message}`;
  }
}
