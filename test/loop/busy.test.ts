import { expect, test } from 'vitest';
import { tick } from '../../shared/loop/tick.ts';
import { wake } from '../../shared/loop/wake.ts';
import { LAB, LIMITS, World } from '../support/world.ts';

const run = (world: World) => ({ retryCount: 0, endBy: world.time + 55_000 });

async function withJobs(world: World, jobs: number): Promise<World> {
  for (let i = 0; i < jobs; i++) await world.store.createJob(world.job());
  await wake(world.ports, LAB, world.time, world.time);
  return world;
}

test('busy ticks are 5 s apart from start to start, however long one takes', async () => {
  const world = new World({ limits: { ...LIMITS, pullForwardAfter: 1 } });
  const { check } = world.platform;
  world.platform.check = async (jobs) => {
    const outcomes = await check.call(world.platform, jobs);
    world.time += 3_000;
    return outcomes;
  };
  await withJobs(world, 101);
  // The first gap is 13 s, so this one is due while the tick is under way.
  world.time += 3_000;
  await world.store.createJob(world.job());
  world.time += 11_000;
  expect(await tick(world.ports, world.executions[0]!.input, run(world))).toMatchObject({ waitSeconds: 2 });
});

test.each([
  [100, 0],
  [101, 101],
])('with %i jobs open, jobs that have used 0.4 to 0.5 of their gap: %i are looked at', async (jobs, looks) => {
  const world = await withJobs(new World({ limits: { ...LIMITS, pullForwardWhenBusy: 0.4 } }), jobs);
  // The first gap is 13 s.
  world.time += 5_800;
  await tick(world.ports, world.executions[0]!.input, run(world));
  expect(world.platform.looks).toBe(looks);
});

test('a loop that took over looks at the jobs of the one that slept once half of that sleep is over', async () => {
  const world = new World();
  await world.submit(1e9);
  await world.run(world.time + 3_600_000);
  const [asleep] = world.live();
  const [looks, gap] = [world.platform.looks, asleep!.at - world.time];
  world.time += gap * 0.6;
  await world.submit(1e9);
  await world.run(world.time + 14_000);
  expect(gap * 0.4).toBeGreaterThan(14_000);
  expect(world.platform.looks - looks).toBe(2);
});
