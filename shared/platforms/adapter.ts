import type { HttpClient } from '../http/client.ts';
import type { Handle, JobError, Json, JsonObject, OpenStatus, Resource, SubmitIntent } from '../job/job.ts';
import type { CheckFailure, CheckOutcome, Observation } from '../job/outcome.ts';
import type * as z from '../schema.ts';
import type { SecretForm } from '../secrets/secret-form.ts';
import type { LoginLedger } from './login-ledger.ts';

/**
 * What every platform's `runtime.ts` exports as `runtime`: all that works on jobs, and nothing that checks what comes in from
 * outside. Options are checked when the connections are read and requests by the function that takes them, so that the
 * others need no schemas.
 *
 * An adapter never throws for what a platform may answer: every answer, and the lack of one, is an outcome. It keeps one
 * login session per connection and renews it once on expiry. It logs no secret, no request and no result.
 */
export interface AdapterRuntime<Options = unknown, Request = unknown, Secret = unknown> {
  /** The platform's name in paths, files and events: `vsphere`. */
  readonly platform: string;
  /** The JSON of the connection's secret. `undefined` where the platform needs none. */
  readonly secret?: SecretForm;
  readonly capabilities: Capabilities;
  readonly bounds: Bounds;
  /** One per connection and process; holds the session. Does no I/O itself. */
  connect(context: ConnectionContext<Options, Secret>): PlatformConnection<Request>;
}

/** What a platform's `request.ts` exports: what a caller may ask for. */
export interface RequestSchemas<Request = unknown> {
  /** Body of a submit without the fields that all platforms share (`labels`, `deadlineSeconds`, `taskToken`, `adopt`). */
  readonly submitRequest: z.ZodMiniType<Request>;
  /** Body of an adoption, `adopt` included. */
  readonly adoptRequest: z.ZodMiniType;
}

/** What every platform's `index.ts` exports as `adapter`: the whole of it. */
export interface Adapter<Options = unknown, Request = unknown, Secret = unknown>
  extends AdapterRuntime<Options, Request, Secret>,
    RequestSchemas<Request> {
  /** What the platform's users call it: `VMware vSphere`. */
  readonly title: string;
  /** Options of a connection beyond the common ones. Strict: an unknown key is an error. */
  readonly options: z.ZodMiniType<Options>;
  /** What the functions of a connection must be allowed to do on AWS, beyond reading its secret. Least privilege. */
  awsPermissions?(options: Options): readonly AwsPermission[];
  /** For the platform's page in the docs; made from the tables that the adapter itself decides by. */
  readonly documentation?: PlatformDocumentation;
}

/** What a caller may ask of the jobs of a connection. */
export interface ConnectionCapabilities {
  cancel: boolean;
  report: boolean;
}

export interface Capabilities {
  cancel: boolean;
  /** A cancel is only noted when it is asked for, and carried out by looks: who takes the request reaches no platform. */
  cancelByLooks?: boolean;
  /** Whether (some of) its jobs are reported on by workers. */
  report?: boolean;
  /** Many jobs are asked about in one call, so looking at more jobs costs next to nothing. */
  batchCheck: boolean;
}

/** Components of an ARN, as CDK's `Stack.formatArn` takes them; account and region are the stack's unless told. */
export interface AwsPermission {
  actions: readonly string[];
  resources: readonly { service: string; resource: string; resourceName?: string; account?: string; region?: string }[];
}

export interface PlatformDocumentation {
  /** What the platform says, in its own words, what the job's status becomes, and why. */
  states: readonly { platform: string; status: string; why: string }[];
  /** The platform's errors, and what they mean for a look or a submit. */
  errors: readonly { code: string; onLook: string; onSubmit: string; why: string }[];
}

/** What the platform's behaviour demands of the schedule; each adapter states its own numbers, and why. */
export interface Bounds {
  /** Longest time between two looks. */
  maxGapSeconds: number;
  /** Shortest time between two looks. For platforms where a look learns nothing: reports tell, `lookBy` does the rest. */
  minGapSeconds?: number;
  /** How long after the submit `not_found` says nothing ("has not been completely created"). */
  creationGraceSeconds: number;
  /** How long `not_found` must have been repeated before the job is LOST. */
  notFoundGraceSeconds: number;
  /** How long after an unanswered submit the job may still turn up at the platform. */
  findSubmittedSeconds: number;
}

export interface ConnectionContext<Options, Secret> {
  /** `<platform>/<connection>`, for messages. */
  name: string;
  options: Options;
  /** The connection's secret, checked by the adapter's form. Cached for a few minutes; `fresh` asks the store again. */
  secret(fresh?: boolean): Promise<Secret>;
  /** The version of a secret that `secret` has answered, where the store has versions. Tells nothing of what it holds. */
  versionOf?(secret: object): string | undefined;
  /** Where the instances that log in to the connection leave each other word; absent where there is one only. */
  logins?: LoginLedger;
  /** For tests, which do not wait. */
  pause?(milliseconds: number): Promise<unknown>;
  /** Bound to the connection's TLS settings, time-outs and budget of calls. */
  http: HttpClient;
  now(): number;
  random(): number;
  log: Log;
}

export interface Log {
  debug(message: string, data?: Record<string, unknown>): void;
  info(message: string, data?: Record<string, unknown>): void;
  warn(message: string, data?: Record<string, unknown>): void;
}

/** What the polls of a connection depend on and an operator may replace. Tells nothing of what the secret holds. */
export interface Credentials {
  /** The options and the version of the secret that were last read. `undefined`: the secret could not be read. */
  inUse(): string | undefined;
  /** The same with the version that the store has now. `undefined`: the store did not answer. */
  stored(): Promise<string | undefined>;
  /** Opens the connection anew with these: a session that a former secret opened must not live on. */
  renew(stored: string): void;
}

/** What a look or a cancel needs to know of a job. */
export interface JobRef {
  id: string;
  operation: string;
  handle: Handle;
  createdAt: number;
  /** When a caller asked to cancel it, and when the platform took that request. */
  cancelRequestedAt?: number;
  cancelSentAt?: number;
}

export interface CallOptions {
  /** Ends every call under way; what was not learned by then is `transient`. */
  signal: AbortSignal;
  /** Of `check` and `cancel`, where a loop makes the call. */
  carry?: Carry;
}

/**
 * What an adapter takes from one tick to the next, whichever process runs that: the name of a call that goes on, an answer
 * that is given only once. It travels with the loop's state, so it is small (`MAX_CARRY` characters, else it is left behind)
 * and may be lost, with an execution or a tick.
 */
export interface Carry {
  value?: string | undefined;
}

export const MAX_CARRY = 8_192;

export interface PlatformConnection<Request = unknown> {
  /**
   * Noted with the job before `submit` is called: what `findSubmitted` needs if the answer is lost. No I/O. `undefined`:
   * this submit cannot be found again.
   */
  intent(request: Request, job: { id: string; createdAt: number }): SubmitIntent | undefined;
  submit(request: Request, intent: SubmitIntent | undefined, options: CallOptions): Promise<SubmitOutcome>;
  /** The handle of a job that is already running at the platform. No I/O: the core looks at it once before it says yes. */
  adopt(request: unknown): { handle: Handle; platformJobId?: string };
  /** One outcome for each job, by job id. A missing one is taken as `transient`. */
  check(jobs: readonly JobRef[], options: CallOptions): Promise<Map<string, CheckOutcome>>;
  cancel?(job: JobRef, options: CallOptions): Promise<CancelOutcome>;
  /**
   * Takes a worker's report. Present where jobs are reported on: they have no remote, or this product made them there.
   * Rules are vim.Task's: progress only while running and clamped, a result only with success, a fault only with error.
   */
  report?(job: ReportedJob, report: Report, options: CallOptions & { now: number }): Promise<ReportOutcome>;
  /**
   * Whether the endpoint answers and takes our credentials: one cheap read that needs them. It starts and changes nothing.
   * `undefined`: nothing is wrong.
   */
  probe?(options: CallOptions): Promise<CheckFailure | undefined>;
  /** Looks for a job whose submit went unanswered. Absent where the platform has no way. */
  findSubmitted?(intent: SubmitIntent, options: CallOptions): Promise<FindOutcome>;
}

export interface Accepted {
  kind: 'accepted';
  handle: Handle;
  /** Epoch ms: the job must be looked at by then, whatever the schedule says (a heartbeat that must have come). */
  lookBy?: number;
  platformJobId?: string;
  /** What the platform creates, where the submit's answer names it. */
  resource?: Resource;
}

export type SubmitOutcome =
  | Accepted
  /** The work goes on inside the submit (a script, a workflow): the loop carries the handle on, the job stays SUBMITTING. */
  | { kind: 'pending'; handle: Handle }
  /** The platform said no, nothing was started. */
  | { kind: 'refused'; error: JobError }
  /**
   * The platform surely did not take it, through no fault of the request: repeating is safe. With `retryable: false` it is
   * of no use before the connection has been repaired.
   */
  | { kind: 'unavailable'; error: JobError; retryAfterSeconds?: number }
  /** It cannot be known whether the platform took it: never repeated, looked for instead. */
  | { kind: 'unknown'; error: JobError };

export type CancelOutcome =
  /** The platform took the request; `handle` replaces the job's, where canceling is work of its own to be followed. */
  | { kind: 'accepted'; handle?: Handle }
  /** The job has ended at the platform: look at it. */
  | { kind: 'over' }
  /** This job cannot be canceled; the job goes on. */
  | { kind: 'refused'; error: JobError }
  | CheckFailure;

/** What a worker says of its job, in vim.Task's words. All absent: it is alive. */
export interface Report {
  state?: 'running' | 'success' | 'error' | undefined;
  /** Percent; clamped to 0..100. */
  progress?: number | undefined;
  /** What is being done right now. */
  description?: string | undefined;
  result?: Json | undefined;
  /** `code` RequestCanceled: the job was canceled. */
  fault?: { code: string; message: string; details?: JsonObject | undefined } | undefined;
}

export interface ReportedJob extends JobRef {
  status: OpenStatus;
}

export type ReportOutcome =
  /** The report itself is the news. */
  | Observation
  /** The platform took it; the next look tells. */
  | { kind: 'accepted' }
  /** Against the rules, or the job is not one that can be reported on. `code`: InvalidState, NotSupported, … */
  | { kind: 'refused'; error: JobError }
  | CheckFailure;

export type FindOutcome =
  | Accepted
  /** The platform answered, and does not (yet) have it. */
  | { kind: 'absent'; message: string }
  /** More than one candidate: an operator must decide. */
  | { kind: 'ambiguous'; message: string; details?: JsonObject }
  | CheckFailure;

export type { CheckFailure, CheckOutcome, Observation };
