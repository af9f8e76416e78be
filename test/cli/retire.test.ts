import { expect, test } from 'vitest';
import { fakeApi, type Reply } from './fake-api.ts';
import { jobWith } from './job.ts';
import { runHere } from './rig.ts';

const RUNNING = jobWith({ id: '01K2M5Q8ZJ0X4V7R9T3W6Y1B2C' });
const STUBBORN = jobWith({ id: '01K2M5Q8ZJ0X4V7R9T3W6Y1B2D', status: 'QUEUED' });
const ended = (job: typeof RUNNING, status: 'SUCCEEDED' | 'CANCELED') => ({
  ...job,
  status,
  completedAt: '2027-01-31T12:00:00.000Z',
});

/** Two open jobs; the second cannot be canceled. Both end as soon as they are asked about. */
async function api() {
  let open = [RUNNING, STUBBORN];
  const { url, seen } = await fakeApi(({ method, url: target }): Reply => {
    const { pathname, searchParams } = new URL(target, 'http://localhost');
    if (pathname.endsWith('/jobs')) {
      return { body: { jobs: open.filter(({ status }) => status === searchParams.get('status')) } };
    }
    const job = [RUNNING, STUBBORN].find(({ id }) => pathname.includes(id))!;
    if (method === 'POST' && job === STUBBORN)
      return { status: 409, body: { title: 'The platform refuses to cancel this job', detail: 'It is committed.' } };
    if (method === 'POST') return { status: 202, body: job };
    open = open.filter(({ id }) => id !== job.id);
    return { body: ended(job, job === STUBBORN ? 'SUCCEEDED' : 'CANCELED') };
  });
  return { seen, run: (...args: string[]) => runHere(args, { POLLUX_URL: url }) };
}

test('retire waits until no job of the connection is open, and then says that it can be removed', async () => {
  const { run, seen } = await api();
  const { code, stderr } = await run('connections', 'retire', 'vsphere/dc1');
  expect(code).toBe(0);
  expect(stderr).toBe(
    'vsphere/dc1: 2 open jobs\nvsphere/dc1 has no open job: take it out of the connections and deploy\n',
  );
  expect(seen.some(({ method }) => method === 'POST')).toBe(false);
});

test('retire --cancel asks the platform to cancel the open jobs, and waits for those that cannot be canceled', async () => {
  const { run, seen } = await api();
  const { code, stdout, stderr } = await run('connections', 'retire', 'vsphere/dc1', '--cancel');
  expect(code).toBe(0);
  expect(stdout).toContain('CANCELED');
  expect(stdout).toContain('SUCCEEDED');
  expect(stderr).toContain(`vsphere/dc1/${STUBBORN.id}: not canceled: It is committed.`);
  expect(seen.filter(({ method }) => method === 'POST').map(({ url }) => url)).toEqual([
    `/v1/vsphere/dc1/jobs/${STUBBORN.id}/cancel`,
    `/v1/vsphere/dc1/jobs/${RUNNING.id}/cancel`,
  ]);
});

test.each([
  [['connections', 'retire'], '<platform>/<connection>'],
  [['connections', 'check', '--cancel'], '--cancel goes with retire'],
  [['connections', 'retier', 'vsphere/dc1'], '"retier": did you mean "retire"?'],
])('%j is a wrong command line', async (args, message) => {
  const { run, seen } = await api();
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(seen).toEqual([]);
});
