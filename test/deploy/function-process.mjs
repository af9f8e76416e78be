/** One invocation of a deployed function: `node function-process.mjs FOLDER HANDLER RESULT`, with the event on standard input. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder = '', handler = '', result = ''] = process.argv.slice(2);
const [file, name = ''] = handler.split('.');
const { AWS_LAMBDA_FUNCTION_TIMEOUT, AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_ARN } = process.env;
const endBy = Date.now() + Number(AWS_LAMBDA_FUNCTION_TIMEOUT) * 1000;
const context = {
  functionName: AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: '$LATEST',
  invokedFunctionArn: AWS_LAMBDA_FUNCTION_ARN,
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  awsRequestId: crypto.randomUUID(),
  logGroupName: 'functions',
  logStreamName: 'functions',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => endBy - Date.now(),
};

async function answer() {
  try {
    const event = JSON.parse(readFileSync(0, 'utf8'));
    const functions = await import(pathToFileURL(join(folder, `${file}.mjs`)).href);
    return (await functions[name](event, context)) ?? null;
  } catch (thrown) {
    const { name: errorType, message: errorMessage, stack = '' } = /** @type {Error} */ (thrown);
    return { errorType, errorMessage, trace: stack.split('\n') };
  }
}

writeFileSync(result, JSON.stringify(await answer()));
// As Lambda freezes a function whose sockets are still open.
process.exit();
