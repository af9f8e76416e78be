import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { StateMachine } from 'aws-local-stepfunctions';

interface Waiting {
  resolve(output: unknown): void;
  reject(error: Error): void;
}

export interface TaskTokens {
  /** For the functions' AWS_ENDPOINT_URL_SFN. */
  url: string;
  /** Where everything else that Step Functions is asked goes. */
  forwardTo: string;
  /**
   * Runs a definition whose task calls API Gateway with a task token, another one in each attempt. Rejects with the error that
   * ends the execution. Of the first `lost` requests the answer is lost: API Gateway says 504.
   */
  run(definition: object, task: string, api: string, input: object, lost?: number): Promise<unknown>;
  close(): void;
}

/** What the local engine's Step Functions lacks: `apigateway:invoke.waitForTaskToken`, and tokens that somebody waits for. */
export async function startTaskTokens(): Promise<TaskTokens> {
  const waiting = new Map<string, Waiting>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const operation = String(request.headers['x-amz-target']).split('.')[1];
    const { taskToken, output, error, cause } = JSON.parse(body);
    const waiter = waiting.get(taskToken);
    if (waiter && operation === 'SendTaskSuccess') waiter.resolve(JSON.parse(output));
    else if (waiter && operation === 'SendTaskFailure') waiter.reject(named(error, cause));
    else {
      const headers = ['authorization', 'x-amz-target', 'content-type'].map((name) => [
        name,
        String(request.headers[name]),
      ]);
      const answer = await fetch(tokens.forwardTo, { method: 'POST', headers: Object.fromEntries(headers), body });
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(await answer.text());
      return;
    }
    waiting.delete(taskToken);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const tokens: TaskTokens = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo: '',
    async run(definition, task, api, input, lost = 0) {
      const placeholder = randomUUID();
      let attempts = 0;
      const invoke = async ({ Method, Path, Headers, RequestBody }: Record<string, any>) => {
        const token = randomUUID();
        const ended = new Promise((resolve, reject) => waiting.set(token, { resolve, reject }));
        ended.catch(() => {});
        const headers = Object.entries<string[]>(Headers).flatMap(([name, all]) => all.map((one) => [name, one]));
        const request = {
          method: Method,
          headers: headers as [string, string][],
          body: JSON.stringify(RequestBody).replaceAll(placeholder, token),
        };
        const answer = await fetch(api + Path, request);
        if (++attempts <= lost) throw named('ApiGateway.504', 'Endpoint request timed out');
        if (!answer.ok) throw named(`ApiGateway.${answer.status}`, await answer.text());
        return ended;
      };
      const machine = new StateMachine(definition as never, { validationOptions: { noValidate: true } });
      const run = machine.run(input as never, {
        context: {
          Task: { Token: placeholder },
          Execution: { Name: randomUUID(), RedriveCount: 0, Input: input },
        } as never,
        overrides: {
          taskResourceLocalHandlers: { [task]: invoke as never },
          retryIntervalOverrides: { [task]: 0.1 },
        },
      });
      return run.result;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return tokens;
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
