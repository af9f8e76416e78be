import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cancelJob } from '../../../functions/cancel-job/cancel.ts';
import { reportJob } from '../../../functions/report-job/report.ts';
import { submitJob } from '../../../functions/submit-job/submit.ts';
import { reportRequest } from '../../../shared/api/report.ts';
import { planLimits } from '../../../shared/loop/limits.ts';
import { cachedStats } from '../../../shared/loop/statistics.ts';
import type { Report } from '../../../shared/platforms/adapter.ts';
import { adapter } from '../../../shared/platforms/task/index.ts';
import { problemOf } from '../../functions/rig.ts';
import { World } from '../../support/world.ts';

const WORKERS = { platform: 'task', connection: 'workers' };

/** A world with the platform `task` and a worker in the test's hands. */
function setUp() {
  const world = new World();
  const options = adapter.options.parse({});
  const { now, random, log } = world.ports;
  const platform = adapter.connect({
    name: 'task/workers',
    options,
    secret: async () => undefined,
    http: { request: () => Promise.reject(new Error('a task makes no calls')) },
    now,
    random,
    log,
  });
  Object.assign(world.ports, { platform, bounds: adapter.bounds, limits: planLimits(adapter, options) });
  const submit = async (body: Record<string, unknown> = {}) => {
    const request = adapter.submitRequest.parse({ operation: 'rebuild-index', ...body });
    const submission = { of: WORKERS, operation: 'rebuild-index', request, common: {}, adopt: false };
    const asked = { ...submission, idempotencyKey: undefined, submitter: String(Math.random()) };
    const ports = { ...world.ports, stats: cachedStats(world.ports) };
    return (await submitJob(ports, adapter, { options, platform }, asked)).job;
  };
  const report = (id: string, told: Report) => reportJob(world.ports, adapter, platform, WORKERS, id, told);
  const cancel = (id: string) => cancelJob(world.ports, platform, WORKERS, id);
  return { world, submit, report, cancel };
}

test.each([
  ['transient', 'platform-unavailable', { 'retry-after': '30' }, undefined],
  ['permanent', 'connection-unusable', {}, { code: 'InvalidLogin', message: 'refused', retryable: false }],
] as const)('a report that meets a %s failure is 503 %s', async (kind, name, headers, error) => {
  const { world, submit } = setUp();
  const { id } = await submit();
  const platform = {
    ...adapter.connect({} as never),
    report: async () => ({ kind, code: 'InvalidLogin', message: 'refused' }),
  };
  const problem = await problemOf(reportJob(world.ports, adapter, platform, WORKERS, id, {}));
  expect(problem).toMatchObject({ status: 503, problem: name, headers });
  expect(problem.extra.error).toEqual(error);
});

describe('a task', () => {
  test('is queued, runs with progress, and succeeds with its result and one event', async () => {
    const { world, submit, report } = setUp();
    const { id } = await submit({ description: 'waiting' });
    expect(await report(id, { state: 'running', progress: 10 })).toMatchObject({ status: 'RUNNING', progress: 10 });
    expect(await report(id, { progress: 55.4, description: 'half' })).toMatchObject({ progress: 55, message: 'half' });
    expect(await report(id, { state: 'success', result: { shards: 12 } })).toMatchObject({ status: 'SUCCEEDED' });
    await world.run();
    expect(world.events.map(({ detail }) => detail)).toMatchObject([
      { status: 'SUCCEEDED', progress: 100, result: { shards: 12 } },
    ]);
  });

  test.each([
    [{ progress: 5 }, 'progress before running'],
    [{ state: 'running', result: 1 }, 'a result while running'],
    [{ result: 1 }, 'a result without a state'],
    [{ state: 'success', fault: { code: 'X', message: 'm' } }, 'a fault with success'],
    [{ state: 'success', progress: 100 }, 'progress with the end'],
  ] as [Report, string][])('refuses %o (%s)', async (told) => {
    const { world, submit, report } = setUp();
    const { id } = await submit();
    await expect(report(id, told)).rejects.toMatchObject({ status: 409, extra: { error: { code: 'InvalidState' } } });
    expect((await world.store.getJob(WORKERS, id))!.status).toBe('QUEUED');
  });

  test.each([
    [150, 100],
    [-5, 0],
  ])('progress %d counts as %d', async (told, seen) => {
    const { submit, report } = setUp();
    const { id } = await submit();
    expect(await report(id, { state: 'running', progress: told })).toMatchObject({ progress: seen });
  });

  test('takes no report once it is over', async () => {
    const { submit, report } = setUp();
    const { id } = await submit();
    await report(id, { state: 'error', fault: { code: 'DiskFull', message: 'no space' } });
    await expect(report(id, { state: 'success' })).rejects.toMatchObject({ problem: 'job-over' });
  });

  test('a cancel is a request that the worker sees; the worker ends it', async () => {
    const { world, submit, report, cancel } = setUp();
    const { id } = await submit({ cancelable: true });
    await report(id, { state: 'running' });
    await cancel(id);
    expect(await report(id, {})).toMatchObject({ status: 'RUNNING', cancelRequestedAt: world.time });
    await report(id, { state: 'error', fault: { code: 'RequestCanceled', message: 'stopped' } });
    await world.run();
    expect(world.finished()).toEqual(['CANCELED']);
  });

  test('a cancel that comes too late changes nothing: what is done is done', async () => {
    const { world, submit, report, cancel } = setUp();
    const { id } = await submit({ cancelable: true });
    await cancel(id);
    await report(id, { state: 'success' });
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('one that is not cancelable refuses', async () => {
    const { submit, cancel } = setUp();
    const { id } = await submit();
    await expect(cancel(id)).rejects.toMatchObject({ status: 409, extra: { error: { code: 'NotSupported' } } });
  });

  test('a worker that falls silent: LOST when the heartbeat is missing, not before', async () => {
    const { world, submit, report } = setUp();
    const start = world.time;
    const { id } = await submit({ heartbeatSeconds: 30 });
    for (const seconds of [20, 40, 60]) {
      await world.run(start + seconds * 1000);
      expect(await report(id, {})).toMatchObject({ status: 'QUEUED' });
    }
    await world.run();
    const lost = (await world.store.getJob(WORKERS, id))!;
    expect(lost).toMatchObject({ status: 'LOST', error: { code: 'HeartbeatTimeout' } });
    const silence = lost.completedAt! - (start + 60_000);
    expect(silence).toBeGreaterThanOrEqual(30_000);
    expect(silence).toBeLessThan(33_000);
  });

  test('its deadline is kept though nothing is looked at, and a day of it costs less than a hundred ticks', async () => {
    const { world, submit } = setUp();
    const start = world.time;
    await submit();
    await world.run();
    expect(world.finished()).toEqual(['TIMED_OUT']);
    expect(world.time - start).toBe(86_400_000);
    expect(world.ticks).toBeLessThan(110);
  });

  test('whatever is reported, in whatever order: the rules of vim.Task hold', () => {
    const anyReport = fc.record(
      {
        state: fc.constantFrom('running', 'success', 'error'),
        progress: fc.oneof(fc.integer({ min: -50, max: 200 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
        description: fc.string({ maxLength: 8 }),
        result: fc.jsonValue(),
        fault: fc.record({
          code: fc.constantFrom('RequestCanceled', 'DiskFull'),
          message: fc.string({ maxLength: 8 }),
        }),
      },
      { requiredKeys: [] },
    );
    return fc.assert(
      fc.asyncProperty(fc.array(anyReport, { maxLength: 12 }), async (reports) => {
        const { world, submit, report } = setUp();
        const { id } = await submit({ heartbeatSeconds: 60 });
        for (const told of reports) await report(id, reportRequest.parse(told) as Report).catch(() => undefined);
        const job = (await world.store.getJob(WORKERS, id))!;
        if (job.progress !== undefined) expect(job.progress >= 0 && job.progress <= 100).toBe(true);
        if (job.result !== undefined) expect(job.status).toBe('SUCCEEDED');
        if (job.error !== undefined) expect(['FAILED', 'CANCELED']).toContain(job.status);
        await world.run();
        expect(world.events).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });
});
