import { readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** Made when the stack is synthesized. */
const page: { headers: Record<string, string>; html: string } = JSON.parse(
  readFileSync(new URL('./page.json', import.meta.url), 'utf8'),
);

/** `GET /`, where the API takes tokens: the console. It is the same for everybody, so nobody is asked who he is. */
export async function handler({ headers }: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  if (headers['if-none-match'] === page.headers.etag) return { statusCode: 304, headers: page.headers };
  return { statusCode: 200, headers: page.headers, body: page.html };
}
