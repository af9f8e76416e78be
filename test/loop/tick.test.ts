import { describe, expect, test } from 'vitest';
import { HAND_OVER_AT_EVENTS } from '../../shared/loop/soft-state.ts';
import { tick } from '../../shared/loop/tick.ts';
import { wake } from '../../shared/loop/wake.ts';
import { BOUNDS, LAB, World } from '../support/world.ts';

describe('the wait-loop', () => {
  test('a job is looked at, ends, is announced once, and the loop closes', async () => {
    const world = new World();
    const job = await world.submit(40);
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
    expect(world.events[0]!.detail).toMatchObject({
      eventId: `${job.id}-SUCCEEDED`,
      previousStatus: 'RUNNING',
      schemaVersion: 1,
    });
    const stored = await world.store.getJob(LAB, job.id);
    expect(stored).toMatchObject({ status: 'SUCCEEDED', progress: 100 });
    expect(stored).not.toHaveProperty('activeSince');
    expect(stored).not.toHaveProperty('owed');
    expect(stored!.ttl).toBeGreaterThan(world.time / 1000);
    expect(await world.store.getLoop(LAB)).toMatchObject({ state: 'closed', epoch: 1 });
  });

  test('looks come by the square-root law: about 13, 30, 50, 74 s', async () => {
    const world = new World();
    const start = world.time;
    const looks: number[] = [];
    const job = await world.submit(1e9);
    world.platform.outcomes.set(job.id, (now) => {
      looks.push(Math.round((now - start) / 1000));
      return { kind: 'observed', status: 'RUNNING' };
    });
    await world.run(start + 80_000);
    expect(looks).toHaveLength(4);
    for (const [i, at] of [13, 30, 50, 74].entries()) expect(Math.abs(looks[i]! - at)).toBeLessThanOrEqual(1);
  });

  test('a look that learned nothing writes no job', async () => {
    const world = new World();
    const job = await world.submit(1e9);
    await world.run(world.time + 35_000);
    const { rev } = (await world.store.getJob(LAB, job.id))!;
    const looks = world.platform.looks;
    await world.run(world.time + 600_000);
    expect(world.platform.looks).toBeGreaterThan(looks + 5);
    expect((await world.store.getJob(LAB, job.id))!.rev).toBe(rev);
  });

  test('one table write a tick, besides those of jobs', async () => {
    const world = new World();
    await world.submit(1e9);
    await world.run(world.time + 60_000);
    const { writes, ticks } = { writes: world.store.writes, ticks: world.ticks };
    await world.run(world.time + 3_600_000);
    expect(world.store.writes - writes).toBe(world.ticks - ticks);
  });

  test('jobs that have used half of their gap are looked at in the same tick', async () => {
    const world = new World();
    await world.submit(1e9);
    world.time += 2_000;
    await world.submit(1e9);
    await world.run(world.time + 12_000);
    expect(world.platform).toMatchObject({ checks: 1, looks: 2 });
  });

  test('a job submitted while the loop sleeps beyond its first look starts a successor; the old loop ends', async () => {
    const world = new World();
    await world.submit(1e9);
    await world.run(world.time + 3_600_000);
    expect(world.live()).toHaveLength(1);
    await world.submit(5);
    expect(world.live()).toHaveLength(2);
    await world.run(world.time + 1_000_000);
    expect(world.live().map(({ input }) => input.epoch)).toEqual([2]);
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('a job that comes while the last one is being announced keeps the loop from closing', async () => {
    const world = new World();
    await world.submit(5);
    let late: Promise<unknown> | undefined;
    world.busTakes = () => {
      late ??= world.submit(5);
      return true;
    };
    await world.run(world.time + 14_000);
    await late;
    expect(await world.store.getLoop(LAB)).toMatchObject({ state: 'open', epoch: 1 });
    expect(world.live()[0]!.at - world.time).toBeLessThanOrEqual(13_000);
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(world.executions).toHaveLength(1);
  });

  test('an event that the bus did not take is repeated with the same id; the job stays terminal', async () => {
    const world = new World();
    const offered: string[] = [];
    world.busTakes = (event) => offered.push((event.detail as { eventId: string }).eventId) > 3;
    const job = await world.submit(5);
    await world.run();
    expect(new Set(offered)).toEqual(new Set([`${job.id}-SUCCEEDED`]));
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test("VS-23 a deadline fires on time while the platform hangs; it is the watcher's, not the platform's word", async () => {
    const world = new World();
    const start = world.time;
    const job = await world.submit(1e9, { deadline: start + 20_000 });
    world.platform.check = async () => {
      throw new Error('hangs');
    };
    await world.run();
    const stored = await world.store.getJob(LAB, job.id);
    expect(stored).toMatchObject({ status: 'TIMED_OUT', completedAt: start + 20_000 });
    expect(stored!.error).toMatchObject({ code: 'DeadlineExceeded', outcomeUncertain: true });
    expect(world.finished().filter((status) => status !== 'DOWN')).toEqual(['TIMED_OUT']);
  });

  test('a failed look is not a failed job: unknownSince is set, and clears', async () => {
    const world = new World();
    const job = await world.submit(1e9);
    const up = world.platform.check.bind(world.platform);
    world.platform.check = async (jobs) =>
      new Map(jobs.map(({ id }) => [id, { kind: 'transient', code: 'HTTP 503', message: 'down' }]));
    await world.run(world.time + 120_000);
    expect(await world.store.getJob(LAB, job.id)).toMatchObject({
      status: 'QUEUED',
      unknown: { reason: 'HTTP 503: down' },
    });
    expect(world.events.map(({ detailType, detail }) => [detailType, detail.status])).toEqual([
      ['Connection State Change', 'DOWN'],
    ]);
    world.platform.check = up;
    await world.run(world.time + 600_000);
    expect(await world.store.getJob(LAB, job.id)).toMatchObject({ status: 'RUNNING' });
    expect(await world.store.getJob(LAB, job.id)).not.toHaveProperty('unknown');
    expect(world.events.at(-1)!.detail).toMatchObject({ status: 'UP', previousStatus: 'DOWN' });
  });

  test('not_found ends a job only when it is repeated beyond the grace', async () => {
    const world = new World();
    const start = world.time;
    const job = await world.submit(1e9);
    world.platform.outcomes.set(job.id, () => ({ kind: 'not_found', code: '431', message: 'unknown job' }));
    await world.run(start + 15_000);
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('QUEUED');
    await world.run();
    const lost = (await world.store.getJob(LAB, job.id))!;
    expect(lost).toMatchObject({ status: 'LOST', error: { code: '431', outcomeUncertain: true } });
    expect(lost.completedAt! - start).toBeGreaterThanOrEqual(BOUNDS.notFoundGraceSeconds * 1000);
  });

  test('a loop that dies between two ticks is replaced by the next wake, and nothing is lost', async () => {
    const world = new World();
    const job = await world.submit(60);
    world.crash = (n) => n === 3;
    await world.run();
    expect(world.live()).toHaveLength(0);
    world.time += 400_000;
    world.crash = undefined;
    await wake(world.ports, LAB, world.time, world.time);
    await world.run();
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUCCEEDED');
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('a used-up execution name is skipped, however many there are', async () => {
    const world = new World();
    for (let epoch = 1; epoch <= 1000; epoch++) {
      world.executions.push({
        name: `lab-${epoch}`,
        input: { ...LAB, epoch },
        running: false,
        since: 0,
        at: 0,
        failed: 0,
        generation: 1,
      });
    }
    await world.submit(5);
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('an execution hands over before 20,000 history events, and two loops never both go on', async () => {
    const world = new World();
    await world.submit(1e9, { deadline: world.time + 1e13 });
    await world.run(world.time + 86_400_000 * 60);
    const epochs = world.live().map(({ input }) => input.epoch);
    expect(epochs).toHaveLength(1);
    expect(epochs[0]).toBeGreaterThan(1);
    for (const { input } of world.executions) expect(input.state?.events ?? 0).toBeLessThan(HAND_OVER_AT_EVENTS);
  });

  test('retries count towards the hand-over', async () => {
    const world = new World();
    await world.submit(1e9);
    const [execution] = world.live();
    const answer = await tick(world.ports, execution!.input, { retryCount: 4, endBy: world.time + 55_000 });
    expect(answer.state!.events).toBe(22);
  });

  test('the state of a loop with 10,000 jobs stays far below 256 KiB', async () => {
    const world = new World();
    for (let i = 0; i < 10_000; i++) await world.store.createJob(world.job());
    await wake(world.ports, LAB, world.time, world.time);
    await world.run(world.time + 30_000);
    const bytes = JSON.stringify(world.live()[0]!.input).length;
    expect(world.platform.looks).toBeGreaterThanOrEqual(10_000);
    expect(bytes).toBeLessThan(160 * 1024);
  });

  test('the platform is left alone while it asks for it', async () => {
    const world = new World();
    const job = await world.submit(1e9);
    const asked: number[] = [];
    world.platform.outcomes.set(job.id, (now) => {
      asked.push(now);
      return { kind: 'transient', code: '429', message: 'slow down', retryAfterSeconds: 90 };
    });
    await world.run(world.time + 300_000);
    for (let i = 1; i < asked.length; i++) expect(asked[i]! - asked[i - 1]!).toBeGreaterThanOrEqual(90_000);
  });
});

test('the metric LookLag tells of many looks by twenty, evenly drawn, the latest among them', async () => {
  const lags: number[] = [];
  const world = new World({ metrics: { count: (name, value) => void (name === 'LookLag' && lags.push(value)) } });
  for (let i = 0; i < 50; i++) await world.submit(1e9);
  await world.run(world.time + 60_000);
  const perTick = lags.length / (world.ticks - 1);
  expect(perTick).toBeGreaterThan(1);
  expect(perTick).toBeLessThanOrEqual(20);
  expect(Math.min(...lags)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...lags)).toBeLessThanOrEqual(2000);
});
