import { statusMeaningOf } from '../../http/status.ts';
import type { JobError } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import type { SubmitOutcome } from '../adapter.ts';

/** A call that brought no answer of use. */
export interface Fault {
  /** Key of the table below, or of its family: an error code of iControl, the type of an exception, `HTTP 503`, `http.timeout`. */
  code: string;
  /** What the platform said, or the transport. */
  text: string;
  /** What was asked, and where: `set_guest_state at f5-vcmp/edge`. */
  call: string;
  /** False: the request surely did not reach the peer. */
  sent: boolean;
  /** The SOAP engine itself answered, so nothing of this call is under way any more. */
  answered?: true;
  retryAfterSeconds?: number;
}

export interface FaultRow {
  /** `not_found` only where the call named guests. */
  look: CheckFailure['kind'];
  /** Of a call that changes something. */
  submit: 'refused' | 'unavailable' | 'unknown';
  retryable?: boolean;
  /** What it means, and what an operator can do. */
  why: string;
}

const REFUSED = { look: 'permanent', submit: 'refused', retryable: false } as const;
const SETUP = { look: 'permanent', submit: 'unavailable', retryable: false } as const;
const UNCLEAR = { look: 'transient', submit: 'unknown' } as const;
const NO_PORTAL = 'not the SOAP portal of a BIG-IP: check the url';

/**
 * What an answer means, by exact key, then by family (`0107xxxx`), then by the table of HTTP statuses for all platforms. HTTP
 * 500 with a SOAP fault is the ordinary way to say no, so a fault goes by its own code and never by the 500.
 */
export const FAULTS: Readonly<Record<string, FaultRow>> = {
  'Common::AccessDenied': { ...REFUSED, why: 'the role of the user does not allow it; a wrong password is HTTP 401' },
  'Common::InvalidArgument': { ...REFUSED, why: 'an argument is not valid' },
  '01020036': {
    look: 'not_found',
    submit: 'refused',
    retryable: false,
    why: 'there is no such guest, or what else the text names',
  },
  '01020037': { ...REFUSED, why: 'it exists already (text of v9 and v10)' },
  '01020066': { ...REFUSED, why: 'it exists already' },
  '0107xxxx': { ...REFUSED, why: 'a rule of the configuration forbids it' },
  'Common::OperationFailed': {
    ...UNCLEAR,
    why: 'another code or none: the configuration daemon may be away for a moment',
  },
  'SOAP-ENV:Client': { ...REFUSED, why: 'the engine does not know this method, or cannot read the request' },
  'SOAP-ENV:MustUnderstand': { ...REFUSED, why: 'a header that the engine does not know' },
  'Could not find element': { ...REFUSED, why: 'a parameter is missing' },
  'Serious error': { ...UNCLEAR, why: 'the portal crashed' },
  'SOAP-ENV:Server': { ...UNCLEAR, why: 'a fault of the engine without an exception' },
  'HTTP 401': { ...SETUP, why: 'wrong user name or password, or the account is locked: check the secret' },
  'HTTP 404': { ...SETUP, why: NO_PORTAL },
  'HTTP 405': { ...SETUP, why: NO_PORTAL },
  empty: { ...UNCLEAR, why: 'an empty answer: restarting' },
  html: { ...UNCLEAR, why: 'a web page: the Configuration Utility is starting' },
  garbage: { ...UNCLEAR, why: 'an answer that cannot be read, or half of one' },
  protocol: { ...UNCLEAR, why: 'an answer that does not fit the question' },
  'http.tls': { ...SETUP, why: 'no TLS that can be trusted' },
  SecretUnavailable: { ...SETUP, why: 'the secret of the connection is missing or has another form' },
};

/** No answer at all (the transport's own words say more than a row could), or an exception that is not in the table. */
const OTHER: FaultRow = { ...UNCLEAR, why: 'no answer, or one that is not known here' };

const FAMILIES: readonly [RegExp, string][] = [
  [/^0107[0-9a-f]{4}$/, '0107xxxx'],
  [/^[0-9a-f]{8}$/, 'Common::OperationFailed'],
];

export function rowOf(code: string): FaultRow {
  const key = Object.hasOwn(FAULTS, code) ? code : FAMILIES.find(([pattern]) => pattern.test(code))?.[1];
  if (key !== undefined) return FAULTS[key]!;
  const status = statusMeaningOf(code);
  if (status === undefined) return OTHER;
  const { name, poll, submit, retryable, advice } = status;
  return { look: poll, submit, ...(retryable !== undefined && { retryable }), why: `${name}: ${advice}` };
}

/** `01020036` of "01020036:3: The requested …"; absent in some interfaces, where the number line has it too. */
const ERROR_STRING = /error_string\s*:\s*([\s\S]*)$/;
const PRIMARY = /primary_error_code\s*:\s*\d+\s*\(0x([0-9a-f]{8})\)/i;
const EXCEPTION = /^\s*Exception\s*:\s*([A-Za-z]+(?:::[A-Za-z]+)+)\s*$/m;

/** How the engine's own faults begin; they have no exception line. */
const ENGINE_TEXTS: readonly [RegExp, string][] = [
  [/^\s*Could not find element/, 'Could not find element'],
  [/^\s*Serious error/, 'Serious error'],
];

/** A guest that is not there, where an interface leaves the number out. What a guest lacks (an image, a VLAN) is another thing. */
const NOT_FOUND =
  /(?:^|[:.;]\s{0,8}|\bno such )(?:the\s+)?(?:requested\s+)?(?:vcmp\s+)?guest\b[^:;]{0,100}\b(?:was not found|not found|does not exist)\b/i;

/**
 * The configuration daemon restarts, loads, or has been lost, whichever number stands before it: one of the configuration's
 * own (0107…) would make a refusal of it.
 */
const DAEMON_AWAY =
  /\bmcpd?\b.{0,60}\b(?:lost|restart\w*|not (?:yet )?(?:running|ready|available|responding)|down|away|closed|refused|unavailable|exited)\b|\b(?:connect\w*|connection|reading|writing|communicat\w*|waiting|response)\b.{0,40}\bmcpd?\b|configuration (?:has not (?:yet )?(?:been )?loaded|is (?:still |being )?load)|\bfail(?:ing)? ?-?over\b.{0,60}\b(?:in progress|under way)|\b(?:system|device|unit)\b.{0,40}\b(?:not (?:yet )?ready|restarting|booting)\b/is;

/**
 * The code of a SOAP fault and its text. All there is to go by is text in `faultstring`, over several lines; `error_string`
 * goes on to the end. The type of the exception counts before most numbers: an AccessDenied has an 0107 code too.
 */
export function readFault(faultcode: string, faultstring: string): { code: string; text: string } {
  const said = ERROR_STRING.exec(faultstring)?.[1]?.trim();
  const text = (said ?? faultstring).trim();
  const number = (/^([0-9a-f]{8}):/i.exec(text)?.[1] ?? PRIMARY.exec(faultstring)?.[1])?.toLowerCase();
  const exception = EXCEPTION.exec(faultstring)?.[1];
  if (exception !== 'Common::AccessDenied' && DAEMON_AWAY.test(text)) return { code: 'Common::OperationFailed', text };
  const isTold = number !== undefined && Object.hasOwn(FAULTS, number) && exception !== 'Common::AccessDenied';
  if (isTold) return { code: number, text };
  const isNumbered = number !== undefined && number !== '00000000';
  if (!isNumbered && exception !== 'Common::AccessDenied' && NOT_FOUND.test(text)) return { code: '01020036', text };
  if (exception !== undefined && exception !== 'Common::OperationFailed') return { code: exception, text };
  if (isNumbered) return { code: number, text };
  if (exception !== undefined || said !== undefined) return { code: 'Common::OperationFailed', text };
  const known = ENGINE_TEXTS.find(([pattern]) => pattern.test(faultstring));
  return { code: known?.[1] ?? `SOAP-ENV:${faultcode || 'Server'}`, text };
}

/** The guest that a not-found text names in parentheses: "The requested VCMP Guest (guest9) was not found." */
export function guestNamedBy(text: string, guests: readonly string[]): string | undefined {
  for (const [, name] of text.matchAll(/\(([^()]*)\)/g)) {
    if (name !== undefined && guests.includes(name)) return name;
  }
  return undefined;
}

export function checkFailure(fault: Fault): CheckFailure {
  return { kind: rowOf(fault.code).look, code: fault.code, message: messageOf(fault), ...retryAfter(fault) };
}

/** Of a call that changes something. */
export function submitFailure(fault: Fault): Exclude<SubmitOutcome, { handle: unknown }> {
  const kind = fault.sent ? rowOf(fault.code).submit : 'unavailable';
  return { kind, error: errorOf(fault), ...(kind === 'unavailable' && retryAfter(fault)) };
}

/** Of a call that only reads, before anything was changed. */
export function nothingStarted(fault: Fault): SubmitOutcome {
  const refused = fault.sent && rowOf(fault.code).submit === 'refused';
  if (refused) return { kind: 'refused', error: errorOf(fault) };
  return { kind: 'unavailable', error: errorOf(fault), ...retryAfter(fault) };
}

export function errorOf(fault: Fault): JobError {
  const { retryable } = rowOf(fault.code);
  return { code: fault.code, message: messageOf(fault), ...(retryable !== undefined && { retryable }) };
}

function messageOf({ code, text, call }: Fault): string {
  const { why } = rowOf(code);
  const said = shortened(text.replace(/\s+/g, ' '), 1000);
  return said === '' ? `${call}: ${code} (${why})` : `${call}: ${said} (${why})`;
}

function retryAfter({ retryAfterSeconds }: Fault) {
  return retryAfterSeconds !== undefined && { retryAfterSeconds };
}
