import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../shared/http/client.ts';
import { adapter } from '../../../shared/platforms/cloudstack/index.ts';
import { signal } from './connect.ts';

const ULID = '01JRF5XG5C3V2Q9M7T1B8N6D4W';

type Script = (command: string, times: number) => Pick<HttpResponse, 'status' | 'body'>;

/** The adapter against answers that are written out; `calls` counts each command. */
function scripted(script: Script) {
  const calls: Record<string, number> = {};
  const connection = adapter.connect({
    name: 'cloudstack/test',
    options: adapter.options.parse({ url: 'https://cloud.example.com/client/api', secret: 'pollux/test' }),
    secret: async () => ({ apiKey: 'a-key', secretKey: 'a-secret' }),
    http: {
      async request({ body }) {
        const command = new URLSearchParams(String(body)).get('command')!;
        calls[command] = (calls[command] ?? 0) + 1;
        return { headers: {}, ...script(command, calls[command]) };
      },
    },
    now: () => Date.parse('2026-04-10T12:00:00Z'),
    random: () => 0,
    log: { debug() {}, info() {}, warn() {} },
  });
  const request = adapter.submitRequest.parse({ operation: 'deployVirtualMachine', parameters: { zoneid: 'z' } });
  const intent = connection.intent(request, { id: ULID, createdAt: 0 });
  const job = { id: ULID, operation: 'deployVirtualMachine', handle: { jobid: 'j-1' }, createdAt: 0 };
  return {
    calls,
    jobid: String(intent!.customjobid),
    submit: () => connection.submit(request, intent, { signal }),
    find: () => connection.findSubmitted!(intent!, { signal }),
    poll: async () => (await connection.check([job], { signal })).get(ULID)!,
    pollMany: (count: number) =>
      connection.check(
        Array.from({ length: count }, (_, n) => ({ ...job, id: `p-${n}`, handle: { jobid: `j-${n}` } })),
        { signal },
      ),
  };
}

const error = (errorcode: number, errortext: string) => ({
  status: errorcode,
  body: JSON.stringify({ queryasyncjobresultresponse: { uuidList: [], errorcode, cserrorcode: 9999, errortext } }),
});
const ok = (body: unknown) => ({ status: 200, body: JSON.stringify({ someresponse: body }) });

describe('a 431 means that there is no such job only where it speaks of the job', () => {
  it.each([
    'Unable to execute API command queryasyncjobresult due to invalid value. Invalid parameter jobid value=j-1 due to incorrect long value format, or entity does not exist',
    'Unable to find a job by id 42',
    'Entity j-1 does not exist',
    '',
  ])('it is gone: %s', async (text) => {
    expect(await scripted(() => error(431, text)).poll()).toMatchObject({ kind: 'not_found', code: '431' });
  });

  it.each([
    'Unable to execute API command queryasyncjobresult due to missing parameter jobid',
    'Unable to find account by id 7',
    'Invalid parameter signatureversion value=3',
    'Domain does not exist',
    'Received value x for parameter jobid is invalid, contains illegal ASCII non-printable characters',
  ])('it is not known to be gone, and goes on: %s', async (text) => {
    expect(await scripted(() => error(431, text)).poll()).toMatchObject({ kind: 'permanent', code: '431' });
  });

  it('a 431 of a proxy, whose body is not of CloudStack, ends no job', async () => {
    const outcome = await scripted(() => ({
      status: 431,
      body: '<html>Request Header Fields Too Large</html>',
    })).poll();
    expect(outcome).toMatchObject({ kind: 'permanent', code: 'HTTP 431' });
  });
});

describe('a submit whose answer names no job is looked for by the id that it was to have', () => {
  it.each([
    ['no jobid', { id: 'vm-1' }],
    ['null', { jobid: null, id: 'vm-1' }],
    ['an object', { jobid: { uuid: 'x' } }],
    ['a list', { jobid: ['x'] }],
    ['an empty text', { jobid: '' }],
    ['nothing at all', {}],
    ['a resource', { virtualmachine: { id: 'vm-1', jobid: 'inner' } }],
    ['false', { jobid: false }],
  ])('%s: it is followed if the server knows that id', async (_, body) => {
    const peer = scripted((command) =>
      command === 'queryAsyncJobResult' ? ok({ jobid: peer.jobid, jobstatus: 0 }) : ok(body),
    );
    expect(await peer.submit()).toMatchObject({ kind: 'accepted', handle: { jobid: peer.jobid } });
    expect(peer.calls.deployVirtualMachine).toBe(1);
  });

  it('it was carried out at once if the server does not know it, and unknown while that cannot be told', async () => {
    const synchronous = scripted((command) =>
      command === 'queryAsyncJobResult' ? error(431, 'entity does not exist: jobid') : ok({ success: true }),
    );
    expect(await synchronous.submit()).toMatchObject({ kind: 'refused', error: { code: 'not_asynchronous' } });
    const silent = scripted((command) =>
      command === 'queryAsyncJobResult' ? { status: 503, body: '' } : ok({ success: true }),
    );
    expect(await silent.submit()).toMatchObject({ kind: 'unknown', error: { outcomeUncertain: true } });
  });
});

describe('a 401 on a submit claims that the keys are right only if another command was accepted with them', () => {
  it.each([
    [503, ''],
    [408, ''],
    [200, ''],
    [502, '<html>'],
    [429, ''],
  ])('the other command met %s %s: it may be sent again', async (status, body) => {
    const peer = scripted((command) =>
      command === 'queryAsyncJobResult' ? { status, body } : error(401, 'unable to verify user credentials'),
    );
    const outcome = await peer.submit();
    expect(outcome).toMatchObject({ kind: 'unavailable', error: { code: '401', retryable: true } });
    expect(JSON.stringify(outcome)).not.toContain('the keys are right');
  });
});

describe('a server that shuts down has taken nothing, whichever number and words it says so with', () => {
  it.each([
    [530, 'A shutdown has been triggered. Can not accept new jobs'],
    [530, 'Maintenance or Shutdown has been initiated on this management server. Can not accept new jobs'],
    [503, 'This management server cannot accept new jobs'],
    [541, 'The server is not accepting any new jobs'],
  ])('%s %s', async (code, text) => {
    expect(await scripted(() => error(code, text)).submit()).toMatchObject({
      kind: 'unavailable',
      error: { retryable: true },
    });
  });
});

describe('what proxies answer never ends a job, and a submit that may have arrived is searched for', () => {
  it.each([
    [408, 'unknown', 'transient'],
    [499, 'unknown', 'transient'],
    [444, 'unknown', 'transient'],
    [460, 'unknown', 'transient'],
    [500, 'unknown', 'transient'],
    [504, 'unknown', 'transient'],
    [524, 'unknown', 'transient'],
    [429, 'unavailable', 'transient'],
    [413, 'refused', 'permanent'],
    [414, 'refused', 'permanent'],
    [431, 'refused', 'permanent'],
    [494, 'refused', 'permanent'],
    [407, 'unavailable', 'permanent'],
  ])('%s', async (status, submitted, polled) => {
    for (const body of ['', '<html>proxy</html>', '{"message":"from a gateway"}', 'plain']) {
      expect((await scripted(() => ({ status, body })).submit()).kind).toBe(submitted);
      expect((await scripted(() => ({ status, body })).find()).kind).toBe(polled);
      const peer = scripted(() => ({ status, body }));
      const outcomes = [await peer.poll(), ...(await peer.pollMany(12)).values()];
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set([polled]));
      expect(JSON.stringify(outcomes)).not.toContain('correct it');
    }
  });
});

describe('the form of an answer may be odd as long as its meaning is clear', () => {
  it.each([
    ['a byte order mark', '\ufeff{"r":{"jobid":"j-1","jobstatus":0}}'],
    ['the version beside it', '{"cloud-stack-version":"4.20","r":{"jobid":"j-1","jobstatus":0}}'],
    ['errorcode 0', '{"r":{"jobid":"j-1","jobstatus":0,"errorcode":0}}'],
    ['numbers as text', '{"r":{"jobid":"j-1","jobstatus":"0"}}'],
    ['blank lines around it', '\n\n {"r":{"jobid":"j-1","jobstatus":0}}\n\n'],
  ])('%s', async (_, body) => {
    expect(await scripted(() => ({ status: 200, body })).poll()).toMatchObject({ status: 'RUNNING' });
  });

  it.each([
    ['no object', '{"r":"x"}'],
    ['null', '{"r":null}'],
    ['a list', '{"r":[{"jobstatus":2}]}'],
    ['two answers', '{"a":{"jobstatus":1},"b":{"jobstatus":2}}'],
    ['a word as status', '{"r":{"jobid":"j-1","jobstatus":"FAILED"}}'],
    ['no status', '{"r":{"jobid":"j-1"}}'],
    ['another job', '{"r":{"jobid":"j-2","jobstatus":2}}'],
    ['a cut answer', '{"r":{"jobid":"j-1","jobstatus":2,"jobresultcode":530'],
  ])('where it is not, the job goes on: %s', async (_, body) => {
    expect(await scripted(() => ({ status: 200, body })).poll()).toMatchObject({ kind: 'transient' });
  });

  it('an error beside the status of a job is the error of the job, not of the call', async () => {
    const peer = scripted(() => ok({ jobid: 'j-1', jobstatus: 2, errorcode: 533, errortext: 'no host' }));
    expect(await peer.poll()).toMatchObject({ status: 'FAILED', error: { code: '533', message: 'no host' } });
  });

  it('the error of a call is read although a quote in its text breaks the JSON', async () => {
    const body =
      '{"deployvirtualmachineresponse":{"uuidList":[],"errorcode":431,"cserrorcode":4350,"errortext":"Unable to find "zone-a" here"}}';
    expect(await scripted(() => ({ status: 431, body })).submit()).toMatchObject({
      kind: 'refused',
      error: { code: '431', message: expect.stringContaining('Unable to find "zone-a" here') },
    });
  });
});

it('pages that come in odd forms end no job and hide none: each that was not seen is asked about by itself', async () => {
  const pages: Record<string, unknown>[] = [
    {},
    { count: 12 },
    { count: '12', asyncjobs: { jobid: 'J-0', jobstatus: '0' } },
    { asyncjobs: [{ jobid: 'j-0', jobstatus: 0 }] },
    { count: 0, asyncjobs: [{ jobid: 'j-0', jobstatus: 0 }] },
    { count: 99999, asyncjobs: [null, 'x', { jobstatus: 0 }, { jobid: 'j-0', jobstatus: 2 }] },
    { count: 12, asyncjobs: 'none' },
    { count: 12, asyncjobs: null },
  ];
  for (const page of pages) {
    const peer = scripted((command) =>
      command === 'listAsyncJobs' ? ok(page) : ok({ jobstatus: 1, jobresult: { success: true } }),
    );
    const outcomes = [...(await peer.pollMany(12)).values()];
    expect(outcomes).toHaveLength(12);
    expect(outcomes.filter((outcome) => outcome.kind === 'observed')).toHaveLength(12);
    expect(peer.calls.listAsyncJobs).toBeLessThanOrEqual(40);
  }
});
