import { describe, expect, test } from 'vitest';
import type { ActiveJob, Job } from '../../shared/job/job.ts';
import { isTerminal } from '../../shared/job/job.ts';
import type { MetricName } from '../../shared/observe/metrics.ts';
import { LAB, World } from '../support/world.ts';

const HOUR = 3_600_000;

function failing(fails: (before: ActiveJob | Job, after: ActiveJob | Job, now: number) => string | undefined) {
  const counted = new Map<MetricName, number>();
  const world: World = new World({
    metrics: { count: (name, value) => void counted.set(name, (counted.get(name) ?? 0) + value) },
  });
  const write = world.store.updateJob.bind(world.store);
  world.store.updateJob = async (before, after) => {
    const name = fails(before, after, world.time);
    if (name) throw Object.assign(new Error(name), { name });
    return write(before, after);
  };
  return { world, counted };
}

describe('an end that the platform tells once', () => {
  test.each([1_000, 10_000, 30_000])(
    'is written in the tick that learned it, though the table takes no write for %d ms',
    async (ms) => {
      let firstTry: number | undefined;
      const { world } = failing((_before, after, now) => {
        if (!isTerminal(after.status)) return undefined;
        firstTry ??= now;
        return now < firstTry + ms ? 'ProvisionedThroughputExceededException' : undefined;
      });
      const job = await world.submit(1e9);
      let told = 0;
      // Asked again it is not known any more, which would make the job LOST.
      world.platform.outcomes.set(job.id, () =>
        told++ === 0
          ? { kind: 'observed', status: 'FAILED', error: { code: 'X', message: 'once' } }
          : { kind: 'not_found', code: 'gone', message: 'gone' },
      );
      await world.run();
      expect(told).toBe(1);
      expect(world.finished()).toEqual(['FAILED']);
    },
  );

  test('and a handle that replaces another is written with the same patience', async () => {
    let failures = 0;
    const { world } = failing((before, after) =>
      before.handle?.task !== after.handle?.task && failures++ < 5 ? 'ThrottlingException' : undefined,
    );
    const job = await world.submit(1e9);
    let told = 0;
    world.platform.outcomes.set(job.id, () =>
      told++ === 0
        ? { kind: 'observed', status: 'RUNNING', handle: { task: 'next' } }
        : { kind: 'not_found', code: 'gone', message: 'gone' },
    );
    world.platform.outcomes.set('next', () => ({ kind: 'observed', status: 'SUCCEEDED' }));
    await world.run();
    expect(failures).toBeGreaterThan(5);
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('is written before what can be learned again', async () => {
    const order: string[] = [];
    const { world } = failing((_before, after) => void order.push(after.status));
    for (let i = 0; i < 30; i++) {
      const job = await world.submit(i === 29 ? 5 : 1e9);
      if (i < 29) world.platform.outcomes.set(job.id, () => ({ kind: 'observed', status: 'RUNNING', progress: 50 }));
    }
    await world.run(world.time + 20_000);
    expect(order[0]).toBe('SUCCEEDED');
    expect(order.filter((status) => status === 'RUNNING').length).toBe(29);
  });
});

describe('a job whose writes fail', () => {
  test.each(['ItemCollectionSizeLimitExceededException', 'ValidationException', 'AccessDeniedException'])(
    'with %s for hours: is polled every five minutes at last, each failure is counted, and others go on',
    async (name) => {
      const bad = { id: '' };
      const { world, counted } = failing((before, _after, now) =>
        before.id === bad.id && now < until ? name : undefined,
      );
      const until = world.time + 6 * HOUR;
      let polls = 0;
      const job = await world.submit(1e9);
      bad.id = job.id;
      world.platform.outcomes.set(job.id, () => {
        polls++;
        return { kind: 'observed', status: 'SUCCEEDED' };
      });
      const others = Array.from({ length: 5 }, () => world.submit(60));
      await Promise.all(others);
      await world.run(world.time + HOUR);
      expect(world.finished()).toHaveLength(5);
      expect(polls).toBeLessThan(25);
      expect(counted.get('WritesFailed')).toBe(polls);
      await world.run(until + 300_000);
      expect(world.finished()).toHaveLength(6);
      expect(world.live()).toHaveLength(0);
    },
  );

  test('at its deadline: is tried at the deadline, and then less and less often', async () => {
    const tries: number[] = [];
    const { world } = failing((_before, after, now) => {
      if (after.status !== 'TIMED_OUT') return undefined;
      tries.push(now);
      return now < until ? 'ItemCollectionSizeLimitExceededException' : undefined;
    });
    const until = world.time + 3 * HOUR;
    const deadline = world.time + HOUR;
    await world.submit(1e9, { deadline });
    await world.run();
    expect(tries[0]! - deadline).toBeLessThan(2_000);
    expect(tries.length).toBeLessThan(40);
    expect(world.finished()).toEqual(['TIMED_OUT']);
    expect(tries.at(-1)! - until).toBeLessThanOrEqual(300_000);
  });

  test('a job that cannot be read when it is to be announced fails no tick', async () => {
    const { world, counted } = failing(() => undefined);
    world.busTakes = () => world.time > start + HOUR;
    const start = world.time;
    const read = world.store.getJob.bind(world.store);
    world.store.getJob = async (of, id) => {
      if (world.time < start + HOUR) throw new Error('InternalServerError');
      return read(of, id);
    };
    await world.submit(5);
    await world.run();
    expect(world.executions).toHaveLength(1);
    expect(counted.get('WritesFailed')).toBeGreaterThan(3);
    expect(world.finished()).toEqual(['SUCCEEDED']);
    expect(await world.store.activeJobs(LAB)).toEqual([]);
  });
});
