/**
 * One execution environment of one function: a worker thread that loads the built bundle once and then runs one invocation
 * at a time. Events and results cross as JSON text, as they do on AWS, so that what JSON loses is lost here too.
 *
 * JavaScript with types in comments: to strip types, each thread would load Node's compiler for itself, 5 MB and 50 ms.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

/** @import { FunctionFailure, InvocationMessage, WorkerData, WorkerMessage } from './function-messages.ts' */
/** @typedef {(event: unknown, context: unknown) => unknown} Handler */

/** @type {WorkerData} */
const { name, arn, taskRoot, handler, memoryMb } = workerData;

/** @param {WorkerMessage} message */
function send(message) {
  parentPort?.postMessage(message);
}

/**
 * @param {unknown} error
 * @returns {FunctionFailure}
 */
function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/** @returns {Promise<Handler>} */
async function load() {
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

/** @param {InvocationMessage} message */
function contextOf({ requestId, deadline }) {
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

/**
 * @param {Handler} entry
 * @param {InvocationMessage} message
 */
async function invoke(entry, message) {
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
  parentPort?.on('message', (/** @type {InvocationMessage} */ message) => void invoke(entry, message));
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'init-failed', failure: describe(error) });
}
