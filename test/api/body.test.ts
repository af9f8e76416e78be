import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import { apiHandler } from '../../shared/lambda/http-api.ts';

const handler = apiHandler({ logger: new Logger({ logLevel: 'SILENT' }) }, async ({ json }) => ({
  status: 200,
  body: json(),
}));

async function answer(body: string, isBase64Encoded = false) {
  const event = { body, isBase64Encoded, requestContext: { requestId: 'r' } } as unknown as APIGatewayProxyEventV2;
  const { statusCode, body: text } = await handler(event, {} as Context);
  return { statusCode, ...(JSON.parse(text!) as { detail?: string; type?: string }) };
}

test.each([
  ['', /missing/],
  ['{', /not valid JSON/],
  [`${'['.repeat(65)}${']'.repeat(65)}`, /nested more than 64 levels/],
  ['['.repeat(5_000_000), /nested more than 64 levels/],
  ['{"labels":{"__proto__":"x"}}', /^labels\.__proto__: a key "__proto__" is never taken\.$/],
  ['{"a":[{"\\u005f_proto__":{"polluted":true}}]}', /^a\.0\.__proto__: /],
  ['{"a":{"b":1e309}}', /^a\.b: the number is too large\.$/],
])('%.60j is a 400 that says why', async (body, detail) => {
  expect(await answer(body)).toMatchObject({
    statusCode: 400,
    type: 'urn:pollux:problem:invalid-request',
    detail: expect.stringMatching(detail),
  });
  expect('polluted' in {}).toBe(false);
});

test('a body in base64 that is not UTF-8 is read with the bad bytes replaced, or refused', async () => {
  expect(await answer(Buffer.from([0xff, 0xfe, 0x7b]).toString('base64'), true)).toMatchObject({ statusCode: 400 });
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]);
  expect(await answer(bytes.toString('base64'), true)).toEqual({ statusCode: 200, a: '\ufffd\ufffd' });
});
