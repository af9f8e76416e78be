import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { FunctionFailure, InvocationMessage, WorkerData, WorkerMessage } from './function-messages.ts';
import type { FunctionDefinition } from './functions.ts';
import type { LogFile } from './log-file.ts';

/** Loading a bundle takes well under a second; the rest is for a machine that is busy with something else. */
const INIT_LIMIT_MS = 60_000;
/** Longer than a minute, so that what is scheduled every minute keeps its thread. */
const IDLE_LIMIT_MS = 90_000;
/**
 * A further thread starts only when an invocation has waited this long times the square of the threads there are, and one
 * at a time. A thread takes 50 MB and half a second of processor to load a bundle: on two cores, 1,000 submits take 5 s with
 * two threads and 7 s with sixteen. Where functions wait for a slow platform, invocations do wait, and threads are added.
 */
const PATIENCE_MS = 30;
/**
 * And only while there is a processor for it: the share of the time that this thread, through which every call of a function
 * goes, may be at work; and that it and the function's threads may be together, of all processors.
 */
const BUSY_SHARE = 0.6;
/** Times the threads there are: all of them may wait for a platform that hangs, while others keep the processors busy. */
const LONGEST_PATIENCE_MS = 2_000;
/** MemorySize bounds the whole sandbox on AWS, here the heap; below this V8 spends its time collecting. */
const MIN_HEAP_MB = 256;
/** A third of V8's own: short-lived objects are collected sooner, which costs no throughput here and keeps a thread small. */
const YOUNG_HEAP_MB = 16;

/** What a failed invocation looks like to its caller: Lambda's `errorType` and `errorMessage`. */
export class FunctionError extends Error {
  override name = 'FunctionError';
  readonly failure: FunctionFailure;

  constructor(failure: FunctionFailure) {
    super(`${failure.errorType}: ${failure.errorMessage}`);
    this.failure = failure;
  }
}

interface Invocation {
  requestId: string;
  event: string;
  queuedAt: number;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Environment {
  worker: Worker;
  state: 'starting' | 'idle' | 'busy' | 'ended';
  invocation?: Invocation;
  timer?: NodeJS.Timeout;
  idleSince: number;
  /** As of when an invocation began to wait. */
  utilization?: EventLoopUtilization;
}

/** The execution environments of one function. */
export class FunctionPool {
  readonly #definition: FunctionDefinition;
  readonly #log: LogFile;
  readonly #maxWorkers: number;
  readonly #environments = new Set<Environment>();
  /** The one used last is at the end, and is used next: the others grow old and end. */
  readonly #idle: Environment[] = [];
  readonly #queue: Invocation[] = [];
  readonly #sweep: NodeJS.Timeout;
  #impatience: NodeJS.Timeout | undefined;
  #utilization = performance.eventLoopUtilization();
  #stopped = false;

  constructor(definition: FunctionDefinition, log: LogFile, maxWorkers: number) {
    this.#definition = definition;
    this.#log = log;
    this.#maxWorkers = maxWorkers;
    this.#sweep = setInterval(() => this.#endIdle(), 30_000).unref();
  }

  get threads(): number {
    return this.#environments.size;
  }

  invoke(event: unknown): Promise<unknown> {
    if (this.#stopped) return Promise.reject(failure('ServiceException', 'the engine is stopping'));
    return new Promise((resolve, reject) => {
      this.#queue.push({
        requestId: randomUUID(),
        event: JSON.stringify(event) ?? 'null',
        queuedAt: Date.now(),
        resolve,
        reject,
      });
      this.#dispatch();
    });
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#impatience);
    for (const { reject } of this.#queue.splice(0)) reject(failure('ServiceException', 'the engine is stopping'));
    const deadline = Date.now() + graceMs;
    while (Date.now() < deadline && [...this.#environments].some(({ state }) => state === 'busy')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const ended = [...this.#environments].map((environment) =>
      this.#end(environment, failure('ServiceException', 'the engine was stopped')),
    );
    await Promise.all(ended);
    this.#log.close();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const environment = this.#idle.pop();
      if (!environment) break;
      this.#run(environment, this.#queue.shift()!);
    }
    if (this.#queue.length > 0) this.#grow();
  }

  #grow(): void {
    if (this.#impatience || !this.#mayGrow()) return;
    if (this.#environments.size === 0) {
      this.#start();
      return;
    }
    const patience = PATIENCE_MS * this.#environments.size ** 2;
    this.#utilization = performance.eventLoopUtilization();
    for (const environment of this.#environments)
      environment.utilization = environment.worker.performance.eventLoopUtilization();
    this.#impatience = setTimeout(() => this.#lookAgain(patience), patience);
  }

  #mayGrow(): boolean {
    const starting = [...this.#environments].some(({ state }) => state === 'starting');
    return !this.#stopped && !starting && this.#environments.size < this.#maxWorkers;
  }

  /** The one that was waited for may have had its turn meanwhile, so look again. */
  #lookAgain(patience: number): void {
    this.#impatience = undefined;
    const head = this.#queue[0];
    if (!head) return;
    const waited = Date.now() - head.queuedAt;
    const impatient =
      waited >= patience && (waited >= LONGEST_PATIENCE_MS * this.#environments.size || !this.#isBusy());
    if (impatient && this.#mayGrow()) this.#start();
    else this.#grow();
  }

  /** Since the patience began. */
  #isBusy(): boolean {
    const main = performance.eventLoopUtilization(this.#utilization).utilization;
    const threads = [...this.#environments].reduce(
      (sum, { worker, utilization }) => sum + worker.performance.eventLoopUtilization(utilization).utilization,
      0,
    );
    return main > BUSY_SHARE || main + threads > BUSY_SHARE * availableParallelism();
  }

  #start(): void {
    if (this.#stopped) return;
    const { name, arn, taskRoot, handler, memoryMb, environment: env } = this.#definition;
    const worker = new Worker(new URL('./function-worker.mjs', import.meta.url), {
      workerData: { name, arn, taskRoot, handler, memoryMb } satisfies WorkerData,
      env,
      // Its own flags only: a test runner's loaders have no business in a function.
      execArgv: [],
      resourceLimits: {
        maxOldGenerationSizeMb: Math.max(memoryMb, MIN_HEAP_MB),
        maxYoungGenerationSizeMb: YOUNG_HEAP_MB,
      },
      stdout: true,
      stderr: true,
    });
    const environment: Environment = { worker, state: 'starting', idleSince: Date.now() };
    this.#environments.add(environment);
    environment.timer = setTimeout(() => {
      this.#initFailed(environment, { errorType: 'Sandbox.Timedout', errorMessage: `${name}: init takes too long` });
    }, INIT_LIMIT_MS);
    worker.stdout.on('data', (chunk: Buffer) => this.#write(chunk));
    worker.stderr.on('data', (chunk: Buffer) => this.#write(chunk));
    worker.on('message', (message: WorkerMessage) => this.#receive(environment, message));
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const errorType = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'Runtime.OutOfMemory' : error.name;
      this.#died(environment, { errorType, errorMessage: error.message, trace: (error.stack ?? '').split('\n') });
    });
    worker.on('exit', (code) =>
      this.#died(environment, {
        errorType: 'Runtime.ExitError',
        errorMessage: `Runtime exited with exit status ${code}`,
      }),
    );
  }

  #receive(environment: Environment, message: WorkerMessage): void {
    if (environment.state === 'ended') return;
    if (message.kind === 'init-failed') {
      this.#initFailed(environment, message.failure);
      return;
    }
    clearTimeout(environment.timer);
    const { invocation } = environment;
    delete environment.invocation;
    environment.state = 'idle';
    environment.idleSince = Date.now();
    this.#idle.push(environment);
    if (message.kind === 'result') invocation?.resolve(JSON.parse(message.result));
    if (message.kind === 'failed') {
      this.#write(`${JSON.stringify({ level: 'ERROR', requestId: message.requestId, ...message.failure })}\n`);
      invocation?.reject(new FunctionError(message.failure));
    }
    this.#dispatch();
  }

  #run(environment: Environment, invocation: Invocation): void {
    const { timeoutSeconds } = this.#definition;
    const { requestId, event } = invocation;
    environment.state = 'busy';
    environment.invocation = invocation;
    environment.timer = setTimeout(() => {
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      this.#write(`${JSON.stringify({ level: 'ERROR', requestId, message: errorMessage })}\n`);
      void this.#end(environment, failure('Sandbox.Timedout', errorMessage));
      this.#dispatch();
    }, timeoutSeconds * 1000);
    environment.worker.postMessage({
      requestId,
      event,
      deadline: Date.now() + timeoutSeconds * 1000,
    } satisfies InvocationMessage);
  }

  /** A bundle that does not load fails one invocation, as on Lambda; the next one tries again. */
  #initFailed(environment: Environment, reason: FunctionFailure): void {
    this.#write(`${JSON.stringify({ level: 'ERROR', phase: 'init', ...reason })}\n`);
    void this.#end(environment);
    this.#queue.shift()?.reject(new FunctionError(reason));
    this.#dispatch();
  }

  #died(environment: Environment, reason: FunctionFailure): void {
    if (environment.state === 'ended') return;
    if (environment.state === 'starting') {
      this.#initFailed(environment, reason);
      return;
    }
    this.#write(`${JSON.stringify({ level: 'ERROR', ...reason })}\n`);
    void this.#end(environment, new FunctionError(reason));
    this.#dispatch();
  }

  async #end(environment: Environment, error?: Error): Promise<void> {
    if (environment.state === 'ended') return;
    environment.state = 'ended';
    clearTimeout(environment.timer);
    this.#environments.delete(environment);
    const index = this.#idle.indexOf(environment);
    if (index >= 0) this.#idle.splice(index, 1);
    if (error) environment.invocation?.reject(error);
    await environment.worker.terminate();
  }

  #endIdle(): void {
    const limit = Date.now() - IDLE_LIMIT_MS;
    for (const environment of this.#idle.filter(({ idleSince }) => idleSince < limit)) void this.#end(environment);
  }

  #write(chunk: Buffer | string): void {
    // The tail of a thread's output may arrive after the engine has closed the file.
    if (!this.#stopped || this.#environments.size > 0) this.#log.write(chunk);
  }
}

function failure(errorType: string, errorMessage: string): FunctionError {
  return new FunctionError({ errorType, errorMessage });
}
