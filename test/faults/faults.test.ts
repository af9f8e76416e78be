import { describe, expect, test } from 'vitest';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import { LAB, World } from '../support/world.ts';
import { run } from './run.ts';

const minutes = (n: number) => n * 60_000;

describe('every port fails at random for two hours', () => {
  test.each([
    [0.02, 100],
    [0.1, 200],
    [0.3, 300],
  ])('a share of %d of all calls: every job ends as it ended at the platform, once', async (rate, first) => {
    for (let seed = first; seed < first + 8; seed++) {
      const { broken, faults, jobs } = await run(seed, rate);
      expect(broken, `npm run faults -- --runs 1 --seed ${seed} --rate ${rate}`).toEqual([]);
      expect([faults > 20, jobs > 10]).toEqual([true, true]);
    }
  });

  /** Promises that are broken in 12 runs of a product that has this defect. */
  const found = async (sabotage: (world: World) => void) => {
    let broken = 0;
    for (let seed = 1; seed <= 12; seed++) broken += (await run(seed, 0.3, sabotage)).broken.length;
    return broken;
  };

  test('this test finds events that are let go although the bus did not take them', async () => {
    const lossy = (world: World) => {
      const { publish } = world.ports.bus;
      world.ports.bus.publish = async (events) => {
        await publish(events.slice(1));
        return events.map(() => true);
      };
    };
    expect(await found(lossy)).toBeGreaterThan(0);
  });

  test('this test finds failed looks that are taken for failed jobs', async () => {
    const hasty = (world: World) => {
      const { platform } = world.ports;
      const check = platform.check.bind(platform);
      platform.check = async (refs, options) => {
        const outcomes = await check(refs, options);
        for (const [id, { kind }] of outcomes) {
          if (kind === 'permanent') outcomes.set(id, { kind: 'observed', status: 'FAILED' });
        }
        return outcomes;
      };
    };
    expect(await found(hasty)).toBeGreaterThan(0);
  });

  test('this test finds loops that nobody starts again', async () => {
    const dead = (world: World) => {
      world.ports.executions.runningSince = async () => 0;
      world.ports.executions.start = async () => 'running';
    };
    expect(await found(dead)).toBeGreaterThan(0);
  });
});

describe('a connection that is down', () => {
  async function outage(jobs: number) {
    const world = new World();
    const [from, until] = [world.time + minutes(10), world.time + minutes(190)];
    const asked: { at: number; jobs: number }[] = [];
    const check = world.platform.check.bind(world.platform);
    world.platform.check = async (refs) => {
      asked.push({ at: world.time, jobs: refs.length });
      if (world.time < from || world.time >= until) return check(refs);
      const down: CheckOutcome = { kind: 'transient', code: 'http.ECONNREFUSED', message: 'refused' };
      return new Map(refs.map(({ id }) => [id, down]));
    };
    for (let i = 0; i < jobs; i++) await world.submit(3600);
    await world.run(until - 1);
    const during = asked.filter(({ at }) => at >= from);
    const unknown = (await world.store.activeJobs(LAB)).filter((job) => job.unknown).length;
    await world.run();
    return { world, during, unknown, until };
  }

  test('is asked about one job at a time, at most every few minutes', async () => {
    const { during } = await outage(200);
    expect(during[0]!.jobs).toBeGreaterThan(1);
    expect(new Set(during.slice(1).map(({ jobs }) => jobs))).toEqual(new Set([1]));
    // Back-off doubles to a mean of 150 s: 3 hours are some 75 tries.
    expect(during.length).toBeLessThan(110);
  });

  test('ends no job, is announced once, and comes back by itself', async () => {
    const { world, until } = await outage(200);
    const states = world.events.filter(({ detailType }) => detailType === 'Connection State Change');
    expect(states.map(({ detail }) => (detail as { status: string }).status)).toEqual(['DOWN', 'UP']);
    const jobs = world.events.filter(({ detailType }) => detailType === 'Job State Change');
    expect(jobs).toHaveLength(200);
    for (const { detail } of jobs) {
      const { status, completedAt } = detail as { status: string; completedAt: string };
      expect(status).toBe('SUCCEEDED');
      expect(Date.parse(completedAt) - until).toBeLessThan(minutes(6));
    }
  });

  test('shows since when nothing is known, until something is', async () => {
    const { world, unknown } = await outage(20);
    expect(unknown).toBeGreaterThan(0);
    for (const job of (await world.store.listJobs(LAB, { limit: 100 })).jobs) expect(job).not.toHaveProperty('unknown');
  });
});
