import { describe, expect, test } from 'vitest';
import { reconcile, reconcileFailed } from '../../functions/reconcile/reconcile.ts';
import { failedExecution } from '../../shared/loop/execution-events.ts';
import { LAB, SILENT, World } from '../support/world.ts';

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

  test('a loop that died in its sleep is replaced in the minute after it should have ticked, and its jobs end', async () => {
    const world = new World();
    const job = await world.submit(100);
    await world.run(world.time + 30_000);
    for (const execution of world.live()) execution.running = false;
    const { wakeAt } = await world.store.getLoop(LAB);
    world.time = wakeAt + 5_000;
    expect(await reconcile(world.ports, [LAB])).toEqual([]);
    world.time = wakeAt + 5_001;
    expect(await reconcile(world.ports, [LAB])).toEqual([{ connection: 'fake/lab', reason: 'loop-dead' }]);
    await world.run();
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUCCEEDED');
  });

  test('Step Functions is not asked about loops that are not late: their number costs no call', async () => {
    const world = new World();
    await world.submit(1e9);
    await world.run(world.time + minutes(30));
    const asked = counted(world);
    world.time = (await world.store.getLoop(LAB)).wakeAt + 5_000;
    await reconcile(world.ports, [LAB]);
    expect(asked()).toBe(0);
    world.time += 1;
    await reconcile(world.ports, [LAB]);
    expect(asked()).toBe(1);
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
    world.time += minutes(3);
    expect(await reconcile(world.ports, [LAB])).toEqual([{ connection: 'fake/lab', reason: 'jobs-without-loop' }]);
    await world.run(world.time + minutes(1));
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUCCEEDED');
    expect(world.live()).toEqual([hanging]);
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('while nothing can run, as when Lambda has no room, the minutes do not pile up executions', async () => {
    const world = new World();
    await world.submit(1e9);
    await world.run(world.time + 30_000);
    // Step Functions repeats the calls of check-jobs, all of which are refused.
    world.live()[0]!.at = Number.POSITIVE_INFINITY;
    for (let minute = 0; minute < 20; minute++) {
      world.time += minutes(1);
      await reconcile(world.ports, [LAB]);
      for (const execution of world.live()) execution.at = Number.POSITIVE_INFINITY;
    }
    // One each two and a half minutes, in minutes that are whole.
    expect(world.live().length).toBeLessThanOrEqual(1 + Math.ceil(20 / 3));
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

  test('it stops before its time is over, and says which connections it has not examined', async () => {
    const lines: unknown[] = [];
    const counts: string[] = [];
    const world = new World({
      log: { ...SILENT, warn: (message, fields) => void lines.push([message, fields]) },
      metrics: { count: (name, _value, of) => void counts.push(`${name} ${of!.connection}`) },
    });
    const connections = Array.from({ length: 40 }, (_, i) => ({ platform: 'fake', connection: `c${i}` }));
    let examined = 0;
    const getLoop = world.store.getLoop.bind(world.store);
    world.store.getLoop = (of) => {
      if (++examined === 10) world.time += 25_000;
      return getLoop(of);
    };
    await reconcile(world.ports, connections, world.time + 25_000);
    expect(examined).toBeLessThan(40);
    expect(counts).toHaveLength(40 - examined);
    expect(new Set(counts).size).toBe(40 - examined);
    expect(lines).toEqual([
      [
        'no time left to examine these connections',
        { count: 40 - examined, loops: expect.arrayContaining([expect.stringMatching(/^fake\/c\d+$/)]) },
      ],
    ]);
  });

  test('the order is another one each time, so that it is not the same connections that find no time', async () => {
    const connections = Array.from({ length: 10 }, (_, i) => ({ platform: 'fake', connection: `c${i}` }));
    const orders = await Promise.all(
      [0, 0.999].map(async (drawn) => {
        const world = new World({ random: () => drawn });
        const order: string[] = [];
        const getLoop = world.store.getLoop.bind(world.store);
        world.store.getLoop = (of) => {
          order.push(of.connection);
          return getLoop(of);
        };
        await reconcile(world.ports, connections);
        return order;
      }),
    );
    expect(orders[0]).not.toEqual(orders[1]);
    for (const order of orders) expect(order.toSorted()).toEqual(connections.map(({ connection }) => connection));
  });
});

describe('an event that an execution has failed', () => {
  const failed = { ...LAB, epoch: 1, status: 'FAILED', lifetime: 60_000 } as const;

  async function asleep() {
    const world = new World();
    await world.submit(1e9);
    await world.run(world.time + 30_000);
    for (const execution of world.live()) execution.running = false;
    return world;
  }

  test('replaces the loop at once, without a question to Step Functions about the one that failed', async () => {
    const world = await asleep();
    const asked = counted(world);
    expect(await reconcileFailed(world.ports, failed)).toEqual([{ connection: 'fake/lab', reason: 'loop-dead' }]);
    expect(world.live().map(({ name }) => name)).toEqual(['lab-2']);
    // About the successor's name.
    expect(asked()).toBe(1);
  });

  test('of a loop that has a successor, or has closed, changes nothing', async () => {
    const world = await asleep();
    await world.store.takeEpoch(LAB, 2, world.time);
    expect(await reconcileFailed(world.ports, failed)).toEqual([]);
    const over = new World();
    await over.submit(5);
    await over.run();
    expect(await reconcileFailed(over.ports, { ...failed, status: 'ABORTED' })).toEqual([]);
  });

  test('that failed as soon as it was started is left to the minute: it would fail again, as often as it is started', async () => {
    const world = await asleep();
    for (const status of ['FAILED', 'TIMED_OUT'] as const) {
      expect(await reconcileFailed(world.ports, { ...failed, status, lifetime: 59_999 })).toEqual([]);
    }
    // Somebody has stopped it: that is no fault of its own.
    expect(await reconcileFailed(world.ports, { ...failed, status: 'ABORTED', lifetime: 0 })).toHaveLength(1);
  });

  test('is read from what Step Functions puts on the bus; the event of the schedule is none', () => {
    const detail = {
      executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:loop:dc-1_a-12',
      stateMachineArn: 'arn:loop',
      name: 'dc-1_a-12',
      status: 'TIMED_OUT',
      startDate: 1_548_148_840_101,
      stopDate: 1_548_148_900_101,
      input: '{}',
    };
    const event = { source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', detail };
    const platformOf = (arn: string) => (arn === 'arn:loop' ? 'vsphere' : undefined);
    const read = (changes: object) => failedExecution({ ...event, detail: { ...detail, ...changes } }, platformOf);
    expect(read({})).toEqual({
      platform: 'vsphere',
      connection: 'dc-1_a',
      epoch: 12,
      status: 'TIMED_OUT',
      lifetime: 60_000,
    });
    expect(read({ status: 'SUCCEEDED' })).toBeUndefined();
    expect(read({ stateMachineArn: 'arn:other' })).toBeUndefined();
    expect(read({ name: 'by-hand' })).toBeUndefined();
    expect(read({ startDate: undefined })).toMatchObject({ lifetime: 0 });
    for (const other of [undefined, null, {}, { 'detail-type': 'Scheduled Event', detail: {} }]) {
      expect(failedExecution(other, platformOf)).toBeUndefined();
    }
  });
});

/** Calls of DescribeExecution. */
function counted(world: World): () => number {
  let calls = 0;
  const { runningSince } = world.ports.executions;
  world.ports.executions.runningSince = (of, epoch) => {
    calls++;
    return runningSince(of, epoch);
  };
  return () => calls;
}
