import type { JsonObject } from '../../job/job.ts';
import { type Document, idOf, isLogRecord, textOf } from './answer.ts';
import { ID } from './handle.ts';

/** The answer of a script that starts a request. */
export interface StartedRequest {
  /** Absent where the answer says that there is none. */
  requestId?: string;
  /** Other requests that it names besides: one provider prints an answer for each machine that is given back. */
  others: readonly string[];
  body: JsonObject;
}

/** More are no answer, and would not fit into a job. */
const MAX_OTHERS = 100;

/** Whether an answer is among these documents. */
export function namesARequest(documents: readonly Document[]): boolean {
  return documents.some(({ body }) => ID.test(idOf(body.requestId) ?? '') && !isLogRecord(body));
}

/**
 * Which of the documents with a requestId is the answer. A log speaks of other requests too, and gives an id to its own
 * calls. What counts, in this order: that it is no line of a log, that it has an id, that it does not tell how a request is
 * getting on, its place, a message, and of equals the last one (HF 2.3: only that was stored).
 */
export function startedIn(
  documents: readonly Document[],
  operation: 'requestMachines' | 'requestReturnMachines',
): StartedRequest | undefined {
  const candidates = documents
    .filter(({ body }) => !isLogRecord(body))
    .map(({ body, rank }) => ({
      body,
      requestId: idOf(body.requestId),
      weight: [
        ID.test(idOf(body.requestId) ?? '') ? 2 : idOf(body.requestId) === undefined ? 0 : 1,
        operation === 'requestMachines' && isProgress(body) ? 0 : 1,
        rank,
        'message' in body ? 1 : 0,
      ],
    }));
  const best = candidates.reduce<(typeof candidates)[number] | undefined>(
    (first, one) => (first && compare(first.weight, one.weight) > 0 ? first : one),
    undefined,
  );
  if (best === undefined) return undefined;
  const { body, requestId } = best;
  const equals = candidates.filter(({ weight }) => compare(weight, best.weight) === 0);
  const ids = new Set(equals.flatMap((one) => (one.requestId === undefined ? [] : [one.requestId])));
  const others = [...ids].filter((id) => id !== requestId).slice(-MAX_OTHERS);
  return { ...(requestId !== undefined && { requestId }), others, body };
}

/** A request that has just been made has neither machines nor an end. */
function isProgress({ machines, status }: JsonObject): boolean {
  return (Array.isArray(machines) && machines.length > 0) || textOf(status).trim().toLowerCase() === 'complete';
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
