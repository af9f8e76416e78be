/**
 * One execution environment of one function: a worker thread that loads the built bundle once and then runs one invocation
 * at a time. Events and results cross as JSON text, as they do on AWS, so that what JSON loses is lost here too.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

export interface WorkerData {
  name: string;
  arn: string;
  taskRoot: string;
  /** `index.handler` */
  handler: string;
  memoryMb: number;
}

export interface InvocationMessage {
  requestId: string;
  event: string;
  deadline: number;
}

export interface FunctionFailure {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'init-failed'; failure: FunctionFailure }
  | { kind: 'result'; requestId: string; result: string }
  | { kind: 'failed'; requestId: string; failure: FunctionFailure };

type Handler = (event: unknown, context: unknown) => unknown;

const { name, arn, taskRoot, handler, memoryMb } = workerData as WorkerData;

function send(message: WorkerMessage): void {
  parentPort!.postMessage(message);
}

function describe(error: unknown): FunctionFailure {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

async function load(): Promise<Handler> {
  const dot = handler.lastIndexOf('.');
  const file = ['.mjs', '.js', '.cjs']
    .map((extension) => join(taskRoot, handler.slice(0, dot) + extension))
    .find(existsSync);
  if (!file)
    throw Object.assign(new Error(`${handler}: no such module in ${taskRoot}`), { name: 'Runtime.ImportModuleError' });
  const loaded = await import(pathToFileURL(file).href);
  const entry = loaded[handler.slice(dot + 1)] ?? loaded.default?.[handler.slice(dot + 1)];
  if (typeof entry === 'function') return entry;
  throw Object.assign(new Error(`${handler} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
}

function contextOf({ requestId, deadline }: InvocationMessage): Record<string, unknown> {
  return {
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: arn,
    memoryLimitInMB: String(memoryMb),
    awsRequestId: requestId,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function invoke(entry: Handler, message: InvocationMessage): Promise<void> {
  const { requestId } = message;
  try {
    const result = await entry(JSON.parse(message.event), contextOf(message));
    send({ kind: 'result', requestId, result: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    send({ kind: 'failed', requestId, failure: describe(error) });
  }
}

try {
  const entry = await load();
  parentPort!.on('message', (message: InvocationMessage) => void invoke(entry, message));
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'init-failed', failure: describe(error) });
}
