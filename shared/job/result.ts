import type { Job, JobError, Json, JsonObject } from './job.ts';
import type { CheckOutcome } from './outcome.ts';

/**
 * Room for a result inside a job: ten events go into one PutEvents call of 256 KiB, and a DynamoDB write is billed per KiB.
 */
const MAX_RESULT_BYTES = 16 * 1024;

/** Names of fields that may hold a secret, wherever they stand in a result. Their values are removed. */
const SECRET_NAME =
  /passw(or)?d|passphrase|secret|token|credential|private.?key|api.?key|^pwd$|cookie|session.?(id|key)/i;

/** A result as it may be stored and shown: secret-looking fields removed, and within bounds. */
export function safeResult(result: Json): Pick<Job, 'result' | 'resultTruncated'> {
  const redacted = redact(result);
  const text = JSON.stringify(redacted);
  if (Buffer.byteLength(text) <= MAX_RESULT_BYTES) return { result: redacted };
  return { result: cut(redacted, MAX_RESULT_BYTES), resultTruncated: true };
}

const MAX_TEXT = 2_000;
const MAX_PARTS = 500;

/** What a platform said, within the bounds of an item and an event, and without secrets. */
export function presentable(outcome: CheckOutcome): CheckOutcome {
  if (outcome.kind !== 'observed') return outcome;
  const { result, error, message, parts, ...rest } = outcome;
  return {
    ...rest,
    ...(result !== undefined && safeResult(result)),
    ...(message !== undefined && { message: message.slice(0, MAX_TEXT) }),
    ...(parts !== undefined && { parts: parts.slice(0, MAX_PARTS) }),
    ...(error !== undefined && { error: safeError(error) }),
  };
}

export function safeError(error: JobError): JobError {
  const { details, ...rest } = error;
  const small = details === undefined ? undefined : safeResult(details).result;
  return { ...rest, message: error.message.slice(0, MAX_TEXT), ...(small && { details: small as JsonObject }) };
}

export function redact(value: Json): Json {
  if (Array.isArray(value)) return value.map(redact);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([name, inner]) => typeof inner === 'boolean' || !SECRET_NAME.test(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, redact(inner)]));
}

/** Whole top-level members while they fit: half a member would be neither the result nor clearly not the result. */
function cut(value: Json, room: number): Json {
  const fits = (part: Json, left: number) => Buffer.byteLength(JSON.stringify(part)) + 64 <= left;
  if (typeof value === 'string') return value.slice(0, room / 4);
  if (Array.isArray(value)) {
    const kept: Json[] = [];
    for (const item of value) {
      if (!fits([...kept, item], room)) break;
      kept.push(item);
    }
    return kept;
  }
  if (value === null || typeof value !== 'object') return value;
  let kept: { [key: string]: Json } = {};
  for (const [name, inner] of Object.entries(value)) {
    const candidate = { ...kept, [name]: inner };
    if (fits(candidate, room)) kept = candidate;
  }
  return kept;
}
