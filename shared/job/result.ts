import { isSecretName, isSecretPair } from '../secrets/secret-names.ts';
import type { Job, JobError, Json, JsonObject, Part } from './job.ts';
import type { CheckOutcome } from './outcome.ts';

/**
 * Room for a result inside a job: ten events go into one PutEvents call of 256 KiB, and a DynamoDB write is billed per KiB.
 */
const MAX_RESULT_BYTES = 16 * 1024;

/** A result as it may be stored and shown: secret-looking fields removed, and within bounds. */
export function safeResult(result: Json): Pick<Job, 'result' | 'resultTruncated'> {
  const redacted = redact(result);
  const text = JSON.stringify(redacted);
  if (Buffer.byteLength(text) <= MAX_RESULT_BYTES) return { result: redacted };
  return { result: cut(redacted, MAX_RESULT_BYTES), resultTruncated: true };
}

const MAX_TEXT = 2_000;
const MAX_NAME = 500;
/** With the result, the error and the labels an item stays below 150 KB and an event far below its 256 KiB. */
const MAX_PARTS_BYTES = 64 * 1024;
const MAX_PART_TEXT = 200;

/** What a platform said, within the bounds of an item and an event, and without secrets. */
export function presentable(outcome: CheckOutcome): CheckOutcome {
  if (outcome.kind !== 'observed') return outcome;
  const { result, error, message, parts, platformJobId, resource, ...rest } = outcome;
  return {
    ...rest,
    ...(result !== undefined && safeResult(result)),
    ...(message !== undefined && { message: message.slice(0, MAX_TEXT) }),
    ...(parts !== undefined && { parts: safeParts(parts) }),
    ...(error !== undefined && { error: safeError(error) }),
    ...(platformJobId !== undefined && { platformJobId: platformJobId.slice(0, MAX_NAME) }),
    ...(resource !== undefined && {
      resource: { type: resource.type.slice(0, MAX_NAME), id: resource.id.slice(0, MAX_NAME) },
    }),
  };
}

export function safeError(error: JobError): JobError {
  const { details, ...rest } = error;
  const small = details === undefined ? undefined : safeResult(details).result;
  return {
    ...rest,
    code: error.code.slice(0, MAX_NAME),
    message: error.message.slice(0, MAX_TEXT),
    ...(small && { details: small as JsonObject }),
  };
}

/** The first that fit. */
function safeParts(parts: readonly Part[]): Part[] {
  const kept: Part[] = [];
  let bytes = 0;
  for (const { id, name, status, message } of parts) {
    const part: Part = {
      id: id.slice(0, MAX_PART_TEXT),
      status,
      ...(name !== undefined && { name: name.slice(0, MAX_PART_TEXT) }),
      ...(message !== undefined && { message: message.slice(0, MAX_PART_TEXT) }),
    };
    bytes += Buffer.byteLength(JSON.stringify(part)) + 1;
    if (bytes > MAX_PARTS_BYTES) break;
    kept.push(part);
  }
  return kept;
}

/** Deeper than any result that a person reads; what is below is left out. */
const MAX_DEPTH = 64;

export function redact(value: Json, depth = 0): Json {
  if (value === null || typeof value !== 'object') return value;
  if (depth === MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((inner) => redact(inner, depth + 1));
  const isPair = isSecretPair(value);
  const kept = Object.entries(value).filter(
    ([name, inner]) => typeof inner === 'boolean' || !(isSecretName(name) || (isPair && name === 'value')),
  );
  return Object.fromEntries(kept.map(([name, inner]) => [name, redact(inner, depth + 1)]));
}

/** Whole top-level members while they fit: half a member would be neither the result nor clearly not the result. */
function cut(value: Json, room: number): Json {
  if (typeof value === 'string') return value.slice(0, room / 4);
  if (value === null || typeof value !== 'object') return value;
  let left = room - 64;
  const fits = ([name, inner]: [string, Json]) => {
    left -= Buffer.byteLength(JSON.stringify(inner)) + Buffer.byteLength(JSON.stringify(name)) + 2;
    return left >= 0;
  };
  if (!Array.isArray(value)) return Object.fromEntries(takeWhile(Object.entries(value), fits));
  return takeWhile(
    value.map((inner): [string, Json] => ['', inner]),
    fits,
  ).map(([, inner]) => inner);
}

function takeWhile<T>(items: readonly T[], holds: (item: T) => boolean): T[] {
  const end = items.findIndex((item) => !holds(item));
  return end < 0 ? [...items] : items.slice(0, end);
}
