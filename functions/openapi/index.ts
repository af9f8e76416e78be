import { readFileSync } from 'node:fs';
import { apiHandler } from '../../shared/lambda/http-api.ts';
import { createLogger } from '../../shared/lambda/logger.ts';

/** Generated when the stack is synthesized, from the schemas of the platforms that are enabled. */
const document = JSON.parse(readFileSync(new URL('./openapi.json', import.meta.url), 'utf8'));

/** `GET /v1/openapi.json`. */
export const handler = apiHandler({ logger: createLogger() }, async () => ({
  status: 200,
  headers: { 'cache-control': 'public, max-age=300' },
  body: document,
}));
