import { findRoute, type Route, readRoutes } from '../../../infra/local/routes.ts';
import { holdAnswer } from '../answers.ts';
import { type Handlers, useHandlers } from '../handlers.ts';
import type { Random } from '../random.ts';
import { hold, type Target } from '../target.ts';

interface Frame extends Record<string, unknown> {
  route: string;
  headers: Record<string, string>;
  query: Record<string, string>;
}

/** Whatever may stand between two slashes, as it is on the wire. */
const SEGMENTS = [
  '..',
  '%2e%2e',
  '%2e%2e%2f',
  '..%2f..%2fconnections',
  '%2F',
  '%00',
  '%0d%0aset-cookie:%20a=b',
  '%ff',
  '%zz',
  '%e2%80%ae',
  '__proto__',
  'constructor',
  'name',
  'toString',
  'prototype',
  'lab',
  'LAB',
  'lab%20',
  'lab/jobs',
  'task',
  'vsphere',
  'loop',
  'job%2F01ARZ3NDEKTSV4RRFFQ69G5FAV',
  '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  '01arz3ndektsv4rrffq69g5fav',
  '0'.repeat(26),
  'Z'.repeat(26),
  'x'.repeat(3000),
  '%F0%9F%98%80'.repeat(300),
  ';',
  '*',
  '{connection}',
  ' ',
];

const HEADERS: Record<string, readonly string[]> = {
  'idempotency-key': [
    '',
    ' ',
    'a b',
    '\u0000',
    'é',
    'x'.repeat(255),
    'x'.repeat(256),
    'x'.repeat(400_000),
    '../job/x',
    '__proto__',
    'loop',
    '\r\n',
  ],
  'if-none-match': [
    '*',
    '"1"',
    'W/"1"',
    '"0", "1"',
    '"',
    ',,,',
    `${'W/'.repeat(50_000)}`,
    '"x'.repeat(50_000),
    '\u0000',
    '"1", *',
  ],
  'content-type': ['', 'text/plain', 'x'.repeat(10_000)],
};

const QUERIES: Record<string, readonly string[]> = {
  cursor: [
    '',
    '0',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'ZZZZZZZZZZZZZZZZZZZZZZZZZZ',
    '../x',
    '\u0000',
    'x'.repeat(5000),
    '01ARZ3NDEKTSV4RRFFQ69G5FAV,01ARZ3NDEKTSV4RRFFQ69G5FAV',
  ],
  status: ['FAILED', 'failed', '', 'FAILED,RUNNING', '__proto__', 'toString', ' '.repeat(1000)],
  limit: ['0', '-1', '1', '200', '201', '1e2', '0x10', ' 5 ', '', 'NaN', 'Infinity', '9'.repeat(400), '1,2', '1.5'],
  operation: ['', 'x', 'x'.repeat(201), '\u0000', ':pk', '#status'],
  __proto__x: ['1'],
  constructor: ['1'],
};

/** What a route's path is made of, headers and queries, to the functions behind the API's routes. */
export async function names(): Promise<Target> {
  const handlers = await useHandlers();
  const routes = routesOf(handlers);
  let number = 0;
  return {
    limitMs: 4000,
    close: handlers.close,
    make(random) {
      const route = random.pick(routes).key;
      const path = route
        .split(' ')[1]!
        .split('/')
        .map((segment) => (segment.startsWith('{') && random.chance(0.7) ? random.pick(SEGMENTS) : usual(segment)))
        .join('/');
      return {
        frame: { route, headers: some(HEADERS, random), query: some(QUERIES, random) } satisfies Frame,
        bytes: Buffer.from(path),
      };
    },
    async run({ frame, bytes }) {
      const { route, headers, query } = frame as Frame;
      const [method] = route.split(' ') as [string];
      const found = match(routes, method, bytes.toString('latin1'));
      if (found === undefined) return;
      const [name, platform] = found.route.functionArn.split(' ') as [string, string];
      const answer = await handlers.call(name, platform, {
        headers,
        pathParameters: found.pathParameters,
        queryStringParameters: query,
        ...(method === 'POST' && { body: BODIES[name] ?? '{}' }),
        isBase64Encoded: false,
        requestContext: { requestId: `n${++number}` },
      });
      holdAnswer(answer);
      const { connection, id } = found.pathParameters;
      const ours = ['task', 'vsphere', 'cloudstack', 'f5-vcmp', 'symphony', 'bmc'].includes(
        found.pathParameters.platform ?? platform,
      );
      if (connection !== 'lab' || !ours)
        hold(
          answer.statusCode === 404,
          `${bytes.toString('latin1').slice(0, 200)} was answered with ${answer.statusCode}`,
        );
      if (id !== undefined) hold(answer.statusCode >= 400, `a job ${id.slice(0, 100)} was found`);
    },
  };
}

const BODIES: Record<string, string> = { 'submit-job': '{"operation":"rebuild-index"}' };

/** The routes of the API as the stack makes them; a function's name and platform in the place of its ARN. */
function routesOf({ simulators }: Handlers): Route[] {
  const keys = [
    ['GET /v1/{platform}/{connection}/jobs', 'list-jobs '],
    ['GET /v1/{platform}/{connection}/jobs/{id}', 'get-job '],
    ...[...simulators.keys()].flatMap((platform) => [
      [`POST /v1/${platform}/{connection}/jobs`, `submit-job ${platform}`],
      [`POST /v1/${platform}/{connection}/jobs/{id}/cancel`, `cancel-job ${platform}`],
    ]),
    ['POST /v1/task/{connection}/jobs/{id}/report', 'report-job task'],
  ];
  return readRoutes(
    keys.map(
      ([key], index) =>
        ({ logicalId: `r${index}`, properties: { RouteKey: key, Target: `integrations/${index}` } }) as never,
    ),
    keys.map(([, arn], index) => ({ ref: String(index), properties: { IntegrationUri: arn } }) as never),
  );
}

function usual(segment: string): string {
  return { '{platform}': 'task', '{connection}': 'lab', '{id}': '01ARZ3NDEKTSV4RRFFQ69G5FAV' }[segment] ?? segment;
}

function some(of: Record<string, readonly string[]>, random: Random): Record<string, string> {
  const chosen = Object.keys(of).filter(() => random.chance(0.3));
  return Object.fromEntries(chosen.map((name) => [name, random.pick(of[name]!)]));
}

/** As the local API finds them: a path with a malformed escape is refused before any function sees it. */
function match(routes: readonly Route[], method: string, path: string) {
  try {
    const found = findRoute(routes, method, path);
    return 'route' in found ? found : undefined;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
