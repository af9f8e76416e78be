import { checkFailureOf } from '../../http/failure.ts';
import { statusMeaning } from '../../http/status.ts';
import type { JobError } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import type { SubmitOutcome } from '../adapter.ts';

/** A call that brought no answer of use. */
export interface Fault {
  /** A number of CloudStack's or of HTTP, the kind of what could not be read, `http.<failure>`, or the name of an error. */
  code: string;
  /** What the peer said, or the transport. */
  text: string;
  /** What was asked, and where: `deployVirtualMachine at cloudstack/zone-a`. */
  call: string;
  /** What is known besides, for the operator. */
  note?: string;
  /** What is known better than the table knows it: it stands in the message in place of the row's name and hint. */
  hint?: string;
  /** False: the request surely did not reach the peer. */
  sent: boolean;
  retryAfterSeconds?: number;
}

export interface FaultRow {
  name: string;
  /** Of a look. `not_found` only where the call named a job. */
  query: CheckFailure['kind'];
  submit: 'refused' | 'unavailable' | 'unknown';
  /** Whether the same request could be taken later. */
  retryable?: boolean;
  /** What an operator can do. */
  hint?: string;
}

const ACCESS = { query: 'permanent', submit: 'refused' } as const;
/** The connection is not right: nobody is asked to send the same request again. */
const SETUP = { query: 'permanent', submit: 'unavailable', retryable: false } as const;
const LATER = { query: 'transient', submit: 'refused', retryable: true } as const;
const URL_HINT = 'The url must be that of the API, as https://cloud.example.com/client/api';
const UNCLEAR = { query: 'transient', submit: 'unknown' } as const;

/**
 * What a number means for a look and for a submit. Source: ApiErrorCode of the server, "Error Handling" in the developer's
 * guide. Bare numbers are CloudStack's own, `HTTP …` are answers without a body of CloudStack's; of these, only what has
 * other advice than the table for all platforms is here.
 */
export const FAULTS: Readonly<Record<string, FaultRow>> = {
  '400': { name: 'bad request', ...ACCESS },
  '401': {
    name: 'not authenticated',
    ...ACCESS,
    hint: 'One text for a wrong key, a clock that is off, a source address that is not allowed, a disabled user, and a command that this server does not have',
  },
  '405': { name: 'method not allowed', ...ACCESS },
  '429': { name: 'API limit reached', query: 'transient', submit: 'unavailable', retryable: true },
  '430': { name: 'malformed parameter', ...ACCESS, retryable: false },
  '431': { name: 'parameter error', ...ACCESS, retryable: false },
  '432': { name: 'unsupported command', ...ACCESS, hint: 'The command is not known here or not allowed for this user' },
  '511': { name: 'two-factor login needed', ...ACCESS, hint: 'Use the API keys of a user without it' },
  '530': { name: 'internal error', ...UNCLEAR },
  '531': { name: 'permission denied', ...ACCESS, retryable: false },
  '532': { name: 'resource limit of the account', ...ACCESS, retryable: false },
  '533': { name: 'insufficient capacity', ...LATER },
  '534': { name: 'resource unavailable', ...LATER },
  '535': { name: 'resource allocation error', ...ACCESS, retryable: false },
  '536': { name: 'resource in use', ...LATER },
  '537': { name: 'network rule conflict', ...ACCESS, retryable: false },
  '551': { name: 'insufficient capacity', ...LATER },
  'HTTP 404': { name: 'not found', ...SETUP, hint: URL_HINT },
  'HTTP 405': { name: 'method not allowed', ...SETUP, hint: URL_HINT },
  empty: { name: 'an empty answer', ...UNCLEAR, hint: 'The server failed while it wrote the answer' },
  html: {
    name: 'a web page',
    ...UNCLEAR,
    hint: 'A proxy, a server that is starting, or the url is not that of the API',
  },
  garbage: { name: 'an answer that cannot be read', ...UNCLEAR },
  'http.tls': { name: 'no TLS that can be trusted', ...SETUP },
  SecretUnavailable: { name: 'no secret', ...SETUP },
};

/** No answer at all: the transport's own words say more than a row could. */
const NO_ANSWER: FaultRow = { name: 'no answer', ...UNCLEAR };

/** A number that is not CloudStack's own goes by the table for all platforms, whoever has written it into the body. */
export function rowOf(code: string): FaultRow {
  if (Object.hasOwn(FAULTS, code)) return FAULTS[code]!;
  const status = /^(?:HTTP )?(\d{3})$/.exec(code)?.[1];
  if (status === undefined) return NO_ANSWER;
  const { name, poll, submit, retryable, advice } = statusMeaning(Number(status));
  return { name, query: poll, submit, ...(retryable !== undefined && { retryable }), hint: advice };
}

/** The server is leaving its cluster: nothing was taken, and another server behind the same balancer may take it. */
const SHUTDOWN =
  /shut ?down has been (?:triggered|initiated)|(?:can ?not|not) accept(?:ing)? (?:any )?(?:new|more) jobs/i;

/** The user's or account's limit of calls; no Retry-After comes with it, and older servers leave the brackets out. */
const LIMIT = /retry after \[?(\d{1,9})\]? ?ms/i;

export function limitSeconds(text: string): number | undefined {
  const milliseconds = LIMIT.exec(text)?.[1];
  return milliseconds === undefined ? undefined : Math.max(1, Math.ceil(Number(milliseconds) / 1000));
}

/** A fault of a look that did not name a job, or not one that is ours. */
export function checkFailure(fault: Fault): CheckFailure {
  return { kind: rowOf(fault.code).query, code: fault.code, message: messageOf(fault), ...retryAfter(fault) };
}

export function submitFailure(fault: Fault): SubmitOutcome {
  const error = errorOf(fault);
  if (!fault.sent) return { kind: 'unavailable', error, ...retryAfter(fault) };
  if (rowOf(fault.code).submit === 'unknown' && SHUTDOWN.test(fault.text))
    return { kind: 'unavailable', error: { ...error, retryable: true } };
  const kind = rowOf(fault.code).submit;
  return { kind, error, ...(kind === 'unavailable' && retryAfter(fault)) };
}

/** A 401 that every command of the connection meets; `retryable` where that could not be found out. */
export function keysRefused(fault: Fault, retryable = false): SubmitOutcome {
  return { kind: 'unavailable', error: { ...errorOf(fault), retryable } };
}

const CONCERNS_ALL = new Set([
  ...['401', '429', 'HTTP 429', 'SecretUnavailable'],
  ...['http.tls', 'http.dns', 'http.refused', 'http.unreachable', 'http.aborted'],
]);

/** Whether another call of the same moment would meet the same: the keys, the limit, nobody there. */
export function concernsAll(fault: Fault): boolean {
  return CONCERNS_ALL.has(fault.code) || (/^HTTP /.test(fault.code) && rowOf(fault.code).query === 'permanent');
}

/** A request that got no answer, or could not even be made. */
export function faultOf(error: unknown, call: string, sent: boolean): Fault {
  const { code, message } = checkFailureOf(error);
  return { code, text: message, call, sent };
}

function errorOf(fault: Fault): JobError {
  // A command that is not there will not be there later.
  const retryable = fault.hint === undefined ? rowOf(fault.code).retryable : false;
  return { code: fault.code, message: messageOf(fault), ...(retryable !== undefined && { retryable }) };
}

function messageOf({ code, text, note, hint: known, call }: Fault): string {
  if (known !== undefined) return [`${call}: ${known}`, shortened(text, 1000)].filter(Boolean).join('; it said: ');
  const { name, hint } = rowOf(code);
  const said = [/^(HTTP )?\d/.test(code) ? `${code} ${name}` : name, shortened(text, 1000)].filter(Boolean).join(': ');
  return `${call}: ${said}${hint ? ` (${hint})` : ''}${note ? `; ${note}` : ''}`;
}

function retryAfter({ retryAfterSeconds }: Fault) {
  return retryAfterSeconds !== undefined && { retryAfterSeconds };
}
