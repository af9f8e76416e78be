import { expect, test } from 'vitest';
import { outputOn } from '../../cli/output.ts';
import { fakeApi } from './fake-api.ts';
import { jobWith, NOW } from './job.ts';
import { runHere } from './rig.ts';

/** What is said of answers for which a local engine would have to be put into a bad way. */

const SUBMIT = ['submit', 'vsphere/dc1', '-o', 'PowerOnVM_Task'];
const unavailable = (error: object, detail: string) => ({
  status: 503,
  body: { type: 'urn:pollux:problem:platform-unavailable', title: 'The platform cannot be reached', detail, error },
});

test('a login that will be refused again: said once, with its code once, and not as something to wait for', async () => {
  const detail = 'Login was answered with InvalidLogin: no. Nothing was started.';
  const { url } = await fakeApi(() => unavailable({ code: 'InvalidLogin', message: 'no', retryable: false }, detail));
  expect(await runHere(SUBMIT, { POLLUX_URL: url })).toEqual({
    code: 8,
    stdout: '',
    stderr: `pollux: The platform cannot be reached (503): ${detail}\n`,
  });
});

test('what passes by itself is waited for, and the sentence about it ends once', async () => {
  const wait = {
    ...unavailable({ code: 'HostNotReachable', message: 'no' }, 'It is away. It may be sent again.'),
    headers: { 'retry-after': '2' },
  };
  const { url } = await fakeApi((_, count) => (count === 1 ? wait : { status: 202, body: jobWith() }));
  expect(await runHere(SUBMIT, { POLLUX_URL: url })).toMatchObject({
    code: 0,
    stderr:
      'pollux: The platform cannot be reached (503): It is away. It may be sent again. [HostNotReachable]; again in 2 s\n',
  });
});

test('a field of the body that is wrong, with the option that makes it', async () => {
  const errors = [
    { field: 'target', message: 'must be an object, and is missing' },
    { field: 'arguments.spec', message: 'must be an object' },
    { field: 'constructor', message: 'the key "constructor" is not known here' },
  ];
  const { url } = await fakeApi(() => ({ status: 400, body: { title: 'The request is not valid', errors } }));
  expect((await runHere(SUBMIT, { POLLUX_URL: url })).stderr.split('\n')).toEqual([
    'pollux: The request is not valid (400):',
    '  target: must be an object, and is missing (--target TYPE:ID)',
    '  arguments.spec: must be an object (--param NAME=VALUE)',
    '  constructor: the key "constructor" is not known here',
    '',
  ]);
});

test('--wait says what it learns, and nothing twice', async () => {
  const job = jobWith({ status: 'QUEUED' });
  const timeline = [{ at: job.createdAt, status: 'SUBMITTING' }];
  const cancelRequestedAt = new Date(NOW).toISOString();
  const answers = [
    job,
    { ...job, timeline },
    { ...job, timeline, cancelRequestedAt },
    { ...job, status: 'CANCELED', timeline, cancelRequestedAt },
  ];
  for (const json of [false, true]) {
    const { url } = await fakeApi((_, count) => ({ body: answers[Math.min(count, answers.length) - 1] }));
    const { code, stdout } = await runHere([...SUBMIT, '--wait', ...(json ? ['--json'] : [])], { POLLUX_URL: url });
    const lines = stdout.trimEnd().split('\n');
    const told = json
      ? lines.map((line) => [JSON.parse(line).status, JSON.parse(line).cancelRequestedAt !== undefined])
      : lines.map((line) => [line.split(/ {2,}/)[2], line.endsWith('cancel requested')]);
    expect({ code, told }).toEqual({
      code: 4,
      told: [
        ['QUEUED', false],
        ['QUEUED', true],
        ['CANCELED', json],
      ],
    });
  }
});

test('a terminal that does not know its size is taken for a usual one', () => {
  const stream = { isTTY: true, columns: 0, rows: 0 } as NodeJS.WriteStream;
  const { columns, rows } = outputOn(stream, stream, {}, false);
  expect([columns(), rows()]).toEqual([80, 24]);
});

test('connections that nothing is known of: what asks them', async () => {
  const { url } = await fakeApi(({ url: path }) => {
    const loop = { state: 'closed', epoch: 0 };
    const one = { platform: 'task', connection: 'lab', health: path.startsWith('/up/') ? 'UP' : 'UNKNOWN', loop };
    return { body: { connections: [one] } };
  });
  const said = async (path: string) => (await runHere(['connections'], { POLLUX_URL: `${url}${path}` })).stderr;
  expect(await said('')).toMatch(/^UNKNOWN: .* pollux connections check logs in now\n$/);
  expect(await said('/up/')).toBe('');
});

test("after API Gateway's own 503 a submit is not known to have failed: the key to repeat it with is said", async () => {
  const late = {
    status: 503,
    headers: { 'content-type': 'application/json', 'retry-after': '61' },
    body: { message: 'Service Unavailable' },
  };
  const { url } = await fakeApi(() => late);
  const { code, stderr } = await runHere([...SUBMIT, '--key', 'nightly'], { POLLUX_URL: url });
  expect(code).toBe(9);
  expect(stderr).toContain('not known whether it was submitted; to find out: --key nightly\n');
});

test('a 503 of Pollux itself says that nothing was started: there is nothing to find out', async () => {
  const wait = { ...unavailable({ code: 'C', message: 'm' }, 'It is away.'), headers: { 'retry-after': '61' } };
  const { url } = await fakeApi(() => wait);
  const { code, stderr } = await runHere(SUBMIT, { POLLUX_URL: url });
  expect(code).toBe(9);
  expect(stderr).not.toContain('not known');
});

test('a report that may have been taken is not sent again: how to find out is said, and no 409 follows', async () => {
  const late = {
    status: 503,
    headers: { 'content-type': 'application/json' },
    body: { message: 'Service Unavailable' },
  };
  const { url, seen } = await fakeApi(() => late);
  const name = 'task/lab/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C';
  const { code, stderr } = await runHere(['report', name, '--succeed'], { POLLUX_URL: url });
  expect(code).toBe(9);
  expect(stderr).toContain(`not known whether the report was taken; to find out: pollux get ${name}\n`);
  expect(seen).toHaveLength(1);
});
