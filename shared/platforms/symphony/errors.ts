import type { JobError } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import type { SubmitOutcome } from '../adapter.ts';
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
    why: 'the contract: exit 1, error text on stdout',
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
  'exit 124': { ...UNCLEAR, why: 'given up: HF itself gives a script 240 to 300 s' },
  'exit 126': { ...CONFIGURATION, why: 'the shell may not execute the script' },
  'exit 127': { ...CONFIGURATION, why: 'the shell did not find the script or its interpreter' },
  'exit 130': { ...UNCLEAR, why: 'interrupted' },
  'exit 137': { ...UNCLEAR, why: 'killed, or out of memory' },
  'exit 143': { ...UNCLEAR, why: 'ended by somebody' },
  // What the operating system said before a script could begin.
  ENOENT: { ...CONFIGURATION, why: 'no such script or folder' },
  EACCES: { ...CONFIGURATION, why: 'the script is not executable' },
  aborted: { ...LATER, why: 'the time for this tick or request was over' },
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
  /** For a look; `undefined`: as the fault's own row says. */
  look?: CheckFailure['kind'];
  retryable: boolean;
  why: string;
}

/** What providers write into their error texts; the first row that fits counts. */
export const TEXTS: readonly TextRow[] = [
  {
    pattern: /UnauthorizedOperation|AuthFailure|InvalidClientTokenId|AccessDenied|\b40[13]\b/,
    look: 'permanent',
    retryable: false,
    why: "the provider's credentials are not taken by its cloud",
  },
  {
    pattern:
      /Throttling|RequestLimitExceeded|InternalError|ServiceUnavailable|Insufficient\w*Capacity|quota exceeded|\b50[234]\b/i,
    look: 'transient',
    retryable: true,
    why: 'the cloud is busy, or has no room now',
  },
  {
    pattern:
      /Java not installed|Java version error|could not find venv|environment variable|(config|template)\w* file\b.*\b(not|missing|invalid)/i,
    look: 'permanent',
    retryable: false,
    why: 'the provider is not set up',
  },
  {
    pattern: /Invalid template|template does not exist|Invalid instances number|validation/i,
    retryable: false,
    why: 'the request itself is wrong',
  },
];

/** `Error Code: X` is the part of a text that is made for machines. */
const ERROR_CODE = /Error Code: ?([A-Za-z][\w.]{2,63})/;

export function meaningOf(text: string): { code?: string; look?: CheckFailure['kind']; retryable?: boolean } {
  const row = TEXTS.find(({ pattern }) => pattern.test(text));
  const code = ERROR_CODE.exec(text)?.[1];
  return {
    ...(code !== undefined && { code }),
    ...(row?.look !== undefined && { look: row.look }),
    ...(row !== undefined && { retryable: row.retryable }),
  };
}

/** The fault of a run whose output is no answer. `output`: what `readAnswer` made of it. */
export function faultOf(run: Exclude<Run, { kind: 'running' }>, output: string, call: string): Fault {
  if (run.kind === 'failed') return { code: run.code, text: run.message, call, started: run.started };
  const { exitCode, stdout, stderr } = run;
  const text = shortened(stdout, stderr);
  const byExit = `exit ${exitCode}`;
  if (byExit in FAULTS) return { code: byExit, text, call, started: !['exit 126', 'exit 127'].includes(byExit) };
  if (exitCode > 128) return { code: byExit, text, call, started: true };
  if (run.cut || output === 'truncated')
    return { code: 'truncated', text: run.cut ? 'the output was cut' : '', call, started: true };
  if (exitCode === 0)
    return {
      code: output === 'empty' ? 'empty' : output === 'answer' ? 'protocol' : 'text',
      text,
      call,
      started: true,
    };
  return { code: stdout.trim() === '' ? 'silent' : 'error text', text, call, started: true };
}

/** A key and its value. What has one is an answer that cannot be read: of many requests, and no words for one of them. */
const PIECE_OF_AN_ANSWER = /["']\w+["']\s*:\s*["'{[\d]/;

/** The end of what was said: the reason comes last, in a traceback too. */
function shortened(stdout: string, stderr: string): string {
  const last = (text: string, length: number) => text.trim().replace(/\s+/g, ' ').slice(-length);
  const said = PIECE_OF_AN_ANSWER.test(stdout) ? 'an answer that cannot be read' : last(stdout, 600);
  return [said, last(stderr, 300)].filter(Boolean).join(' | ');
}

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
  const kind = fault.started ? row.submit : row.submit === 'refused' ? 'refused' : 'unavailable';
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
  return `${call}: ${text === '' ? code : text} (${why})`.slice(0, 1500);
}
