import type { SendTaskFailureCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { cancelJob } from '../../functions/cancel-job/cancel.ts';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import { presentable } from '../../shared/job/result.ts';
import { StepFunctionsCallbacks } from '../../shared/loop/executions.ts';
import { wake } from '../../shared/loop/wake.ts';
import type { CancelOutcome, PlatformConnection } from '../../shared/platforms/adapter.ts';
import { cpuMs } from '../support/cpu-time.ts';
import { LAB, SILENT, World } from '../support/world.ts';

const minutes = (n: number) => n * 60_000;

/** The world's platform with a cancel of the test's own. */
function withCancel(world: World, cancel: PlatformConnection['cancel']): PlatformConnection {
  const platform: PlatformConnection = Object.assign(Object.create(world.platform), { cancel });
  Object.assign(world.ports, { platform });
  return platform;
}

describe('on a bad day', () => {
  test('a task token that cannot be completed yet repeats the callback, not the event', async () => {
    let calls = 0;
    const world = new World({
      callbacks: {
        complete: async () => {
          if (++calls < 4) throw new Error('throttled');
        },
      },
    });
    const job = await world.submit(5, { taskTokens: ['token'] });
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
    expect(calls).toBe(4);
    expect(await world.store.getJob(LAB, job.id)).not.toHaveProperty('taskTokens');
  });

  test('a job with thousands of parts still fits into a failed callback, as JSON', async () => {
    const sent: SendTaskFailureCommand[] = [];
    const client = { send: async (command: SendTaskFailureCommand) => sent.push(command) };
    const callbacks = new StepFunctionsCallbacks(SILENT, client as never);
    const parts = Array.from({ length: 5000 }, (_, i) => ({ id: `i-${i}`, status: 'FAILED' as const, message: 'm' }));
    const view = { id: 'x', status: 'FAILED', parts, error: { code: 'X', message: 'm', details: {} } };
    await callbacks.complete('token', view as never);
    const { cause } = sent[0]!.input;
    expect(cause!.length).toBeLessThanOrEqual(32_768);
    expect(JSON.parse(cause!)).toMatchObject({ id: 'x', error: { code: 'X', message: 'm' } });
  });

  test('jobs that cannot be written keep no other from its end', async () => {
    const world = new World();
    const bad = new Set((await Promise.all(Array.from({ length: 30 }, () => world.submit(5)))).map(({ id }) => id));
    await world.submit(5);
    const updateJob = world.store.updateJob.bind(world.store);
    world.store.updateJob = async (before, after) => {
      if (bad.has(before.id)) throw new Error('ValidationException');
      return updateJob(before, after);
    };
    await world.run(world.time + 20_000);
    expect(world.finished()).toEqual(['SUCCEEDED']);
    world.store.updateJob = updateJob;
    await world.run();
    expect(world.finished()).toHaveLength(31);
  });

  test('whatever a platform says fits an item and an event', () => {
    const long = '\u{1F600}'.repeat(5000);
    const parts = Array.from({ length: 20_000 }, (_, i) => ({
      id: `${long}${i}`,
      name: long,
      status: 'FAILED' as const,
      message: long,
    }));
    const details = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key${i}`, i]));
    const said: CheckOutcome = {
      kind: 'observed',
      status: 'FAILED',
      message: long,
      platformJobId: long,
      resource: { type: long, id: long },
      result: details,
      parts,
      error: { code: long, message: long, details },
    };
    let shown: object = {};
    expect(cpuMs(() => (shown = presentable(said)))).toBeLessThan(2_000);
    expect(Buffer.byteLength(JSON.stringify(shown))).toBeLessThan(150_000);
  });

  test('a cancel that comes as the job ends changes nothing of it, and says so', async () => {
    const world = new World();
    const job = await world.submit(1);
    let asked = 0;
    const platform = withCancel(world, async () => {
      asked++;
      return { kind: 'refused', error: { code: 'InvalidState', message: 'over' } };
    });
    const updateJob = world.store.updateJob.bind(world.store);
    world.store.updateJob = async (before, after) => {
      world.store.updateJob = updateJob;
      await world.run(world.time + 14_000);
      return updateJob(before, after);
    };
    await expect(cancelJob(world.ports, platform, LAB, job.id)).rejects.toMatchObject({ problem: 'job-over' });
    const stored = (await world.store.getJob(LAB, job.id))!;
    expect(stored).toMatchObject({ status: 'SUCCEEDED' });
    expect(stored).not.toHaveProperty('message');
    expect(asked).toBe(0);
  });

  test('a cancel that the platform does not take is told again within seconds, then more rarely', async () => {
    const world = new World();
    const job = await world.submit(1e9);
    await world.run(world.time + minutes(60));
    const at: number[] = [];
    const platform = withCancel(world, async (): Promise<CancelOutcome> => {
      at.push(world.time);
      return at.length < 5 ? { kind: 'transient', code: 'busy', message: 'm' } : { kind: 'accepted' };
    });
    const start = world.time;
    await cancelJob(world.ports, platform, LAB, job.id);
    await world.run(start + minutes(3));
    expect(at).toHaveLength(5);
    expect(at[1]! - start).toBeLessThanOrEqual(10_000);
  });

  test('a cancel whose function died before it woke the loop is told by the next request, or by reconcile', async () => {
    const world = new World();
    const job = await world.submit(1e9);
    await world.run(world.time + minutes(60));
    let told = 0;
    withCancel(world, async () => {
      told++;
      return { kind: 'accepted' };
    });
    const current = (await world.store.getJob(LAB, job.id))!;
    await world.store.updateJob(current, { ...current, cancelRequestedAt: world.time });
    expect(await reconcile(world.ports, [LAB])).toEqual([{ connection: 'fake/lab', reason: 'overdue' }]);
    await world.run(world.time + 5_000);
    expect(told).toBe(1);
  });

  test('cancels that hang do not keep the looks from being made', async () => {
    const world = new World();
    const hanging = await Promise.all(Array.from({ length: 8 }, () => world.submit(1e9)));
    const job = await world.submit(5);
    withCancel(world, () => Promise.reject(new Error('never answers')));
    for (const one of hanging) {
      const current = (await world.store.getJob(LAB, one.id))!;
      await world.store.updateJob(current, { ...current, cancelRequestedAt: world.time });
    }
    await world.run(world.time + 30_000);
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUCCEEDED');
  });

  test("an end that somebody else's write got in the way of is written at once all the same", async () => {
    const world = new World();
    const job = await world.submit(1);
    const updateJob = world.store.updateJob.bind(world.store);
    world.store.updateJob = async (before, after) => {
      if (after.status !== 'SUCCEEDED') return updateJob(before, after);
      world.store.updateJob = updateJob;
      const current = (await world.store.getJob(LAB, job.id))!;
      await updateJob(current, { ...current, labels: { written: 'meanwhile' } });
      return updateJob(before, after);
    };
    await world.run(world.time + 14_000);
    expect(world.events[0]!.detail).toMatchObject({ status: 'SUCCEEDED', labels: { written: 'meanwhile' } });
  });

  test('a backlog of ends is worked off in parts when the time of a tick is short', async () => {
    const world = new World();
    const put = world.ports.bus.publish;
    world.ports.bus.publish = async (events) => {
      world.time += 10_000;
      return put(events);
    };
    for (let i = 0; i < 2_000; i++) {
      const job = world.job({ status: 'FAILED' });
      await world.store.createJob({ ...job, owed: { eventId: `${job.id}-FAILED`, previousStatus: 'RUNNING' } });
    }
    await wake(world.ports, LAB, world.time, world.time);
    await world.run();
    const told = world.events.map(({ detail }) => detail.eventId);
    expect(new Set(told).size).toBe(2_000);
    expect(told.length).toBe(2_000);
  });

  test('a submit that is still under way is not given up for its short deadline', async () => {
    const world = new World();
    const { handle: _none, ...job } = world.job({ status: 'SUBMITTING', deadline: world.time + 30_000 });
    await world.store.createJob(job);
    await world.ports.executions.start(LAB, 1);
    await world.run(world.time + 29_000);
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUBMITTING');
  });

  test('a table that takes the job but not the signal is no error of the submit', async () => {
    const world = new World();
    world.store.signalLoop = async () => {
      throw new Error('throttled');
    };
    await expect(wake(world.ports, LAB, world.time, world.time)).resolves.toBeUndefined();
  });

  test('one job that may not be read takes no connection down', async () => {
    const world = new World();
    const forbidden = await world.submit(1e9);
    world.platform.outcomes.set(forbidden.id, () => ({ kind: 'permanent', code: 'NoPermission', message: 'm' }));
    for (let i = 0; i < 20; i++) await world.submit(1e9);
    await world.run(world.time + minutes(240));
    expect(world.events).toEqual([]);
  });

  test('a Retry-After of a year is not obeyed', async () => {
    const world = new World();
    const job = await world.submit(minutes(30) / 1000);
    const ends = world.platform.outcomes.get(job.id)!;
    let throttled = true;
    world.platform.outcomes.set(job.id, (now) => {
      if (!throttled) return ends(now);
      throttled = false;
      return { kind: 'transient', code: '429', message: 'm', retryAfterSeconds: 31_536_000 };
    });
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });
});
