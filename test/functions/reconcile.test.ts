import { describe, expect, test } from 'vitest';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import { LAB, World } from '../support/world.ts';

const minutes = (n: number) => n * 60_000;

describe('reconcile', () => {
  test('leaves a healthy loop, and a connection without jobs, alone', async () => {
    const world = new World();
    expect(await reconcile(world.ports, [LAB])).toEqual([]);
    await world.submit(1e9);
    await world.run(world.time + minutes(30));
    expect(await reconcile(world.ports, [LAB])).toEqual([]);
    expect(world.executions).toHaveLength(1);
  });

  test('a loop that died is replaced, and its jobs end', async () => {
    const world = new World();
    const job = await world.submit(100);
    await world.run(world.time + 30_000);
    for (const execution of world.live()) execution.running = false;
    expect(await reconcile(world.ports, [LAB])).toEqual([{ connection: 'fake/lab', reason: 'loop-dead' }]);
    await world.run();
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUCCEEDED');
  });

  test('a loop that runs but does not tick is replaced, and ends when it wakes', async () => {
    const world = new World();
    await world.submit(1e9);
    await world.run(world.time + 30_000);
    const [stuck] = world.live();
    stuck!.at += minutes(60);
    world.time += minutes(5);
    expect(await reconcile(world.ports, [LAB])).toEqual([{ connection: 'fake/lab', reason: 'loop-stuck' }]);
    await world.run(world.time + minutes(120));
    expect(world.live().map(({ input }) => input.epoch)).toEqual([2]);
  });

  test('an execution that hangs before its first tick does not keep a job without a loop', async () => {
    const world = new World();
    const job = await world.submit(5);
    const [hanging] = world.live();
    hanging!.at += minutes(60);
    world.time += minutes(2);
    expect(await reconcile(world.ports, [LAB])).toEqual([{ connection: 'fake/lab', reason: 'jobs-without-loop' }]);
    await world.run(world.time + minutes(1));
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUCCEEDED');
    expect(world.live()).toEqual([hanging]);
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('a job whose submitter died before it woke the loop gets one', async () => {
    const world = new World();
    const job = world.job();
    await world.store.createJob(job);
    expect(await reconcile(world.ports, [LAB])).toEqual([]);
    world.time += minutes(2);
    expect(await reconcile(world.ports, [LAB])).toEqual([{ connection: 'fake/lab', reason: 'jobs-without-loop' }]);
    world.platform.outcomes.set(job.id, () => ({ kind: 'observed', status: 'SUCCEEDED' }));
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('one connection that cannot be examined keeps no other from its repair', async () => {
    const world = new World();
    const job = world.job();
    await world.store.createJob(job);
    world.time += minutes(2);
    const getLoop = world.store.getLoop.bind(world.store);
    world.store.getLoop = async (of) => {
      if (of.connection === 'broken') throw new Error('throttled');
      return getLoop(of);
    };
    const broken = { platform: 'fake', connection: 'broken' };
    expect(await reconcile(world.ports, [broken, LAB])).toHaveLength(1);
  });
});
