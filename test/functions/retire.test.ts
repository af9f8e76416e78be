import { describe, expect, test } from 'vitest';
import { REMOVED_GRACE_MS, retire } from '../../functions/reconcile/retire.ts';
import { wake } from '../../shared/loop/wake.ts';
import { LAB, World } from '../support/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OTHER = { platform: 'other', connection: 'lab' };

/** A world with some open jobs of a connection that every run of retire has seen so far. */
async function removed(jobs = 3) {
  const world = new World();
  const run = (configured = [OTHER]) => retire({ ...world.ports, store: world.store }, configured, world.time + 20_000);
  await run([LAB, OTHER]);
  for (let i = 0; i < jobs; i++) await world.submit(1e9, i === 0 ? { taskTokens: ['t'] } : {});
  await world.run(world.time + 30_000);
  // The loop's function does not know the connection any more, or is not there.
  for (const execution of world.executions) execution.running = false;
  return { world, run };
}

describe('a connection that was removed with open jobs', () => {
  test('ends them as LOST once, with one event each, completes task tokens and closes the loop', async () => {
    const { world, run } = await removed();
    expect(await run()).toEqual([]);
    world.time += REMOVED_GRACE_MS;
    expect(await run()).toEqual([{ connection: 'fake/lab', ended: 3 }]);
    expect(world.finished()).toEqual(['LOST', 'LOST', 'LOST']);
    expect(world.events[0]!.detail).toMatchObject({
      previousStatus: 'RUNNING',
      error: {
        code: 'ConnectionRemoved',
        outcomeUncertain: true,
        message: expect.stringContaining('fake/lab was removed'),
      },
    });
    expect(world.calledBack).toEqual(['t LOST']);
    expect(await world.store.activeJobs(LAB)).toEqual([]);
    expect(await world.store.getLoop(LAB)).toMatchObject({ state: 'closed', epoch: 2 });
    expect((await world.store.listJobs(LAB, { limit: 10 })).jobs.every(({ ttl }) => ttl! > 0)).toBe(true);
    world.time += MINUTE;
    expect(await run()).toEqual([]);
    expect(world.events).toHaveLength(3);
  });

  test('and put back within five minutes by a deploy that failed: its jobs go on', async () => {
    const { world, run } = await removed();
    await run();
    world.time += REMOVED_GRACE_MS - MINUTE;
    await run();
    await run([LAB, OTHER]);
    world.time += 2 * REMOVED_GRACE_MS;
    await run([LAB, OTHER]);
    expect(world.events).toEqual([]);
    // Taken out once more, it has its five minutes anew.
    await run();
    world.time += REMOVED_GRACE_MS - MINUTE;
    expect(await run()).toEqual([]);
    expect(world.events).toEqual([]);
  });

  test('and a job that the old version still took while the deploy was under way is ended too', async () => {
    const { world, run } = await removed();
    await run();
    world.time += REMOVED_GRACE_MS;
    await run();
    await world.store.createJob(world.job());
    world.time += MINUTE;
    expect(await run()).toEqual([{ connection: 'fake/lab', ended: 1 }]);
    expect(world.finished()).toHaveLength(4);
  });

  test('fences an execution of its loop that sleeps on', async () => {
    const { world, run } = await removed();
    world.executions[0]!.running = true;
    await run();
    world.time += REMOVED_GRACE_MS;
    await run();
    const looks = world.platform.looks;
    await world.run(world.time + HOUR);
    expect(world.platform.looks).toBe(looks);
    expect(world.live()).toEqual([]);
    expect(world.events).toHaveLength(3);
  });

  test('whose event the bus refuses, or whose task token Step Functions refuses: both are repeated every minute', async () => {
    const { world, run } = await removed();
    let open = false;
    world.busTakes = () => open;
    await run();
    world.time += REMOVED_GRACE_MS;
    await run();
    expect(await world.store.activeJobs(LAB)).toHaveLength(3);
    expect(await world.store.getLoop(LAB)).toMatchObject({ state: 'open' });
    open = true;
    world.time += MINUTE;
    await run();
    expect(world.finished()).toEqual(['LOST', 'LOST', 'LOST']);
    expect(await world.store.getLoop(LAB)).toMatchObject({ state: 'closed' });
  });

  test('is forgotten a day after it was removed, and is an ordinary connection when it comes back', async () => {
    const { world, run } = await removed();
    await run();
    world.time += REMOVED_GRACE_MS;
    await run();
    expect((await world.store.listConnections()).map(({ platform }) => platform)).toEqual(['fake', 'other']);
    world.time += 25 * HOUR;
    await run();
    expect((await world.store.listConnections()).map(({ platform }) => platform)).toEqual(['other']);
    await run([LAB, OTHER]);
    const job = await world.submit(60);
    await wake(world.ports, LAB, world.time, world.time);
    await world.run();
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUCCEEDED');
  });

  test('one that cannot be closed keeps no other from being closed', async () => {
    const { world, run } = await removed();
    const bad = { platform: 'bad', connection: 'lab' };
    await run([LAB, OTHER, bad]);
    await run();
    world.time += REMOVED_GRACE_MS;
    const read = world.store.getLoop.bind(world.store);
    world.store.getLoop = async (of) => {
      if (of.platform === 'bad') throw new Error('InternalServerError');
      return read(of);
    };
    expect(await run()).toEqual([{ connection: 'fake/lab', ended: 3 }]);
  });
});

test('a connection that is configured is never touched, whatever its loop does', async () => {
  const { world, run } = await removed();
  for (let hour = 0; hour < 30; hour++) {
    await run([LAB, OTHER]);
    world.time += HOUR;
  }
  expect(world.events).toEqual([]);
});
