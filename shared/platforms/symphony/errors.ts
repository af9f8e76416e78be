import type { JobError, JsonObject } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import type { SubmitOutcome } from '../adapter.ts';
import type { Answer } from './answer.ts';
import { shortened, wordsOf } from './said.ts';
import type { Run } from './transport.ts';

type Submit = 'refused' | 'unavailable' | 'unknown';

/** A run of a script that brought no answer of use. */
export interface Fault {
  /** A row of `FAULTS`, a name of Systems Manager's, or of the operating system. */
  code: string;
  /** What the script or the transport said. */
  text: string;
  /** `getRequestStatus.sh on mi-… of symphony/grid`. */
  call: string;
  /** False: the script surely did not begin. */
  started: boolean;
}

export interface FaultRow {
  look: CheckFailure['kind'];
  submit: Submit;
  /** Whether the same request could be taken later. */
  retryable?: boolean;
  /** Another id of the same batch may fare better. */
  ofOneId?: true;
  why: string;
}

const LATER = { look: 'transient', submit: 'unavailable', retryable: true } as const;
const UNCLEAR = { look: 'transient', submit: 'unknown' } as const;
const CONFIGURATION = { look: 'permanent', submit: 'unavailable' } as const;

/**
 * What it means that a script or its transport failed. A submit is repeatable only where the script did not begin: there is
 * no idempotency key, and a second requestMachines makes a second set of machines (HF §2.3).
 */
export const FAULTS: Readonly<Record<string, FaultRow>> = {
  // What the script said (its exit code and its output).
  'error text': {
    look: 'transient',
    submit: 'refused',
    ofOneId: true,
    why: 'the contract: exit 1, error text on stdout; a submit is refused only where the text shows that nothing was ordered before, else unknown',
  },
  silent: {
    ...UNCLEAR,
    ofOneId: true,
    why: 'exit 1 without a word: one provider answers unknown ids so, others crash so',
  },
  empty: {
    ...UNCLEAR,
    ofOneId: true,
    why: 'exit 0 without a word: HF-T7, the .bat of one provider always exits with 0',
  },
  text: { ...UNCLEAR, ofOneId: true, why: 'exit 0 and something that is no JSON' },
  truncated: { ...UNCLEAR, ofOneId: true, why: 'half an object: cut at 24,000 characters, or the script died' },
  Elsewhere: { ...UNCLEAR, why: 'the process that ran the script is gone, and its output with it' },
  protocol: { ...UNCLEAR, ofOneId: true, why: 'JSON without what the page asks for' },
  swallowed: { ...UNCLEAR, why: 'HF-T7: "running" without requests is how one wrapper hides any exception' },
  mismatch: { ...UNCLEAR, why: 'an answer about other requests than the one that was asked about' },
  'exit 20': {
    look: 'permanent',
    submit: 'refused',
    why: "the LSF provider's own table: an environment variable is not set",
  },
  'exit 21': {
    look: 'permanent',
    submit: 'refused',
    why: "the LSF provider's own table: an environment variable is not set",
  },
  'exit 124': {
    ...UNCLEAR,
    why: 'ended after its time, which is requestTimeoutSeconds or what its place in the message says',
  },
  'exit 126': { ...CONFIGURATION, why: 'the shell may not execute the script' },
  'exit 127': { ...CONFIGURATION, why: 'the shell did not find the script or its interpreter' },
  'exit 130': { ...UNCLEAR, why: 'interrupted' },
  'exit 137': { ...UNCLEAR, why: 'killed, or out of memory' },
  'exit 143': { ...UNCLEAR, why: 'ended by somebody' },
  // What the operating system said before a script could begin.
  ENOENT: { ...CONFIGURATION, why: 'no such script or folder' },
  EACCES: { ...CONFIGURATION, why: 'the script is not executable' },
  aborted: { ...LATER, why: 'the time for this tick or request was over before the script could begin' },
  // What the host, or Systems Manager, said.
  NotStarted: { ...CONFIGURATION, why: 'the host did not come to start the script: account, folder or profile' },
  ThrottlingException: { ...LATER, why: 'too many calls of Systems Manager' },
  Throttling: { ...LATER, why: 'too many calls of Systems Manager' },
  InternalServerError: { ...UNCLEAR, why: 'Systems Manager failed after it had the command, or before' },
  InvocationDoesNotExist: { ...UNCLEAR, why: 'Systems Manager shows a command up to 30 s late' },
  InvalidInstanceId: { ...LATER, why: 'the agent is stopped, or the host is not registered' },
  DeliveryTimedOut: { ...LATER, why: 'the host did not take the command: the script did not begin' },
  Undeliverable: { ...LATER, why: 'the host is not there: the script did not begin' },
  ExecutionTimedOut: { ...UNCLEAR, why: 'ended by the agent after its time' },
  Cancelled: { ...UNCLEAR, why: 'somebody cancelled the command' },
  Terminated: { ...UNCLEAR, why: 'ended with its parent command' },
  AccessDeniedException: { ...CONFIGURATION, why: 'the function may not send this command to this host' },
  InvalidDocument: { ...CONFIGURATION, why: 'no such document in this region' },
  InvalidDocumentVersion: { ...CONFIGURATION, why: 'no such document in this region' },
  InvalidParameters: { ...CONFIGURATION, why: 'the document does not take these parameters' },
  UnsupportedPlatformType: { ...CONFIGURATION, why: 'scriptType is not that of the host' },
  InvalidOutputFolder: { ...CONFIGURATION, why: 'the output cannot be kept' },
  InvalidRole: { ...CONFIGURATION, why: 'the role cannot be used' },
  UnrecognizedClientException: { ...CONFIGURATION, why: "the function's credentials are not taken" },
  ExpiredTokenException: { ...LATER, why: "the function's credentials have expired" },
  TooLarge: { look: 'permanent', submit: 'refused', retryable: false, why: 'a command of Systems Manager has 64 KB' },
};

export function rowOf(code: string): FaultRow {
  return Object.hasOwn(FAULTS, code) ? FAULTS[code]! : { ...UNCLEAR, why: 'not known' };
}

export interface TextRow {
  pattern: RegExp;
  /** For a poll; `undefined`: as the fault's own row says. */
  look?: CheckFailure['kind'];
  /** For a submit; what no row knows is `unknown`. */
  submit: Extract<Submit, 'refused' | 'unknown'>;
  retryable?: boolean;
  why: string;
}

/** "Launched 2 instances, then …", and not "no instance was launched" or "the VM could not be created". */
const ORDERED = (() => {
  const no = String.raw`\b(?:no|not|none|never|0|zero|cannot|can't|couldn't|could|would|must|should|fail\w*|unable|to be)\b`;
  const some = `(?:(?!${no})[^.;:|]){0,40}`;
  const made = String.raw`\b(?:launched|created|ordered|started|provisioned)\b`;
  const machine = String.raw`\b(?:instances?|machines?|vms?|nodes?|fleets?|i-[0-9a-f]{4,17})\b`;
  return new RegExp(`(?<!${no}[^.;:|,]{0,60})(?:${machine}${some}${made}|${made}${some}${machine})`, 'i');
})();

/**
 * What providers write into their error texts; the first row that fits counts. A submit is refused only by a text that
 * shows that no machine was ordered before: a provider writes its own state after it has ordered, and fails then, too.
 */
export const TEXTS: readonly TextRow[] = [
  {
    pattern: ORDERED,
    submit: 'unknown',
    why: 'it speaks of machines that were made before it failed: whatever failed then, they may be there',
  },
  {
    pattern:
      /database is locked|OperationalError|deadlock|\block(ed)? (by|wait|timeout)|(acquire|obtain|get)\w* .{0,60}\block\b|timed? ?out\b|\btimeout|connection .{0,40}(reset|aborted|closed|refused|lost)|broken pipe|no space left|disk .{0,10}full|read-only file system|input\/output error|(fail\w*|could not|cannot|unable) .{0,40}(sav|stor|persist|writ)(e|ing)\b|partially/i,
    submit: 'unknown',
    why: "the provider's own storage or network failed, before or after it ordered machines",
  },
  {
    pattern: /UnauthorizedOperation|AuthFailure|InvalidClientTokenId|AccessDenied|\b40[13]\b/,
    look: 'permanent',
    submit: 'refused',
    retryable: false,
    why: "the provider's credentials are not taken by its cloud",
  },
  {
    pattern: /Throttling|RequestLimitExceeded|LimitExceeded|Insufficient\w*Capacity|quota exceeded/i,
    look: 'transient',
    submit: 'refused',
    retryable: true,
    why: 'the cloud is busy, or has no room now',
  },
  {
    pattern: /InternalError|ServiceUnavailable|\b50[0234]\b/i,
    look: 'transient',
    submit: 'unknown',
    retryable: true,
    why: 'the cloud failed, before or after it took the order',
  },
  {
    pattern:
      /Java not installed|Java version error|could not find venv|environment variable|(config|template)\w* file\b.*\b(not|missing|invalid)/i,
    look: 'permanent',
    submit: 'refused',
    retryable: false,
    why: 'the provider is not set up',
  },
  {
    pattern:
      /Invalid template|template .{0,200}(does not exist|not found|unknown)|unknown template|Invalid instances number|validation|Input file|(json|payload) .{0,60}(pars|load|invalid|malformed)|(pars|load)ing (the )?(json|payload)|unrecogni[sz]ed|usage:|empty result|is required|must be /i,
    submit: 'refused',
    retryable: false,
    why: 'the request itself is wrong',
  },
  {
    pattern: /Error Code: ?[A-Za-z]|^Request (Spot |On-?Demand )?(VMs?|Instances?)\b.{0,200}\bfailed/i,
    submit: 'refused',
    why: 'the cloud itself said no',
  },
];

/** `Error Code: X` is the part of a text that is made for machines. */
const ERROR_CODE = /Error Code: ?([A-Za-z][\w.]{2,63})/;

export function meaningOf(text: string): Partial<Pick<TextRow, 'look' | 'submit' | 'retryable'>> & { code?: string } {
  const row = TEXTS.find(({ pattern }) => pattern.test(text));
  const code = ERROR_CODE.exec(text)?.[1];
  return {
    ...(code !== undefined && { code }),
    ...(row?.look !== undefined && { look: row.look }),
    ...(row !== undefined && { submit: row.submit }),
    ...(row?.retryable !== undefined && { retryable: row.retryable }),
  };
}

/** Whether a text says why something failed, as far as is known of providers. */
export function isExplained(text: string): boolean {
  const { code, submit } = meaningOf(text);
  return code !== undefined || submit !== undefined;
}

/** A script on its way: what to call it, and what must not be said of it. */
export interface Call {
  /** `getRequestStatus.sh on mi-… of symphony/grid`. */
  name: string;
  hide(text: string): string;
}

/** The fault of a run whose output is no answer. `output`: what was made of it; `body`: the object that it holds all the same. */
export function faultOf(
  run: Exclude<Run, { kind: 'running' }>,
  output: Answer['kind'],
  { name, hide }: Call,
  body?: JsonObject,
): Fault {
  if (run.kind === 'failed') {
    const { code, message, started, stdout = '', stderr = '' } = run;
    const words = wordsOf({ stdout, stderr }, body, hide);
    return { code, text: [hide(message), words].filter(Boolean).join(': '), call: name, started };
  }
  const { exitCode, stdout } = run;
  const words = wordsOf(run, body, hide);
  const fault = (code: string, text = words): Fault => ({ code, text, call: name, started: !NEVER_RAN.has(exitCode) });
  const byExit = `exit ${exitCode}`;
  if (byExit in FAULTS || exitCode > 128) return fault(byExit, [run.limit, words].filter(Boolean).join(': '));
  if (run.cut) return fault('truncated', ['the output was cut', words].filter(Boolean).join(': '));
  if (output === 'truncated') return fault('truncated');
  if (exitCode === 0) return fault(output === 'empty' ? 'empty' : output === 'answer' ? 'protocol' : 'text');
  return fault(stdout.trim() === '' ? 'silent' : 'error text');
}

/** What a shell ends with when it could not start the script. */
const NEVER_RAN = new Set([126, 127]);

export function checkFailure(fault: Fault): CheckFailure {
  const meaning = meaningOf(fault.text);
  const { look, why } = rowOf(fault.code);
  return {
    kind: look === 'permanent' ? look : (meaning.look ?? look),
    code: meaning.code ?? fault.code,
    message: messageOf(fault, why),
  };
}

export function submitFailure(fault: Fault): Extract<SubmitOutcome, { error: JobError }> {
  const row = rowOf(fault.code);
  const meaning = meaningOf(fault.text);
  const byText = fault.code === 'error text' ? (meaning.submit ?? 'unknown') : row.submit;
  const kind = fault.started ? byText : row.submit === 'refused' ? 'refused' : 'unavailable';
  const retryable = kind === 'unknown' ? undefined : (meaning.retryable ?? row.retryable);
  return {
    kind,
    error: {
      code: meaning.code ?? fault.code,
      message: messageOf(fault, row.why),
      ...(retryable !== undefined && { retryable }),
      ...(kind === 'unknown' && { outcomeUncertain: true }),
    },
  };
}

function messageOf({ text, call, code }: Fault, why: string): string {
  return `${call}: ${text === '' ? code : shortened(text, 1_000)} (${why})`.slice(0, 1_500);
}
