import type { JobError, Json, JsonObject } from '../../job/job.ts';
import { shortened } from '../../secrets/conceal.ts';
import { integer, isObject, textOf } from './answer.ts';
import { rowOf } from './errors.ts';

/** A job's item stays small: an errortext can be the whole output of a script. */
export const MAX_TEXT = 2000;

/**
 * How a server says that it has given a job up without knowing how far the work had come. Not all are the words of releases,
 * so each is a pattern: an operator's or a vendor's build says "stopped" for "shutdown". Source: AsyncJobManagerImpl of 4.0 to
 * 4.22 ("job cancelled because of management server restart", "… restart or shutdown", "Job is cancelled as it has been
 * blocking others for too long"); AgentManagerImpl ("Commands … timed out", "Link is closed").
 */
const GIVEN_UP: readonly RegExp[] = [
  /\bjobs?\b.{0,40}\b(?:cancel?led|abort(?:ed)?|abandoned|killed|given up)\b/is,
  /\b(?:cancel?led|aborted|abandoned|killed|gave up|given up)\b.{0,40}\bjobs?\b/is,
];

/** Words that tell the same, but stand in the reasons of ordinary refusals too. */
const MAY_BE_GIVEN_UP: readonly RegExp[] = [
  /(?:management[ -]?server|because (?:of )?MS\b).{0,80}\b(?:restart|reboot|shut ?down|shutting|stop|maintenance|fenc|isolat|left|lost|crash|died|down\b|killed)/is,
  /\b(?:restart|reboot|shut ?down|fencing|isolation|loss|crash)(?:ed|ing|s)?\b.{0,15}management[ -]?server/is,
  /timed? ?-?out/i,
  /\binterrupted/i,
  /\bagent\b.{0,40}\bdisconnect|lost (?:the )?connection|connection (?:was |is |has been )?(?:lost|reset|closed)|(?:channel|link) is closed/is,
];

/** What makes an ordinary refusal of them: they speak of a setting, or of what somebody is to do. */
const ORDINARY =
  /\binvalid\b|\bparameters?\b|\bsettings?\b|\b(?:must|should|cannot|can ?not|could not) be (?:set|changed|greater|less|more|positive|between|at least)|\b(?:requires?|required|needs?|please|first)\b|take effect|\b(?:not|isn't) in (?:the )?(?:maintenance|shutdown)|\btime-?out (?:policy|value|of (?:the )?(?:rule|load|vpn))|\b(?:idle|session|client|server) time-?out\b/i;

/** Refusals of what was asked for: the command was not begun. */
const NOT_BEGUN: ReadonlySet<number> = new Set([401, 430, 431, 432, 531, 532, 535, 537]);

export function isGivenUp(text: string, errorcode?: number): boolean {
  if (GIVEN_UP.some((pattern) => pattern.test(text))) return true;
  if (errorcode !== undefined && NOT_BEGUN.has(errorcode)) return false;
  return MAY_BE_GIVEN_UP.some((pattern) => pattern.test(text)) && !ORDINARY.test(text);
}

/** Members that explain a failure, the most telling first. */
const REASONS = ['errortext', 'displaytext', 'details', 'text', 'message', 'description', 'reason', 'error'];
const DEEP = 5;

export interface Reason {
  text?: string;
  errorcode?: number;
}

/**
 * The reason in a result: an object (or one inside of others), a list of them, a bare text or number, or any of these written
 * as a text.
 */
export function reasonOf(jobresult: Json | undefined, depth = 0): Reason {
  const value = parsedResult(jobresult);
  if (depth > DEEP) return {};
  if (Array.isArray(value)) return together(value.map((member) => reasonOf(member, depth + 1)));
  if (!isObject(value)) {
    const code = integer(value);
    if (code !== undefined && depth === 0) return { errorcode: code };
    return textOf(value) === undefined ? {} : { text: textOf(value)! };
  }
  const own = together(
    REASONS.map((name) => (Object.hasOwn(value, name) ? reasonOf(value[name], depth + 1) : {})),
    ': ',
  );
  const errorcode = integer(value.errorcode) ?? own.errorcode;
  const reason = { ...own, ...(errorcode !== undefined && { errorcode }) };
  if (reason.text !== undefined) return reason;
  const below = Object.values(value).filter((member) => typeof member === 'object' && member !== null);
  return { ...together(below.map((member) => reasonOf(member, depth + 1))), ...reason };
}

function together(reasons: readonly Reason[], separator = '; '): Reason {
  const text = [...new Set(reasons.flatMap((reason) => reason.text ?? []))].join(separator);
  const errorcode = reasons.find((reason) => reason.errorcode !== undefined)?.errorcode;
  return { ...(text !== '' && { text }), ...(errorcode !== undefined && { errorcode }) };
}

/** Members of an error as the server writes it; one that has others too is a resource. */
const OF_AN_ERROR: ReadonlySet<string> = new Set(['errorcode', 'cserrorcode', 'uuidList', 'uuidlist', 'errortext']);

/** Whether a result is an error in place of a resource, as that of a failed job would be. */
export function isError(value: Json): boolean {
  if (!isObject(value) || (integer(value.errorcode) ?? 0) <= 0) return false;
  return textOf(value.errortext) !== undefined || Object.keys(value).every((name) => OF_AN_ERROR.has(name));
}

/** The server keeps results as text: `org.apache.cloudstack.api.response.ExceptionResponse/{"errorcode":530,…}`. */
export function parsedResult(jobresult: Json | undefined): Json | undefined {
  if (typeof jobresult !== 'string') return jobresult;
  const json = /^\s*(?:[\w.$]+\/)?([{[].*[}\]])\s*$/s.exec(jobresult)?.[1];
  if (json === undefined) return jobresult;
  try {
    return JSON.parse(json) as Json;
  } catch {
    return jobresult;
  }
}

/** Of a job with the status "failed". */
export function failureOf(body: JsonObject): JobError {
  const { text, errorcode } = { ...reasonIn(body), ...reasonOf(body.jobresult) };
  const number = errorcode ?? integer(body.jobresultcode);
  // A number in the result is a reason too, unless it is that of anything unexpected.
  if (text === undefined && (errorcode === undefined || errorcode === INTERNAL_ERROR))
    return withoutReason(number, body);
  const code = String(number ?? 'jobstatus:2');
  const { name, retryable } = rowOf(code);
  const message = shortened(text ?? `${code} ${name}`, MAX_TEXT);
  if (isGivenUp(message, number)) return { code, message, retryable: retryable ?? true, outcomeUncertain: true };
  return { code, message, ...(retryable !== undefined && { retryable }) };
}

/** Of a job whose error stands beside its status instead of in its result. */
function reasonIn({ errorcode, errortext }: JsonObject): Reason {
  return reasonOf({ ...(errorcode !== undefined && { errorcode }), ...(errortext !== undefined && { errortext }) });
}

const INTERNAL_ERROR = 530;

const CAUSES: Readonly<Record<number, string>> = {
  0: 'it waited in a queue for longer than job.cancel.threshold.minutes',
  [INTERNAL_ERROR]: 'its management server was restarted or stopped',
};

/** The server keeps its own reasons in a form that it cannot read back since 4.3. */
function withoutReason(number: number | undefined, body: JsonObject): JobError {
  const cause = (number !== undefined && CAUSES[number]) || 'it was given up by the server';
  const shown = integer(body.jobresultcode) ?? 'absent';
  return {
    code: String(number ?? 'jobstatus:2'),
    message: `CloudStack gave no reason (jobresultcode ${shown}): ${cause}, most likely. Look at the resource before trying again.`,
    retryable: true,
    outcomeUncertain: true,
  };
}

/** Of a job with the status "done" whose result says that nothing went well. */
export function unsuccessful(body: JsonObject, shape: string): JobError {
  const { text, errorcode } = reasonOf(body.jobresult);
  const code = shape === 'an error' && errorcode !== undefined ? String(errorcode) : 'success:false';
  const message = shortened(text ?? `CloudStack reports ${shape}`, MAX_TEXT);
  return { code, message, ...(isGivenUp(message, errorcode) && { outcomeUncertain: true }) };
}
