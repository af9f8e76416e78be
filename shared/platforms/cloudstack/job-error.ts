import type { JobError, Json, JsonObject } from '../../job/job.ts';
import { shortened } from '../../secrets/conceal.ts';
import { integer, isObject, textOf } from './answer.ts';
import { rowOf } from './errors.ts';
import { innerOf } from './result.ts';

/** A job's item stays small: an errortext can be the whole output of a script. */
export const MAX_TEXT = 2000;

/**
 * The server's own words for a job that it has given up without knowing how far the work had come. Not all are those of
 * releases, so each is a pattern: an operator's or a vendor's build says "stopped" for "shutdown". Source: AsyncJobManagerImpl
 * of 4.0 to 4.22 ("job cancelled because of management server restart", "… restart or shutdown", "Job is cancelled as it has
 * been blocking others for too long"); AgentManagerImpl (commands that timed out, agents that went away).
 */
const GIVEN_UP: readonly RegExp[] = [
  /management[ -]?server.{0,80}\b(?:restart|reboot|shut ?down|shutting|stop|maintenance|fenc|isolat|left|lost|crash|died|down\b|killed)/is,
  /\b(?:restart|reboot|shut ?down|stop|maintenance|fencing|isolation|loss|crash)\w*\b.{0,40}management[ -]?server/is,
  /\bjobs?\b.{0,40}\bcancel?led\b/is,
  /\bcancel?led\b.{0,40}\bjobs?\b/is,
  /timed? ?-?out/i,
  /interrupted/i,
  /\bagent\b.{0,40}\bdisconnect|lost (?:the )?connection/is,
];

export function isGivenUp(text: string): boolean {
  return GIVEN_UP.some((pattern) => pattern.test(text));
}

/** The reason in a result: an object (or one inside of one), a bare text, or such an object written as a text. */
export function reasonOf(jobresult: Json | undefined): { text?: string; errorcode?: number } {
  const outer = typeof jobresult === 'string' ? (objectIn(jobresult) ?? jobresult) : jobresult;
  if (!isObject(outer)) return textOf(outer) === undefined ? {} : { text: textOf(outer)! };
  const inner = innerOf(outer);
  const fields: JsonObject = isObject(inner) ? { ...inner, ...outer } : outer;
  const text = [fields.errortext, fields.displaytext, fields.details, fields.text].map(textOf).find(Boolean);
  const errorcode = integer(fields.errorcode);
  return { ...(text !== undefined && { text }), ...(errorcode !== undefined && { errorcode }) };
}

/** Whether a result is an error in place of a resource, as that of a failed job would be. */
export function isError(jobresult: Json): boolean {
  return [jobresult, innerOf(jobresult)].some(
    (it) => isObject(it) && (integer(it.errorcode) ?? 0) > 0 && textOf(it.errortext) !== undefined,
  );
}

/** As the server keeps it: `org.apache.cloudstack.api.response.ExceptionResponse/{"errorcode":530,…}`. */
function objectIn(text: string): Json | undefined {
  const json = /^\s*(?:[\w.$]+\/)?(\{.*\})\s*$/s.exec(text)?.[1];
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
}

/** Of a job with the status "failed". */
export function failureOf(body: JsonObject): JobError {
  const { text, errorcode } = reasonOf(body.jobresult);
  const number = errorcode ?? integer(body.jobresultcode);
  // A number in the result is a reason too, unless it is that of anything unexpected.
  if (text === undefined && (errorcode === undefined || errorcode === INTERNAL_ERROR))
    return withoutReason(number ?? 0, body);
  const code = String(number ?? 'jobstatus:2');
  const { name, retryable } = rowOf(code);
  const message = shortened(text ?? `${code} ${name}`, MAX_TEXT);
  if (isGivenUp(message)) return { code, message, retryable: retryable ?? true, outcomeUncertain: true };
  return { code, message, ...(retryable !== undefined && { retryable }) };
}

const INTERNAL_ERROR = 530;

const CAUSES: Readonly<Record<number, string>> = {
  0: 'it waited in a queue for longer than job.cancel.threshold.minutes',
  [INTERNAL_ERROR]: 'its management server was restarted or stopped',
};

/** The server keeps its own reasons in a form that it cannot read back since 4.3. */
function withoutReason(number: number, body: JsonObject): JobError {
  const cause = CAUSES[number] ?? 'it was given up by the server';
  const shown = integer(body.jobresultcode) ?? 'absent';
  return {
    code: String(number),
    message: `CloudStack gave no reason (jobresultcode ${shown}): ${cause}, most likely. Look at the resource before trying again.`,
    retryable: true,
    outcomeUncertain: true,
  };
}

/** Of a job with the status "done" whose result says that nothing went well. */
export function unsuccessful(body: JsonObject, shape: string): JobError {
  const { text } = reasonOf(body.jobresult);
  const message = shortened(text ?? `CloudStack reports ${shape}`, MAX_TEXT);
  return { code: 'success:false', message, ...(isGivenUp(message) && { outcomeUncertain: true }) };
}
