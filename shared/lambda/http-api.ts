import type { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { Problem } from '../api/problem.ts';
import type { Metered } from './metrics.ts';

/** A request to the API, as far as the handlers need it. */
export interface ApiRequest {
  method: string;
  /** As it was sent, without the query. */
  path: string;
  params: Record<string, string>;
  query: Record<string, string>;
  header(name: string): string | undefined;
  /** The parsed JSON body. Throws a 400 that says what is wrong with it. */
  json(): unknown;
  /** API Gateway's id of the request. */
  requestId: string;
  /** When the answer must be on its way (epoch ms). */
  endBy: number;
}

export interface ApiResponse {
  status: number;
  headers?: Record<string, string>;
  /** Absent: no body. */
  body?: unknown;
}

export type ApiHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Makes a Lambda handler for the HTTP API out of "take, validate, do, answer". */
export function apiHandler(
  observe: { logger: Logger; metrics?: Metered },
  handle: (request: ApiRequest) => Promise<ApiResponse>,
): ApiHandler {
  const { logger, metrics } = observe;
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use({
      onError: (request) => {
        if (request.response === undefined) request.response = answerProblem(request.error, logger);
      },
    })
    .use({ after: () => metrics?.flush(), onError: () => metrics?.flush() })
    .handler(async (event, context) => answer(await handle(requestOf(event, context)))) as unknown as ApiHandler;
}

/** The answer must be made, and logs and metrics written, this long before the function's time is over. */
const MARGIN_MS = 2_000;
/** Of a caller that gives no context, as a test. */
const UNTOLD_MS = 10_000;

/**
 * API Gateway matches a policy against a path as it was sent, or as it is decoded: AWS does not say which. No name in a path
 * needs an escape, so there is one way only to write each path, and a policy means the same either way.
 */
function requestOf(event: APIGatewayProxyEventV2, context: Partial<Context> | undefined): ApiRequest {
  if (event.rawPath?.includes('%')) {
    throw new Problem('invalid-request', 'The path has an escape (%): write it as it is, no name in it needs one.');
  }
  return {
    method: event.requestContext.http?.method ?? '',
    path: event.rawPath ?? '',
    params: definedOnly(event.pathParameters),
    query: definedOnly(event.queryStringParameters),
    header: (name) => event.headers?.[name],
    json: () => parseBody(event),
    requestId: event.requestContext.requestId,
    endBy: Date.now() + (context?.getRemainingTimeInMillis?.() ?? UNTOLD_MS) - MARGIN_MS,
  };
}

function parseBody(event: APIGatewayProxyEventV2): unknown {
  if (!event.body) throw new Problem('invalid-request', 'The body is missing: send JSON, see GET /v1/openapi.json.');
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
  if (depthOf(text) > MAX_DEPTH) {
    throw new Problem('invalid-request', `The body is nested more than ${MAX_DEPTH} levels deep.`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    // The parser quotes the caller's own text, and only to the caller.
    throw new Problem('invalid-request', `The body is not valid JSON: ${withoutQuotation((error as Error).message)}`);
  }
  const lost = lostPart(body, '');
  if (lost !== undefined) throw new Problem('invalid-request', lost);
  return body;
}

/** What JSON can say and JavaScript cannot keep would be another request than the one that was sent. */
function lostPart(value: unknown, path: string): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${path}: the number is too large.`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (key === '__proto__') return `${at}: a key "__proto__" is never taken.`;
    const lost = lostPart(inner, at);
    if (lost !== undefined) return lost;
  }
  return undefined;
}

/** No body that makes sense comes near it, and all that walks through a value can then do so without a bound of its own. */
const MAX_DEPTH = 64;

/** Of JSON text, before it is parsed: brackets outside of strings. One pass, whatever the text. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') inString = !inString;
    else if (inString) i += char === '\\' ? 1 : 0;
    else if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth);
    else if (char === ']' || char === '}') depth--;
  }
  return deepest;
}

function answer({ status, headers, body }: ApiResponse): APIGatewayProxyStructuredResultV2 {
  if (body === undefined) return { statusCode: status, headers: { ...headers } };
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

function answerProblem(error: unknown, logger: Logger): APIGatewayProxyStructuredResultV2 {
  const problem = error instanceof Problem ? error : internalError(error, logger);
  return {
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json', ...problem.headers },
    body: JSON.stringify(problem),
  };
}

/** The caller learns that it was us; the cause is for the log. */
function internalError(error: unknown, logger: Logger): Problem {
  logger.error('request failed', error instanceof Error ? error : new Error(String(error)));
  return new Problem('internal-error', 'The request failed and may be sent again with the same Idempotency-Key.');
}

function definedOnly(values: Record<string, string | undefined> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** The parser quotes the text around the mistake, which may be a password. */
function withoutQuotation(message: string): string {
  return message.replace(/, (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, '');
}
