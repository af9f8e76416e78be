import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { expect, test, vi } from 'vitest';
import { apiHandler } from '../../shared/lambda/http-api.ts';

const handle = vi.fn(async () => ({ status: 200, body: {} }));
const handler = apiHandler({ logger: new Logger({ logLevel: 'SILENT' }) }, handle);

async function answer(rawPath: string) {
  handle.mockClear();
  const event = { rawPath, requestContext: { requestId: 'r' } } as unknown as APIGatewayProxyEventV2;
  const { statusCode, headers, body } = await handler(event, {} as Context);
  return { statusCode, type: headers?.['content-type'], problem: JSON.parse(body!).type };
}

// A policy that denies /v1/vsphere/dc2/* would otherwise have to be matched against each of them.
test.each([
  '/v1/vsphere/d%632/jobs',
  '/v1/vsphere/dc2%2Fjobs',
  '/v1/%76sphere/dc2/jobs/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C/cancel',
  '/v1/vsphere/dc2/jobs/%2e%2e',
  '/v1/vsphere/dc2/jobs%',
])('a path with an escape is refused before anything is done: %s', async (path) => {
  expect(await answer(path)).toEqual({
    statusCode: 400,
    type: 'application/problem+json',
    problem: 'urn:pollux:problem:invalid-request',
  });
  expect(handle).not.toHaveBeenCalled();
});

test('a path without one is taken', async () => {
  expect((await answer('/v1/f5-vcmp/host_1/jobs/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C')).statusCode).toBe(200);
});
