import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../../infra/bundle.ts';
import type { Connections } from '../../infra/connections.ts';
import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import { PLATFORMS } from '../contract/platforms.ts';
import { startDynamo } from '../support/dynalite.ts';

export interface ApiEvent {
  headers: Record<string, string>;
  pathParameters?: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  body?: string;
  isBase64Encoded: boolean;
  requestContext: { requestId: string };
}

export interface ApiAnswer {
  statusCode: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface Handlers {
  simulators: ReadonlyMap<string, Simulator>;
  /** `submit-job`, `cancel-job` and `report-job` of a platform; `get-job` and `list-jobs` of none. */
  call(name: string, platform: string, event: ApiEvent): Promise<ApiAnswer>;
  close(): Promise<void>;
}

/** Platform functions that answer the API. */
const OF_PLATFORM = ['submit-job', 'cancel-job', 'report-job'];

let shared: Promise<Handlers> | undefined;
let users = 0;

/** One for all targets: making the bundles takes longer than most of what is done with them. */
export function useHandlers(): Promise<Handlers> {
  users++;
  shared ??= startHandlers();
  return shared.then((handlers) => ({
    ...handlers,
    close: async () => void (--users === 0 && (await handlers.close())),
  }));
}

/**
 * The functions as they are deployed, in this process: bundled, with a real table behind them and a simulator behind every
 * connection `lab`. Step Functions says yes to everything.
 */
async function startHandlers(): Promise<Handlers> {
  const started = await Promise.all(
    PLATFORMS.filter(({ variant }) => variant !== 'ORCA' && !variant?.startsWith('strictly')).map(({ start }) =>
      start(),
    ),
  );
  const simulators = new Map(started.map((simulator) => [simulator.platform, simulator]));
  const connections: Connections = {};
  for (const [platform, simulator] of simulators) {
    const secret = Object.keys(simulator.secret).length > 0 && { secret: platform };
    connections[platform] = {
      lab: {
        ...simulator.connection,
        ...secret,
        ...(platform !== 'task' && { maxRequestsPerSecond: 1000, maxConcurrentRequests: 20 }),
      },
    };
  }
  const dynamo = await startDynamo();
  const aws = await startAws(simulators);
  const { hostname, port } = await dynamo.client.config.endpoint!();
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: `http://${hostname}:${port}`,
    AWS_ENDPOINT_URL_SFN: aws.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    POLLUX_TABLE: 'jobs',
    POLLUX_LOOP_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:loop',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
    AWS_LAMBDA_FUNCTION_NAME: 'fuzz',
  });
  const bundles = bundle(connections);
  const load = async (folder: string) =>
    (await import(pathToFileURL(join(folder, 'index.mjs')).href)).handler as (
      event: ApiEvent,
      context: object,
    ) => Promise<ApiAnswer>;
  const loaded = new Map<string, ReturnType<typeof load>>();
  return {
    simulators,
    async call(name, platform, event) {
      const folder = OF_PLATFORM.includes(name)
        ? bundles.folder(name as 'submit-job', platform)
        : bundles.shared(name as 'get-job');
      if (!loaded.has(folder)) loaded.set(folder, load(folder));
      return (await loaded.get(folder)!)(event, { functionName: name, awsRequestId: event.requestContext.requestId });
    },
    async close() {
      await Promise.all(started.map((simulator) => simulator.close()));
      await aws.close();
      await dynamo.close();
    },
  };
}

/** Step Functions and Secrets Manager, as far as the functions call them. */
async function startAws(simulators: ReadonlyMap<string, Simulator>) {
  const answers: Record<string, (input: { SecretId: string }) => object> = {
    'AWSStepFunctions.StartExecution': () => ({ executionArn: 'arn', startDate: 0 }),
    'AWSStepFunctions.DescribeExecution': () => ({
      executionArn: 'arn',
      stateMachineArn: 'arn',
      startDate: 0,
      status: 'RUNNING',
    }),
    'secretsmanager.GetSecretValue': ({ SecretId }) => ({
      Name: SecretId,
      SecretString: JSON.stringify(simulators.get(SecretId)!.secret),
    }),
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = answers[String(request.headers['x-amz-target'])]!;
    response
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify(answer(JSON.parse(body))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url, close };
}
