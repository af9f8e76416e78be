import { describe, expect, test } from 'vitest';
import { LAB } from '../support/world.ts';
import { setUp } from './rig.ts';

/** One request, brought by attempts of a Step Functions task: the same key, and a token of its own each time. */
function attempts(options: Parameters<typeof setUp>[0] = {}) {
  const { world, submit, submits } = setUp(options);
  const attempt = (taskToken: string) => submit({ idempotencyKey: 'k', common: { taskToken, deadlineSeconds: 3600 } });
  const end = () => world.platform.outcomes.set('t1', () => ({ kind: 'observed', status: 'SUCCEEDED' }));
  return { world, attempt, submits, end };
}

describe('the task token of a second attempt', () => {
  test('is completed with that of the first, when the job ends', async () => {
    const { world, attempt, submits, end } = attempts();
    const first = await attempt('first');
    expect(await attempt('second')).toMatchObject({ isNew: false, job: { id: first.job.id } });
    end();
    await world.run();
    expect(world.calledBack).toEqual(['first SUCCEEDED', 'second SUCCEEDED']);
    expect({ submits: submits(), events: world.events.length }).toEqual({ submits: 1, events: 1 });
    expect(await world.store.getJob(LAB, first.job.id)).not.toHaveProperty('taskTokens');
  });

  test('is completed where the job is over already: no second event, and its duration counts once', async () => {
    const { world, attempt, end } = attempts();
    end();
    const { job } = await attempt('first');
    await world.run();
    const counted = await world.store.getStats(LAB, 'op');
    await attempt('late');
    await world.run();
    expect(world.calledBack).toEqual(['first SUCCEEDED', 'late SUCCEEDED']);
    expect(world.events).toHaveLength(1);
    expect(await world.store.getStats(LAB, 'op')).toEqual(counted);
    const settled = await world.store.getJob(LAB, job.id);
    expect(settled).toHaveProperty('took');
    expect(settled).not.toHaveProperty('activeSince');
  });

  test('is completed where the platform had refused the job', async () => {
    const { world, attempt } = attempts({
      answer: () => ({ kind: 'refused', error: { code: 'NoPermission', message: 'no' } }),
    });
    await expect(attempt('first')).rejects.toThrow('no');
    await attempt('second');
    await world.run();
    expect({ calledBack: world.calledBack, events: world.events }).toEqual({
      calledBack: ['second FAILED'],
      events: [],
    });
  });

  test('is stored once, and of many the newest eight are kept', async () => {
    const { world, attempt, end } = attempts();
    for (const n of [1, 1, 2, 3, 4, 5, 6, 7, 8, 9]) await attempt(`token-${n}`);
    end();
    await world.run();
    expect(world.calledBack).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((n) => `token-${n} SUCCEEDED`));
  });

  test('is stored beside what the loop writes at the same time', async () => {
    const { world, attempt, end } = attempts();
    const { job } = await attempt('first');
    const { updateJob } = world.store;
    let before: typeof updateJob | undefined = updateJob.bind(world.store);
    world.store.updateJob = async (from, to) => {
      const write = before ?? updateJob.bind(world.store);
      if (before) {
        before = undefined;
        const current = (await world.store.getJob(LAB, job.id))!;
        await write(current, { ...current, progress: 50 });
      }
      return write(from, to);
    };
    expect((await attempt('second')).job).toMatchObject({ progress: 50 });
    end();
    await world.run();
    expect(world.calledBack).toEqual(['first SUCCEEDED', 'second SUCCEEDED']);
  });
});
