import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Connection } from '../../../console/views/connections.ts';
import type { Operation } from '../../../console/views/operations.ts';
import { consolePage } from '../../../infra/console.ts';
import type { JobWithTimeline } from '../../../shared/job/present.ts';

export const OPEN_ID = '01M7YNJKK5WWKR7SCCJHHMHN14';
export const OVER_ID = '01M7YNJKK5WWKR7SCCJHHMHN15';

const LONG = `${'a-very-long-name-without-any-break_'.repeat(6)}end`;
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

type Send = (status: number, body?: unknown, headers?: Record<string, string>) => void;

/** An API whose answers a test can change under the page: everything that a view can show, long and strange texts too. */
export class FakeApi {
  /** The only one that is taken, where one is asked for. */
  token: string | undefined;
  /** Answers every request by this. */
  outage: number | undefined;
  connections: Connection[] = [
    {
      platform: 'vsphere',
      connection: 'dc1',
      capabilities: { cancel: true, report: true },
      health: 'UP',
      healthSince: ago(9000),
      loop: openLoop(),
    },
    {
      platform: 'cloudstack',
      connection: 'lab',
      capabilities: { cancel: false, report: false },
      health: 'DOWN',
      healthSince: ago(90),
      healthReason: `connect ECONNREFUSED ${LONG}`,
      loop: openLoop(),
    },
    {
      platform: 'bmc',
      connection: 'ops',
      capabilities: { cancel: false, report: false },
      health: 'UNKNOWN',
      loop: { state: 'closed', epoch: 0 },
    },
  ];
  jobs: JobWithTimeline[] = [openJob(), endedJob()];
  operations: Operation[] = [operation('PowerOnVM_Task'), operation(LONG)];
  /** `GET /v1/connections 200` */
  readonly log: string[] = [];
  readonly cancels: { contentType: string | undefined; origin: string | undefined }[] = [];
  url = '';

  #rev = 0;

  /** What the API would do at a write. */
  change(id: string, change: Partial<JobWithTimeline>): void {
    this.#rev++;
    this.jobs = this.jobs.map((job) => (job.id === id ? { ...job, ...change } : job));
  }

  async listen(): Promise<this> {
    const page = consolePage();
    const server = createServer((request, response) => {
      if (request.url === '/') response.writeHead(200, page.headers).end(page.html);
      else this.#answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return this;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const send: Send = (status, body, headers = {}) => {
      this.log.push(`${request.method} ${request.url} ${status}`);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (this.outage !== undefined) send(this.outage, { title: 'Bad weather', detail: 'it rains' });
    else if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      send(401, { message: 'Unauthorized' }, { 'www-authenticate': 'Bearer' });
    } else this.#answerCaller(request, send);
  }

  #answerCaller({ url = '', headers }: IncomingMessage, send: Send): void {
    const [path = '', query] = url.split('?');
    if (path === '/v1/connections') send(200, { connections: this.connections });
    else if (path.endsWith('/operations')) send(200, { operations: this.operations });
    else if (path.endsWith('/jobs')) send(200, this.#list(new URLSearchParams(query)));
    else if (path.endsWith('/cancel')) {
      this.cancels.push({ contentType: headers['content-type'], origin: headers.origin });
      send(501, { title: 'This platform cannot cancel jobs', detail: 'bmc cannot cancel jobs.', status: 501 });
    } else {
      const job = this.jobs.find(({ id }) => path.endsWith(`/jobs/${id}`));
      const etag = `"${this.#rev}"`;
      if (!job) send(404, { title: 'No such job', detail: `There is no job ${path}.`, status: 404 });
      else if (headers['if-none-match'] === etag) send(304, undefined, { etag });
      else send(200, job, { etag });
    }
  }

  #list(query: URLSearchParams) {
    const status = query.get('status');
    const jobs = this.jobs.filter((job) => status === null || job.status === status);
    return { jobs, ...(query.get('cursor') === null && { cursor: OVER_ID }) };
  }
}

function openLoop(): Connection['loop'] {
  return { state: 'open', epoch: 3, lastTickAt: ago(4), nextTickAt: ago(-25) };
}

function openJob(): JobWithTimeline {
  const createdAt = ago(40);
  return {
    id: OPEN_ID,
    platform: 'vsphere',
    connection: 'dc1',
    operation: 'PowerOnVM_Task',
    status: 'RUNNING',
    progress: 40,
    message: `Copying ${LONG}`,
    parts: [
      { id: 'vm-1', name: 'web01', status: 'SUCCEEDED' },
      { id: LONG, status: 'FAILED', message: LONG },
    ],
    platformJobId: LONG,
    resource: { type: 'VirtualMachine', id: 'vm-102' },
    unknownSince: ago(10),
    unknownReason: `503 from ${LONG}`,
    createdAt,
    startedAt: createdAt,
    deadline: ago(-86_400),
    looks: 3,
    labels: { team: 'web', note: LONG },
    timeline: [
      { at: createdAt, status: 'SUBMITTING' },
      { at: ago(20), status: 'RUNNING', progress: 40, message: LONG, looks: 2 },
      { at: ago(10), unknown: '503', parts: ['vm-1'], cancel: 'refused', looks: 3 },
    ],
  };
}

function endedJob(): JobWithTimeline {
  return {
    id: OVER_ID,
    platform: 'vsphere',
    connection: 'dc1',
    operation: 'CloneVM_Task',
    status: 'FAILED',
    createdAt: ago(9_000),
    completedAt: ago(8_000),
    deadline: ago(-60),
    looks: 12,
    result: { nested: { text: LONG.repeat(3) }, list: [1, 2, 3] },
    resultTruncated: true,
    error: { code: 'vim.fault.X', message: LONG, retryable: false, outcomeUncertain: true, details: { path: LONG } },
    timeline: Array.from({ length: 33 }, (_, index) => ({ at: ago(9_000 - index), progress: index, looks: index })),
  };
}

function operation(name: string): Operation {
  return {
    operation: name,
    ended: 12.4,
    failed: 2,
    cutShort: 1,
    quantiles: { p10: 20, p50: 45, p90: 130, p95: 200 },
    histogram: [
      { from: 18, to: 21, count: 2 },
      { from: 40, to: 47, count: 9.4 },
      { from: 120, to: 138, count: 1 },
    ],
    looks: [19, 33, 48, 70, 140, 190, 260, 700],
  };
}
