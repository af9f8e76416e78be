import { describe, expect, test } from 'vitest';
import type { SubmitOutcome } from '../../shared/platforms/adapter.ts';
import { healthOf, NO_LOOP } from '../../shared/store/loop-item.ts';
import { LAB } from '../support/world.ts';
import { problemOf, setUp } from './rig.ts';

const refused: SubmitOutcome = { kind: 'refused', error: { code: 'InvalidName', message: 'No such name.' } };
const unavailable: SubmitOutcome = { kind: 'unavailable', error: { code: 'http.refused', message: 'refused.' } };

describe('what the platform never had', () => {
  test.each([
    ['refused', refused, 422],
    ['not reached', unavailable, 503],
  ] as const)(
    'a submit that is %s leaves no job in the list and no event, however often it is tried',
    async (_, answer, status) => {
      const { world, submit } = setUp({ answer: () => answer });
      for (const idempotencyKey of ['k', 'k', undefined]) {
        const problem = await submit({ idempotencyKey }).then(
          () => undefined,
          (error) => error,
        );
        // A key that was refused answers with what it made.
        if (problem) expect(problem).toMatchObject({ status });
      }
      await world.run();
      for (const query of [{ limit: 10 }, { limit: 10, status: 'FAILED' as const }, { limit: 1 }]) {
        expect((await world.store.listJobs(LAB, query)).jobs).toEqual([]);
      }
      expect(world.events).toEqual([]);
    },
  );

  test('a refused one is found by its id, and by its key, as the answer said', async () => {
    const { world, submit } = setUp({ answer: () => refused });
    const problem = await problemOf(submit({ idempotencyKey: 'k' }));
    const { id } = problem.extra.job as { id: string };
    expect(await world.store.getJob(LAB, id)).toMatchObject({ status: 'FAILED', error: { code: 'InvalidName' } });
    expect(await submit({ idempotencyKey: 'k' })).toMatchObject({ isNew: false, job: { id, status: 'FAILED' } });
  });

  test('hides no other job of the connection', async () => {
    let answer: SubmitOutcome = { kind: 'accepted', handle: { task: 't' } };
    const { world, submit } = setUp({ answer: () => answer });
    const { job } = await submit();
    answer = unavailable;
    for (let i = 0; i < 5; i++) await problemOf(submit());
    expect((await world.store.listJobs(LAB, { limit: 1 })).jobs.map(({ id }) => id)).toEqual([job.id]);
  });
});

describe('a connection that a submit did not reach', () => {
  test('is shown as DOWN with the reason, until a tick or a check has found out more', async () => {
    const { world, submit } = setUp({ answer: () => unavailable });
    await problemOf(submit());
    const loop = await world.store.getLoop(LAB);
    expect(healthOf(loop)).toEqual({ status: 'DOWN', since: world.time, reason: 'http.refused: refused.' });
    expect(healthOf({ ...loop, heartbeatAt: world.time + 1 })).toEqual(NO_LOOP.health);
    expect(healthOf({ ...loop, checkedAt: world.time + 1 })).toEqual(NO_LOOP.health);
    const before = { status: 'DOWN', since: 5, reason: 'InvalidLogin: wrong password' } as const;
    expect(healthOf({ ...loop, health: before })).toEqual(before);
  });

  test('is answered with 503 all the same where that cannot be noted', async () => {
    const { world, submit } = setUp({ answer: () => unavailable });
    world.store.noteUnavailable = async () => {
      throw new Error('throttled');
    };
    expect(await problemOf(submit())).toMatchObject({ problem: 'platform-unavailable' });
  });
});
