import type { PolluxEvent } from '../client/events.ts';
import { NoAnswerError, PolluxError } from '../client/index.ts';
import { UsageError } from './exit-codes.ts';

/** Longer than the stream's own sign of life, which comes every 15 s. */
const SILENCE_MS = 40_000;

/**
 * The local engine's stream of events (`GET /local/events`), from now on. Ends when the engine does. `onOpen` is awaited before
 * the first event is handed on; what it throws ends the stream.
 */
export async function* localEvents(
  url: URL,
  pattern: object,
  { signal, onOpen }: { signal: AbortSignal; onOpen(): Promise<void> },
): AsyncGenerator<PolluxEvent, void> {
  const from = new URL('/local/events', url);
  from.searchParams.set('pattern', JSON.stringify(pattern));
  const what = `GET ${from.origin}${from.pathname}`;
  const silence = new AbortController();
  const bound = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(from, { redirect: 'error', signal: bound });
    if (!response.ok) {
      const contentType = response.headers.get('content-type');
      throw new PolluxError(what, response.status, await problemOf(response), { contentType });
    }
    await onOpen();
    for await (const text of messages(response)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const data = dataOf(text);
      if (data !== '') yield JSON.parse(data) as PolluxEvent;
    }
  } catch (cause) {
    signal.throwIfAborted();
    if ([PolluxError, NoAnswerError, UsageError].some((kind) => cause instanceof kind)) throw cause;
    const reason = silence.signal.aborted ? `nothing within ${SILENCE_MS / 1000} s` : reasonOf(cause);
    throw new NoAnswerError(what, reason, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Server-sent events are separated by an empty line. */
async function* messages(response: Response): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop()!;
    yield* parts;
  }
}

function dataOf(message: string): string {
  const lines = message.split('\n').filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice('data:'.length).trimStart()).join('\n');
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json().catch(() => ({}))) as Record<string, unknown>;
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error };
  return cause?.message || message;
}
