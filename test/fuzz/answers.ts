import type { ApiAnswer } from './handlers.ts';
import { hold } from './target.ts';

/** Lambda takes 6 MB, and a problem is read by people. */
const MAX_BODY = 6_000_000;
const MAX_PROBLEM = 200_000;
/** Not of the request, but of the platform: it has no cancel, or was not reached. */
const NOT_OURS = [501, 503];

/** What must hold of an answer of the API whatever was asked. Answers the parsed body. */
export function holdAnswer({ statusCode, headers = {}, body }: ApiAnswer): Record<string, unknown> {
  hold(
    Number.isInteger(statusCode) && (statusCode < 500 || NOT_OURS.includes(statusCode)),
    `the status is ${statusCode}: ${body?.slice(0, 500)}`,
  );
  for (const [name, value] of Object.entries(headers)) {
    hold(
      /^[\t\x20-\x7e\x80-\xff]*$/.test(String(value)),
      `the header ${name} holds what no header may: ${JSON.stringify(value)}`,
    );
  }
  if (statusCode === 304) {
    hold(body === undefined, 'a 304 with a body');
    return {};
  }
  hold(Buffer.byteLength(body ?? '') <= MAX_BODY, `the body has ${body?.length} characters`);
  const parsed = JSON.parse(body ?? '') as Record<string, unknown>;
  const type = headers['content-type'];
  if (statusCode < 400) {
    hold(type === 'application/json', `the type of an answer is ${type}`);
    return parsed;
  }
  hold(type === 'application/problem+json', `the type of a problem is ${type}`);
  hold(body!.length <= MAX_PROBLEM, `the problem has ${body!.length} characters`);
  hold(
    parsed.status === statusCode && /^urn:pollux:problem:[a-z-]+$/.test(String(parsed.type)),
    `no problem of ours: ${body!.slice(0, 300)}`,
  );
  const detail = String(parsed.detail ?? '');
  hold(detail.length > 10, `a problem that says nothing: ${body!.slice(0, 300)}`);
  // The JSON parser quotes the text.
  if (detail.startsWith('The body is not valid JSON')) return parsed;
  hold(
    !/Invalid (input|key|option|string)|expected \w+, received|\[object /.test(detail),
    `a problem in the words of a program: ${detail.slice(0, 300)}`,
  );
  return parsed;
}
