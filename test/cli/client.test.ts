import { afterEach, describe, expect, test, vi } from 'vitest';
import { createClient, type Job, NoAnswerError, PolluxError, type Retry } from '../../client/index.ts';
import { gapAt } from '../../client/wait.ts';
import { fakeApi } from './fake-api.ts';
import { jobWith } from './job.ts';

const NAME = 'vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C';
const PATH = '/v1/vsphere/dc1/jobs/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C';
const REQUEST = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-1' } };
const problem = (name: string, status: number, more: object = {}) => ({
  status,
  body: { type: `urn:pollux:problem:${name}`, title: 'T', status, detail: 'D', ...more },
});

/** What API Gateway says by itself. */
const gateway = (status: number, message: string) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: { message },
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Full jitter, without the waiting. */
function impatient(): void {
  vi.spyOn(Math, 'random').mockReturnValue(0);
}

describe('a submit', () => {
  test('has a key of its own unless one is given', async () => {
    const { url, seen } = await fakeApi(() => ({ status: 202, body: jobWith() }));
    const client = createClient({ url });
    await client.submit('vsphere/dc1', REQUEST);
    await client.submit('vsphere/dc1', { ...REQUEST, labels: { a: 'b' } }, { idempotencyKey: 'mine' });
    const [first, second] = seen.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe('mine');
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v1/vsphere/dc1/jobs' });
    expect(JSON.parse(seen[1]!.body)).toEqual({ ...REQUEST, labels: { a: 'b' } });
  });

  test.each([
    ['a reset', { drop: true } as const],
    ['500', problem('internal-error', 500)],
    ['502 of a proxy', { status: 502, body: '<html>' }],
    ["API Gateway's 429", gateway(429, 'Too Many Requests')],
    ["API Gateway's 503 for a function that goes on", gateway(503, 'Service Unavailable')],
    ['half an answer', { status: 200, body: '{"id":' }],
  ])('is repeated with the same key after %s', async (_, failure) => {
    impatient();
    const { url, seen } = await fakeApi((_seen, count) => (count < 3 ? failure : { status: 202, body: jobWith() }));
    const retries: Retry[] = [];
    const job = await createClient({ url, onRetry: (retry) => retries.push(retry) }).submit('vsphere/dc1', REQUEST);
    expect(job.status).toBe('RUNNING');
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test.each([400, 401, 403, 404, 409, 422, 501])('is not repeated after %i', async (status) => {
    const { url, seen } = await fakeApi(() => problem('x', status));
    await expect(createClient({ url }).submit('vsphere/dc1', REQUEST)).rejects.toMatchObject({ status });
    expect(seen).toHaveLength(1);
  });

  test('is not repeated where time does not help', async () => {
    const error = { code: 'InvalidLogin', message: 'm', retryable: false };
    const { url, seen } = await fakeApi(() => problem('connection-unusable', 503, { error }));
    const given = createClient({ url }).submit('vsphere/dc1', REQUEST);
    await expect(given).rejects.toMatchObject({ status: 503, mayPass: false });
    expect(seen).toHaveLength(1);
  });

  test('is repeated where the platform is away', async () => {
    impatient();
    const error = { code: 'http.refused', message: 'm', retryable: true };
    const { url, seen } = await fakeApi((_seen, count) =>
      count === 1 ? problem('platform-unavailable', 503, { error }) : { status: 202, body: jobWith() },
    );
    await createClient({ url }).submit('vsphere/dc1', REQUEST);
    expect(seen).toHaveLength(2);
  });

  test('is given up after as many tries as are allowed', async () => {
    impatient();
    const { url, seen } = await fakeApi(() => problem('internal-error', 500));
    await expect(createClient({ url, retries: 2 }).submit('vsphere/dc1', REQUEST)).rejects.toThrow(PolluxError);
    expect(seen).toHaveLength(3);
  });

  test('obeys Retry-After, and gives up where that is too long', async () => {
    impatient();
    const times: number[] = [];
    const { url } = await fakeApi((_seen, count) => {
      times.push(Date.now());
      return count === 1 ? { ...problem('x', 503), headers: { 'retry-after': '1' } } : { body: jobWith() };
    });
    await createClient({ url }).submit('vsphere/dc1', REQUEST);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);

    const patient = await fakeApi(() => ({ ...problem('x', 503), headers: { 'retry-after': '61' } }));
    const given = createClient({ url: patient.url }).submit('vsphere/dc1', REQUEST);
    await expect(given).rejects.toMatchObject({ status: 503, retryAfterSeconds: 61 });
    expect(patient.seen).toHaveLength(1);
  });
});

describe('errors', () => {
  test('are typed', async () => {
    const errors = [{ field: 'target', message: 'is needed' }];
    const { url } = await fakeApi(() => problem('invalid-request', 400, { errors, job: { id: 'x' } }));
    const error = await createClient({ url })
      .get(NAME)
      .catch((it: unknown) => it);
    expect(error).toBeInstanceOf(PolluxError);
    expect(error).toMatchObject({ status: 400, type: 'urn:pollux:problem:invalid-request', title: 'T', detail: 'D' });
    expect(error).toMatchObject({ errors, problem: { job: { id: 'x' } } });
    expect((error as PolluxError).is('invalid-request')).toBe(true);
  });

  test('of API Gateway have a message alone', async () => {
    const { url } = await fakeApi(() => ({ status: 403, body: { message: 'Forbidden' } }));
    await expect(createClient({ url }).get(NAME)).rejects.toMatchObject({ detail: 'Forbidden', type: 'about:blank' });
  });

  test('without an answer say why', async () => {
    const client = createClient({ url: 'http://127.0.0.1:1', retries: 0 });
    await expect(client.get(NAME)).rejects.toThrow(NoAnswerError);
  });

  test('a redirect is none that is followed: the credentials would go with it', async () => {
    const { url, seen } = await fakeApi(() => ({ status: 302, headers: { location: '/elsewhere' } }));
    await expect(createClient({ url, retries: 0, token: 't' }).get(NAME)).rejects.toThrow(NoAnswerError);
    expect(seen).toHaveLength(1);
  });

  test('a name that is none does not become a path', () => {
    const client = createClient({ url: 'http://127.0.0.1:1' });
    expect(() => client.get('vsphere/dc1/../../connections')).toThrow(TypeError);
    expect(() => client.get('vsphere/dc1')).toThrow('is not the name of a job');
  });
});

describe('a report', () => {
  test('that ends the job is repeated only where it was surely not taken', async () => {
    impatient();
    const lost = await fakeApi((_seen, count) => (count === 1 ? { drop: true } : { body: jobWith() }));
    const ends = createClient({ url: lost.url }).report(NAME, { state: 'success' });
    await expect(ends).rejects.toThrow(NoAnswerError);
    expect(lost.seen).toHaveLength(1);

    const busy = await fakeApi((_seen, count) => (count === 1 ? problem('x', 503) : { body: jobWith() }));
    await createClient({ url: busy.url }).report(NAME, { state: 'success' });
    expect(busy.seen).toHaveLength(2);
  });

  test.each([
    gateway(500, 'Internal Server Error'),
    gateway(502, 'Bad Gateway'),
    gateway(503, 'Service Unavailable'),
    gateway(504, 'Gateway Timeout'),
    { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>' },
    { status: 408, headers: { 'content-type': 'text/plain' }, body: 'Request Timeout' },
  ])('that ends the job is not repeated where it may have been taken: $status $headers', async (answer) => {
    const { url, seen } = await fakeApi(() => answer);
    const given = createClient({ url }).report(NAME, { state: 'success' });
    await expect(given).rejects.toMatchObject({ status: answer.status, fromPollux: false, mayBeDone: true });
    expect(seen).toHaveLength(1);
  });

  test.each([
    gateway(429, 'Too Many Requests'),
    { ...problem('platform-unavailable', 503), headers: { 'content-type': 'Application/Problem+JSON; charset=utf-8' } },
  ])('that ends the job is repeated where nothing was started: $status $headers', async (answer) => {
    impatient();
    const { url, seen } = await fakeApi((_seen, count) => (count === 1 ? answer : { body: jobWith() }));
    await createClient({ url }).report(NAME, { state: 'success' });
    expect(seen).toHaveLength(2);
  });

  test.each([gateway(403, 'Forbidden'), gateway(404, 'Not Found'), gateway(413, 'Request Too Long')])(
    'that API Gateway turned away was not taken, and is not repeated: $status',
    async (answer) => {
      const { url, seen } = await fakeApi(() => answer);
      const given = createClient({ url }).report(NAME, { state: 'success' });
      await expect(given).rejects.toMatchObject({ status: answer.status, fromPollux: false, mayBeDone: false });
      expect(seen).toHaveLength(1);
    },
  );

  test('of progress is repeated, and an empty one is a heartbeat', async () => {
    impatient();
    const { url, seen } = await fakeApi((_seen, count) => (count === 1 ? { drop: true } : { body: jobWith() }));
    await createClient({ url }).report(NAME);
    expect(seen.map(({ url, body }) => [url, body])).toEqual([
      [`${PATH}/report`, '{}'],
      [`${PATH}/report`, '{}'],
    ]);
  });
});

test('a list goes on from page to page, and no further than it is read', async () => {
  const page = (ids: string[], cursor?: string) => ({ body: { jobs: ids.map((id) => jobWith({ id })), cursor } });
  const { url, seen } = await fakeApi((_seen, count) => page([`${count}a`, `${count}b`], `cursor${count}`));
  const ids: string[] = [];
  for await (const { id } of createClient({ url }).list('vsphere/dc1', { status: 'FAILED', operation: 'a b+c' })) {
    if (ids.push(id) === 3) break;
  }
  expect(ids).toEqual(['1a', '1b', '2a']);
  expect(seen.map((one) => one.url)).toEqual([
    '/v1/vsphere/dc1/jobs?status=FAILED&operation=a%20b%2Bc',
    '/v1/vsphere/dc1/jobs?status=FAILED&operation=a%20b%2Bc&cursor=cursor1',
  ]);
});

describe('wait', () => {
  test('asks with the ETag, tells each change once, and resolves with the end', async () => {
    const states = [
      { headers: { etag: '"1"' }, body: jobWith({ progress: 10 }) },
      { status: 304, headers: { etag: '"1"' } },
      { headers: { etag: '"2"' }, body: jobWith({ status: 'FAILED' }) },
    ];
    const { url, seen } = await fakeApi((_seen, count) => states[count - 1]!);
    const told: [Job['status'], Job['status'] | undefined][] = [];
    const job = await createClient({ url }).wait(NAME, {
      onChange: ({ status }, before) => told.push([status, before?.status]),
    });
    expect(job.status).toBe('FAILED');
    expect(told).toEqual([
      ['RUNNING', undefined],
      ['FAILED', 'RUNNING'],
    ]);
    expect(seen.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"', '"1"']);
  });

  test('outlives a failure, not a job that is unknown, and ends with its signal', async () => {
    impatient();
    const { url } = await fakeApi((_seen, count) =>
      count < 4 ? problem('x', 503) : { body: jobWith({ status: 'LOST' }) },
    );
    expect(await createClient({ url, retries: 0 }).wait(NAME)).toMatchObject({ status: 'LOST' });

    const none = await fakeApi(() => problem('unknown-job', 404));
    await expect(createClient({ url: none.url }).wait(NAME)).rejects.toMatchObject({ status: 404 });

    const open = await fakeApi(() => ({ body: jobWith() }));
    const signal = AbortSignal.timeout(100);
    await expect(createClient({ url: open.url }).wait(NAME, { signal })).rejects.toThrow();
    expect(signal.aborted).toBe(true);
  });

  test('asks every second at first, and four times a minute at last', () => {
    expect([0, 20_000, 60_000, 300_000, 3_600_000].map(gapAt)).toEqual([1000, 1000, 3000, 15_000, 15_000]);
  });
});
