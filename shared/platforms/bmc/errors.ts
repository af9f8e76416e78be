import { HttpFailure } from '../../http/client.ts';
import { checkFailureOf } from '../../http/failure.ts';
import { statusMeaningOf } from '../../http/status.ts';
import type { JobError } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import { blankEnds } from '../../secrets/blank-ends.ts';
import { shortened } from '../../secrets/conceal.ts';
import type { SubmitOutcome } from '../adapter.ts';
import { withoutJavaObjects } from '../java-object.ts';
import { restNote } from '../login-secret.ts';

/** What a failed call means. It says nothing about the task, so a look that meets it never ends a job. */
export interface Meaning {
  name: string;
  look: CheckFailure['kind'];
  submit: 'refused' | 'unavailable' | 'unknown';
  /** Whether the same request could be taken later. */
  retryable?: boolean;
  /** What an operator can do. */
  hint?: string;
  /** Every other job of the connection would meet it too: no further call is worth making. */
  everyJob?: true;
  /** After so many in a row it is a matter for an operator. */
  permanentAfter?: number;
}

/** A call that brought no answer of use, on the way to the adapter or from it. */
export interface Fault {
  /** `HTTP 503`, `http.timeout`, `Workflow FAILED`, or the vSphere fault that the adapter speaks of. */
  code: string;
  /** What was asked, what came back, what to do. Never a secret. */
  message: string;
  meaning: Meaning;
  /** False: the request surely did not reach the workflow. */
  sent: boolean;
  retryAfterSeconds?: number;
}

const CONFIGURATION = { look: 'permanent', submit: 'unavailable', retryable: false, everyJob: true } as const;
const AWAY = { look: 'transient', submit: 'unknown', everyJob: true } as const;
const PATH_HINT = 'the url, the process or the adapter of the connection is not that of this Orchestrator';

/**
 * Layer 1: calls of the Orchestrator. An execute may have started the workflow whatever came back, unless the row says
 * `unavailable`. Source: page of the platform, 3.1 and 3.2; the numbers that are not here go by the
 * table of HTTP statuses for all platforms.
 */
export const CALL_ERRORS: Readonly<Record<string, Meaning>> = {
  'HTTP 400': { name: 'bad request', look: 'permanent', submit: 'refused', retryable: false },
  'HTTP 401': { name: 'not authenticated', ...CONFIGURATION, hint: "check the connection's secret" },
  'HTTP 403': { name: 'no permission', ...CONFIGURATION, hint: 'the user may not run this process on the grid' },
  'HTTP 404': { name: 'not found', ...CONFIGURATION, hint: PATH_HINT },
  NotServed: {
    name: 'a web page with 404',
    look: 'transient',
    submit: 'unavailable',
    retryable: true,
    everyJob: true,
    hint: 'the server is starting, or the url is not that of the API',
  },
  'HTTP 415': { name: 'unsupported type', ...CONFIGURATION, hint: PATH_HINT },
  // One public client takes it for an error with a text; what it means is not known.
  'HTTP 420': { name: 'failed', look: 'transient', submit: 'unknown', permanentAfter: 2 },
  'HTTP 500': { name: 'process error', look: 'transient', submit: 'unknown' },
  'HTTP 501': { name: 'not implemented', ...CONFIGURATION, hint: PATH_HINT },
  html: { name: 'a web page', ...AWAY, hint: 'a proxy, a login page, or the url is not that of the API' },
  empty: { name: 'an empty answer', ...AWAY },
  garbage: { name: 'an answer that cannot be read', look: 'transient', submit: 'unknown' },
  ErrorAnswer: {
    name: 'an error in an answer with HTTP 200',
    look: 'transient',
    submit: 'unknown',
    permanentAfter: 10,
    hint: 'the Orchestrator did not run the workflow to its outputs; its own log tells more',
  },
  NoToken: {
    name: 'a login without the header Authentication-Token',
    ...CONFIGURATION,
    hint: 'something in front of the server removes it, or the user may not log in',
  },
  AuthenticationFailed: { name: 'authentication failed', ...CONFIGURATION, hint: "check the connection's secret" },
  SoapFault: { name: 'SOAP fault', look: 'transient', submit: 'unknown' },
  'http.tls': { name: 'no TLS that can be trusted', ...CONFIGURATION },
  SecretUnavailable: { name: 'no secret', ...CONFIGURATION },
  'http.too_large': { name: 'an answer that is too long', look: 'transient', submit: 'unknown' },
  NoAdapterResponse: {
    name: 'no adapter response among the outputs',
    look: 'transient',
    submit: 'unknown',
    hint: "the connection's output must name the one that holds it",
    permanentAfter: 10,
  },
  NotATaskStatus: {
    name: 'an adapter response of another kind',
    look: 'transient',
    submit: 'unknown',
    permanentAfter: 10,
  },
  OtherTask: { name: 'an answer about another task', look: 'transient', submit: 'unknown' },
  UnknownState: { name: 'a task state that is not known', look: 'transient', submit: 'unknown' },
  ErrorOutput: { name: 'the error output is filled', look: 'transient', submit: 'unknown', permanentAfter: 10 },
  WorkflowUnderWay: { name: 'the workflow has not ended yet', look: 'transient', submit: 'unknown' },
  WorkflowEnded: {
    name: 'the workflow ended without an answer',
    look: 'transient',
    submit: 'unknown',
    permanentAfter: 10,
  },
  WorkflowGone: { name: 'the Orchestrator does not know the workflow', look: 'transient', submit: 'unknown' },
};

/** No answer at all, or an error of our own side: the transport's words say more than a row could. */
const NO_ANSWER: Meaning = { name: 'no answer', ...AWAY };

export function meaningOf(code: string): Meaning {
  if (Object.hasOwn(CALL_ERRORS, code)) return CALL_ERRORS[code]!;
  const status = statusMeaningOf(code);
  if (status === undefined) return NO_ANSWER;
  const { name, poll, submit, retryable, advice } = status;
  return { name, look: poll, submit, ...(retryable !== undefined && { retryable }), hint: advice, everyJob: true };
}

/** `text`: what the peer said; already without secrets. `said`: where the row's words are too general. */
export function callFault(
  code: string,
  call: string,
  text = '',
  {
    said,
    ...more
  }: Partial<Pick<Fault, 'sent' | 'retryAfterSeconds'>> & { said?: Pick<Meaning, 'name' | 'hint'> } = {},
): Fault {
  const meaning = { ...meaningOf(code), ...said };
  return { code, message: sentence(call, code, meaning, text), meaning, sent: true, ...more };
}

/** The refusal of a login, and what may be wrong with the password. */
export function refusedLogin(fault: Fault, { username, password }: { username: string; password: string }): Fault {
  const hint = blankEnds({ username, password });
  return hint === '' ? fault : { ...fault, message: `${fault.message}; ${hint}` };
}

/** The refusal of a login, and until when it is not tried again. */
export function restingFault(fault: Fault, { until }: { until?: number }): Fault {
  return until === undefined ? fault : { ...fault, message: `${fault.message}; ${restNote({ until })}` };
}

/** A few sentences. */
const MAX_TEXT = 2000;

export function sentence(call: string, code: string, { name, hint }: Meaning, text: string): string {
  const head = /^HTTP \d/.test(code) ? `${code} ${name}` : name;
  const said = [head, shortened(withoutJavaObjects(text).replace(/\s+/g, ' ').trim(), MAX_TEXT)]
    .filter(Boolean)
    .join(': ');
  return hint ? `${call}: ${said} (${hint})` : `${call}: ${said}`;
}

/** Whatever a request, or what comes before it, may reject with. */
export function faultOf(error: unknown, call: string): Fault {
  const { code, message } = checkFailureOf(error);
  return callFault(code, call, message, { sent: error instanceof HttpFailure && error.sent });
}

export function checkFailure({ code, message, meaning, retryAfterSeconds }: Fault): CheckFailure {
  return { kind: meaning.look, code, message, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

export function submitFailure({ code, message, meaning, sent, retryAfterSeconds }: Fault): SubmitOutcome {
  const { retryable } = meaning;
  const error: JobError = { code, message, ...(retryable !== undefined && { retryable }) };
  const kind = sent ? meaning.submit : 'unavailable';
  if (kind === 'unknown') return { kind, error: { ...error, outcomeUncertain: true } };
  return { kind, error, ...(kind === 'unavailable' && retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}
