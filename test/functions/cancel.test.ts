import { describe, expect, test } from 'vitest';
import { cancelJob } from '../../functions/cancel-job/cancel.ts';
import { LAB } from '../support/world.ts';
import { problemOf, setUp } from './rig.ts';

describe('cancel', () => {
  test('is a request: the job is CANCELED when the platform says so', async () => {
    const { world, platform, submit } = setUp({ cancel: () => ({ kind: 'accepted' }) });
    const { job } = await submit();
    const canceling = await cancelJob(world.ports, platform, LAB, job.id);
    expect(canceling).toMatchObject({ status: 'QUEUED', cancelRequestedAt: world.time, cancelSentAt: world.time });
    world.platform.outcomes.set('t1', () => ({ kind: 'observed', status: 'CANCELED' }));
    const start = world.time;
    await world.run();
    expect(world.finished()).toEqual(['CANCELED']);
    expect(world.time - start).toBeLessThanOrEqual(5_000);
  });

  test('several requests are one', async () => {
    let sent = 0;
    const { world, platform, submit } = setUp({
      cancel: () => {
        sent++;
        return { kind: 'accepted' };
      },
    });
    const { job } = await submit();
    for (let i = 0; i < 3; i++) await cancelJob(world.ports, platform, LAB, job.id);
    expect(sent).toBe(1);
  });

  test('what the platform did not take the loop tells it again', async () => {
    let sent = 0;
    const { world, platform, submit } = setUp({
      cancel: () => (sent++ === 0 ? { kind: 'transient', code: 'http.reset', message: 'reset' } : { kind: 'accepted' }),
    });
    const { job } = await submit();
    expect(await cancelJob(world.ports, platform, LAB, job.id)).toMatchObject({ status: 'QUEUED' });
    await world.run(world.time + 30_000);
    expect(sent).toBe(2);
    expect(await world.store.getJob(LAB, job.id)).toMatchObject({ cancelSentAt: expect.any(Number) });
  });

  test('a refusal is told, and the job goes on', async () => {
    const { world, platform, submit } = setUp({
      cancel: () => ({ kind: 'refused', error: { code: 'NotSupported', message: 'not cancelable' } }),
    });
    const { job } = await submit();
    const problem = await problemOf(cancelJob(world.ports, platform, LAB, job.id));
    expect(problem).toMatchObject({ status: 409, problem: 'cancel-refused' });
    expect(await world.store.getJob(LAB, job.id)).not.toHaveProperty('cancelRequestedAt');
  });

  test('a job that is over: 409; an unknown one: 404; a platform without cancel: 501', async () => {
    const { world, platform, submit } = setUp();
    const { job } = await submit();
    expect(await problemOf(cancelJob(world.ports, platform, LAB, job.id))).toMatchObject({ status: 501 });
    world.platform.outcomes.set('t1', () => ({ kind: 'observed', status: 'SUCCEEDED' }));
    await world.run();
    const over = await problemOf(cancelJob(world.ports, platform, LAB, job.id));
    expect(over.toJSON()).toMatchObject({ status: 409, jobStatus: 'SUCCEEDED' });
    expect(await problemOf(cancelJob(world.ports, platform, LAB, '01KSN0000000000000000000ZZ'))).toMatchObject({
      status: 404,
    });
  });
});
