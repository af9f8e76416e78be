import { connect } from 'node:net';
import { Api } from '../../../infra/local/api.ts';
import { EventStream } from '../../../infra/local/event-stream.ts';
import type { Functions } from '../../../infra/local/functions.ts';
import { type Route, readRoutes } from '../../../infra/local/routes.ts';
import { mutate } from '../mutate.ts';
import { hold, type Target } from '../target.ts';

const REQUESTS = [
  'GET /v1/task/lab/jobs?status=FAILED&limit=5 HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n',
  'POST /v1/task/lab/jobs HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: 17\r\nConnection: close\r\n\r\n{"operation":"x"}',
  'POST /v1/task/lab/jobs HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n',
  'POST /v1/task/lab/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV/cancel HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nCookie: a=b; c=d\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n',
  'GET http://HOST/v1/task/lab/jobs HTTP/1.0\r\nHost: HOST\r\nHost: evil.example\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET /v1/task/lab/jobs HTTP/1.1\r\nHost: HOST\r\n\r\nGET /v1/%2e%2e/__proto__/jobs?__proto__=1&a=1&a=2 HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n',
];
const ROUTES = [
  'GET /v1/{platform}/{connection}/jobs',
  'POST /v1/task/{connection}/jobs',
  'POST /v1/task/{connection}/jobs/{id}/cancel',
];
/** How long a request that was cut off is waited for. */
const SILENCE_MS = 60;
/** A good one is answered, on a busy machine too. */
const NEXT_MS = 10_000;

/** Raw bytes to the local API: an answer of HTTP or a closed connection, and it still serves the next one. */
export async function localHttp(): Promise<Target> {
  const routes = readRoutes(
    ROUTES.map(
      (RouteKey, index) => ({ logicalId: `r${index}`, properties: { RouteKey, Target: 'integrations/i' } }) as never,
    ),
    [{ ref: 'i', properties: { IntegrationUri: 'arn' } }] as never,
  ) as Route[];
  const functions = {
    invoke: async (_arn: string, event: unknown) => ({ statusCode: 200, body: JSON.stringify(event) }),
  };
  const api = new Api(routes, functions as unknown as Functions, new EventStream());
  await api.listen(0);
  const { host, port } = new URL(api.url);
  return {
    limitMs: 3000,
    make: (random) => ({
      frame: {},
      bytes: mutate(Buffer.from(random.pick(REQUESTS).replaceAll('HOST', host)), random),
    }),
    async run({ bytes }) {
      for (const answer of answersIn(await exchange(Number(port), bytes, SILENCE_MS))) {
        const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
        hold(status < 500 || status === 501, `answered with ${answer.slice(0, 200)}`);
        if (status >= 400 && answer.includes('{'))
          hold(
            /content-type: application\/problem\+json/i.test(answer),
            `a problem of another type: ${answer.slice(0, 200)}`,
          );
      }
      const next = await exchange(Number(port), Buffer.from(REQUESTS[0]!.replaceAll('HOST', host)), NEXT_MS);
      hold(next.startsWith('HTTP/1.1 200'), `the next request was answered with ${next.slice(0, 100) || 'nothing'}`);
    },
    close: () => api.stop(0),
  };
}

function answersIn(text: string): string[] {
  return text.split(/(?=HTTP\/1\.1 \d{3} )/).filter((it) => it.startsWith('HTTP/1.1 '));
}

/** All that came back until the connection was closed, or until nothing more came. */
function exchange(port: number, bytes: Buffer, silenceMs: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = '';
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  const done = () => {
    socket.destroy();
    resolve(received);
  };
  socket.setTimeout(silenceMs, done);
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', done);
  socket.on('close', done);
  return promise;
}
