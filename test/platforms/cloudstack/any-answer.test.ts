import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type HttpClient, HttpFailure, type HttpFailureCode, type HttpRequest } from '../../../shared/http/client.ts';
import { adapter } from '../../../shared/platforms/cloudstack/index.ts';
import { signal } from './connect.ts';

const JOBID = '609d8aed-95e5-4393-979b-a7f954ef0682';
const CODES: HttpFailureCode[] = ['dns', 'refused', 'unreachable', 'tls', 'timeout', 'reset', 'too_large', 'aborted'];

function connectedTo(http: HttpClient) {
  return adapter.connect({
    name: 'cloudstack/any',
    options: { url: 'https://cs.example.com/client/api', secret: 'a' },
    secret: async () => ({ apiKey: 'key', secretKey: 'c4nary' }),
    http,
    now: () => 0,
    random: Math.random,
    log: { debug() {}, info() {}, warn() {} },
  });
}

/** Answers as CloudStack could give them, with anything in any place. */
const fields = fc.dictionary(
  fc.constantFrom(
    'jobid',
    'id',
    'jobstatus',
    'jobresult',
    'jobresultcode',
    'errorcode',
    'errortext',
    'asyncjobs',
    'count',
    'cmd',
  ),
  fc.oneof(fc.jsonValue(), fc.integer({ min: 0, max: 600 }), fc.constant(JOBID)),
);
const body = fc.oneof(
  fields.map((it) => JSON.stringify({ queryasyncjobresultresponse: it })),
  fc.json(),
  fc.string({ unit: 'binary' }),
);
const answer: fc.Arbitrary<HttpClient> = fc.oneof(
  fc.record({ status: fc.oneof(fc.constant(200), fc.integer({ min: 200, max: 599 })), body }).map((it) => ({
    request: async () => ({ ...it, headers: {} }),
  })),
  fc.record({ code: fc.constantFrom(...CODES), sent: fc.boolean() }).map(({ code, sent }) => ({
    request: () => Promise.reject(new HttpFailure(code, sent, 'no')),
  })),
);

it('has an outcome for whatever a server may answer, and never throws', async () => {
  const refs = Array.from({ length: 12 }, (_, n) => ({
    id: `j${n}`,
    operation: 'x',
    handle: { jobid: JOBID },
    createdAt: 0,
  }));
  await fc.assert(
    fc.asyncProperty(answer, async (http) => {
      const connection = connectedTo(http);
      const request = { operation: 'deployVirtualMachine', parameters: { zoneid: 'z' } };
      const intent = connection.intent(request, { id: 'a', createdAt: 0 });
      const submitted = await connection.submit(request, intent, { signal });
      const found = await connection.findSubmitted!(intent!, { signal });
      const checked = await connection.check(refs, { signal });
      expect(checked.size).toBe(12);
      expect(submitted.kind).toMatch(/^(accepted|refused|unavailable|unknown)$/);
      expect(found.kind).toMatch(/^(accepted|absent|transient|permanent)$/);
      expect(JSON.stringify([submitted, found, ...checked.values()])).not.toContain('c4nary');
    }),
    { numRuns: 300 },
  );
});

it('has schemas that an editor can be given', () => {
  for (const schema of [adapter.options, adapter.submitRequest, adapter.adoptRequest]) {
    expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({ type: 'object', additionalProperties: false });
  }
});

it('CS-20 posts everything, so that no parameter and no key stands in a URL; a submit has a connection of its own', async () => {
  const requests: HttpRequest[] = [];
  const connection = connectedTo({
    async request(request) {
      requests.push(request);
      return { status: 200, headers: {}, body: '' };
    },
  });
  const request = { operation: 'deployVirtualMachine', parameters: { userdata: 'hunter2' } };
  await connection.submit(request, connection.intent(request, { id: 'a', createdAt: 0 }), { signal });
  await connection.check([{ id: 'a', operation: 'x', handle: { jobid: JOBID }, createdAt: 0 }], { signal });
  expect(requests.map(({ method, url, fresh }) => [method, url, fresh ?? false])).toEqual([
    ['POST', 'https://cs.example.com/client/api', true],
    ['POST', 'https://cs.example.com/client/api', false],
  ]);
  expect(requests[0]!.body).toContain('userdata=hunter2');
  expect(requests[0]!.body).not.toContain('c4nary');
});

it('CS-04 does not look at jobprocstatus', async () => {
  const statuses = [0, 1].map(async (jobprocstatus) => {
    const body = JSON.stringify({ queryasyncjobresultresponse: { jobid: JOBID, jobstatus: 0, jobprocstatus } });
    const connection = connectedTo({ request: async () => ({ status: 200, headers: {}, body }) });
    return (
      await connection.check([{ id: 'a', operation: 'x', handle: { jobid: JOBID }, createdAt: 0 }], { signal })
    ).get('a');
  });
  const [no, yes] = await Promise.all(statuses);
  expect(no).toEqual(yes);
  expect(no).toMatchObject({ status: 'RUNNING' });
});
