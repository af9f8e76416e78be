import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { AwsError } from './aws-error.ts';
import type { Credentials } from './credentials.ts';

export type Operation = (request: Record<string, unknown>) => unknown;

/**
 * The services that the functions call besides DynamoDB, at one address: AWS's JSON protocol, in which the header
 * `X-Amz-Target` names service and operation (the installed SDK clients speak it in versions 1.0 and 1.1).
 */
export class AwsEndpoint {
  readonly #server: Server;
  url = '';

  constructor(operations: () => Record<string, Operation>, credentials: Credentials) {
    this.#server = createServer((request, response) => {
      const answered = credentials.accepts(request)
        ? text(request).then((body) => answer(operations(), request, body))
        : Promise.reject(
            new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.'),
          );
      answered.then(
        (result) => send(response, 200, result),
        (error: Error) => {
          const known = error instanceof AwsError;
          const code = known ? error.code : 'InternalServerException';
          send(response, known ? 400 : 500, { __type: code, message: error.message });
        },
      );
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

async function answer(operations: Record<string, Operation>, request: IncomingMessage, body: string): Promise<unknown> {
  const target = String(request.headers['x-amz-target']);
  const operation = Object.hasOwn(operations, target) ? operations[target] : undefined;
  if (!operation) throw new AwsError('UnknownOperationException', `${target} does not exist on one machine`);
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(body || '{}') as Record<string, unknown>;
  } catch {
    throw new AwsError('SerializationException', 'the request is not JSON');
  }
  return operation(parsed);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}
