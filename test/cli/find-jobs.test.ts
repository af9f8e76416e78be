import { describe, expect, test } from 'vitest';
import { fakeApi, type Reply } from './fake-api.ts';
import { jobWith } from './job.ts';
import { runHere } from './rig.ts';

const OLD = '01K2M5Q8ZJ0X4V7R9T3W6Y1B2C';
const NEW = '01K2M5Q8ZJ0X4V7R9T3W6Y1B2D';
const CONNECTIONS = ['vsphere/dc1', 'cloudstack/zone1', 'bmc/ops'].map((name) => {
  const [platform, connection] = name.split('/');
  return { platform, connection };
});

/** An API with one old job on vsphere/dc1, a new one on cloudstack/zone1, and bmc/ops, which the caller may not read. */
async function api() {
  const old = jobWith({ id: OLD, status: 'SUCCEEDED', completedAt: '2027-01-31T11:59:55.000Z' });
  const young = jobWith({
    id: NEW,
    platform: 'cloudstack',
    connection: 'zone1',
    status: 'FAILED',
    operation: 'deploy',
  });
  const replies: Record<string, Reply> = {
    '/v1/connections': { body: { connections: CONNECTIONS } },
    '/v1/vsphere/dc1/jobs': { body: { jobs: [old] } },
    '/v1/cloudstack/zone1/jobs': { body: { jobs: [young] } },
    [`/v1/vsphere/dc1/jobs/${OLD}`]: { body: old },
    [`/v1/cloudstack/zone1/jobs/${NEW}`]: { body: young },
    [`/v1/vsphere/dc1/jobs/${OLD}/cancel`]: { status: 202, body: old },
  };
  const { url, seen } = await fakeApi(({ url: target }) => {
    const path = target.split('?')[0]!;
    if (path.startsWith('/v1/bmc/')) return { status: 403, body: { message: 'Forbidden' } };
    return replies[path] ?? { status: 404, body: { title: 'No such job' } };
  });
  return { seen, run: (...args: string[]) => runHere(args, { POLLUX_URL: url }) };
}

describe('a job is found by its id alone', () => {
  test.each(['get', 'explain', 'watch'])('%s', async (command) => {
    const { run } = await api();
    const { code, stdout } = await run(command, OLD.toLowerCase());
    expect(code).toBe(0);
    expect(stdout).toContain(`vsphere/dc1/${OLD}`);
  });

  test('cancel sends its request to the connection that has the job', async () => {
    const { run, seen } = await api();
    expect((await run('cancel', OLD)).code).toBe(0);
    expect(seen.filter(({ method }) => method === 'POST').map(({ url }) => url)).toEqual([
      `/v1/vsphere/dc1/jobs/${OLD}/cancel`,
    ]);
  });

  test('an id that no connection has is refused with exit code 8', async () => {
    const { run } = await api();
    expect(await run('get', '01K2M5Q8ZJ0X4V7R9T3W6Y1B2Z')).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('no job "01K2M5Q8ZJ0X4V7R9T3W6Y1B2Z" on the 3 connections of this API'),
    });
  });
});

describe('a list without a connection', () => {
  test('shows the jobs of all connections, newest first, and names those that may not be read', async () => {
    const { run } = await api();
    const { code, stdout, stderr } = await run('list');
    const lines = stdout.split('\n');
    expect(lines[1]).toContain(`cloudstack/zone1/${NEW}`);
    expect(lines[2]).toContain(`vsphere/dc1/${OLD}`);
    expect(stderr).toBe('bmc/ops: not allowed, left out\n');
    expect(code).toBe(0);
  });

  test('keeps its limit over all connections', async () => {
    const { run } = await api();
    const { stdout } = await run('list', '--limit', '1', '--json');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([NEW]);
  });

  test('a connection that was named and may not be read is an error', async () => {
    const { run } = await api();
    expect((await run('list', 'bmc/ops')).code).toBe(10);
  });
});

test('watch takes several connections', async () => {
  const { run } = await api();
  expect(await run('watch', 'vsphere/dc1', 'cloudstack/zone1')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'no job of vsphere/dc1, cloudstack/zone1 is open\n',
  });
});

describe('global options may stand before the command', () => {
  test.each([
    [['--json', 'list']],
    [['--region=eu-central-1', '--json', 'list']],
    [['--profile', 'list', 'list', '--json']],
  ])('%j', async (args) => {
    const { run } = await api();
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([NEW, OLD]);
  });

  test('another option before the command is refused by its name', async () => {
    const { run } = await api();
    expect(await run('--status', 'FAILED', 'list')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'pollux: --status: no such option before a command; see pollux help\n',
    });
  });
});

test('a deadline without a unit is refused', async () => {
  const { run, seen } = await api();
  const { code, stderr } = await run('submit', 'vsphere/dc1', '-o', 'PowerOnVM_Task', '--deadline', '15');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'pollux: --deadline 15: must have a unit, such as 15s or 15m\n',
  });
  expect(seen).toEqual([]);
});
