import type { IncomingMessage } from 'node:http';

const MAX_BODY = 8 * 1024 * 1024;

/** A request's body as text. Rejects beyond 1 MiB: no caller of a simulator has that much to say. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error('The body is larger than 8 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
