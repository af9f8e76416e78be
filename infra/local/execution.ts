import { ExecutionTimeoutError, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { FunctionError } from './function-pool.ts';
import { type Definition, LAMBDA_INVOKE, prepare, type State } from './state-machine-definition.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionEnd {
  status: Exclude<ExecutionStatus, 'RUNNING'>;
  output?: string;
  error?: string;
  cause?: string;
}

/** AWS ends an execution that would have more history events than this. */
const MAX_HISTORY_EVENTS = 25_000;
/** Largest input or result of a state, in bytes. */
export const MAX_PAYLOAD_BYTES = 262_144;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Events that a state leaves in the history: entered and exited; a task is scheduled, started and succeeds besides. */
const HISTORY_EVENTS: Record<string, number> = { Task: 5, Fail: 1 };
/** A failed attempt and its repetition: failed, then scheduled and started again. */
const HISTORY_EVENTS_RETRY = 3;

export interface ExecutionContext {
  machine: { Id: string; Name: string };
  execution: { Id: string; Name: string; RoleArn: string };
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** A state was entered or repeated: what AWS bills. */
  onTransition(): void;
}

/** One execution under way. */
export class Execution {
  transitions = 0;
  historyEvents = 1;
  readonly ended: Promise<ExecutionEnd>;
  readonly #context: ExecutionContext;
  readonly #aborted = new AbortController();
  readonly #state = { Name: '', EnteredTime: '', RetryCount: 0 };
  #abort: (end: ExecutionEnd) => void = () => {};
  #wait: Promise<void> | undefined;

  constructor(definition: Definition, input: unknown, context: ExecutionContext) {
    this.#context = context;
    const states = Object.entries(definition.States);
    // aws-local-stepfunctions looks a state up exactly when it enters it, before it evaluates anything: the one place to
    // count the transition and to tell the context object which state it is in.
    const entered = Object.defineProperties(
      {},
      Object.fromEntries(
        states.map(([name, state]) => {
          const prepared = prepare(state);
          const get = () => {
            this.#enter(name, state);
            return prepared;
          };
          return [name, { enumerable: true, get }];
        }),
      ),
    );
    const handlers = states.flatMap(([name, state]) => {
      if (state.Type === 'Task') return [[name, (payload: unknown) => this.#task(state, payload)]];
      return state.Type === 'Wait' ? [[name, (payload: unknown) => this.#waitState(payload as WaitPayload)]] : [];
    });
    const machine = new StateMachine({ ...definition, States: entered } as unknown as StateMachineDefinition, {
      validationOptions: { noValidate: true },
    });
    const run = machine.run(input as Parameters<StateMachine['run']>[0], {
      overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) },
      context: { StateMachine: context.machine, Execution: context.execution, State: this.#state },
      noThrowOnAbort: true,
    });
    const aborted = new Promise<ExecutionEnd>((resolve) => {
      this.#abort = (end) => {
        resolve(end);
        this.#aborted.abort();
        run.abort();
      };
    });
    this.ended = Promise.race([aborted, run.result.then(succeeded, failed)]).finally(() => this.#aborted.abort());
    void this.#follow(run.eventLogs, new Set(states.filter(([, { Type }]) => Type === 'Task').map(([name]) => name)));
  }

  abort(error?: string, cause?: string): void {
    this.#abort({ status: 'ABORTED', ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) });
  }

  #enter(name: string, { Type }: State): void {
    if (this.#aborted.signal.aborted) return;
    Object.assign(this.#state, { Name: name, EnteredTime: new Date().toISOString(), RetryCount: 0 });
    this.#wait = undefined;
    this.#count(HISTORY_EVENTS[Type] ?? 2);
  }

  #count(historyEvents: number): void {
    this.transitions++;
    this.historyEvents += historyEvents;
    this.#context.onTransition();
    if (this.historyEvents <= MAX_HISTORY_EVENTS) return;
    this.#abort({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`,
    });
  }

  /** Reads the event log to its end: unread, it would grow for as long as the execution lives. */
  async #follow(events: ReturnType<StateMachine['run']>['eventLogs'], tasks: ReadonlySet<string>): Promise<void> {
    for await (const event of events) {
      // A Wait is a task only here, and its repetitions are no steps.
      if (!('state' in event) || !tasks.has(event.state.name)) continue;
      if (event.type === 'StateRetried') this.#count(HISTORY_EVENTS_RETRY);
      if (event.type === 'StateFailed' && event.Error === 'States.Timeout') this.#state.RetryCount++;
    }
  }

  async #task(state: State, payload: unknown): Promise<never> {
    try {
      const viaService = state.Resource === LAMBDA_INVOKE;
      const { FunctionName, Payload } = (viaService ? payload : {}) as { FunctionName?: string; Payload?: unknown };
      const result = await this.#context.invoke(
        FunctionName ?? state.Resource!,
        viaService ? (Payload ?? {}) : payload,
      );
      checkSize(state, result);
      return (viaService ? { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 } : result) as never;
    } catch (error) {
      this.#state.RetryCount++;
      throw error instanceof FunctionError ? taskError(error) : error;
    }
  }

  async #waitState({ seconds, timestamp, input }: WaitPayload): Promise<never> {
    this.#wait ??= sleepUntil(until(seconds, timestamp), this.#aborted.signal);
    await this.#wait;
    return input as never;
  }
}

interface WaitPayload {
  seconds?: unknown;
  timestamp?: unknown;
  input: unknown;
}

function until(seconds: unknown, timestamp: unknown): number {
  if (timestamp !== undefined) {
    const time = Date.parse(String(timestamp));
    if (Number.isNaN(time)) throw runtimeError(`the Wait state's timestamp ${JSON.stringify(timestamp)} is not a date`);
    return time;
  }
  if (!Number.isInteger(seconds) || (seconds as number) < 0 || (seconds as number) > 99_999_999) {
    throw runtimeError(`the Wait state's seconds ${JSON.stringify(seconds)} are not an integer from 0 to 99999999`);
  }
  return Date.now() + (seconds as number) * 1000;
}

/** In stretches that a timer can take; ends early, without an error, on abort. */
async function sleepUntil(time: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rest = time - Date.now();
    if (rest <= 0) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(rest, LONGEST_TIMER_MS));
      signal.addEventListener('abort', done);
    });
  }
}

function checkSize(state: State, result: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(result) ?? '');
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw Object.assign(
    new Error(`${state.Resource} returned a result of ${bytes} bytes; a state's data ends at ${MAX_PAYLOAD_BYTES}.`),
    {
      name: 'States.DataLimitExceeded',
    },
  );
}

function runtimeError(message: string): Error {
  return Object.assign(new Error(message), { name: 'States.Runtime', isRetryable: false, isCatchable: false });
}

/** A function's error as Step Functions gives it to Retry and Catch: its type as the name, the whole as JSON in `Cause`. */
function taskError({ failure }: FunctionError): Error {
  const name = failure.errorType === 'ServiceException' ? 'Lambda.ServiceException' : failure.errorType;
  return Object.assign(new Error(JSON.stringify(failure)), { name });
}

function succeeded(output: unknown): ExecutionEnd {
  return { status: 'SUCCEEDED', output: JSON.stringify(output) };
}

function failed(error: Error): ExecutionEnd {
  if (error instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT', error: 'States.Timeout' };
  const reason = error.cause instanceof Error ? error.cause : error;
  return { status: 'FAILED', error: reason.name, cause: reason.message };
}
