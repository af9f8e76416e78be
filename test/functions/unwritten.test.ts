import { describe, expect, test } from 'vitest';
import { cancelJob } from '../../functions/cancel-job/cancel.ts';
import type { ActiveJob, Job } from '../../shared/job/job.ts';
import type { SubmitOutcome } from '../../shared/platforms/adapter.ts';
import { LAB, SILENT } from '../support/world.ts';
import { setUp } from './rig.ts';

type Write = (before: ActiveJob | Job, after: ActiveJob | Job) => Promise<Job | undefined>;

/** The table takes no write of a job while `fails`. */
function withTable(rig: ReturnType<typeof setUp>, fails: (write: number) => boolean, done = false) {
  const { world } = rig;
  const write: Write = world.store.updateJob.bind(world.store);
  let writes = 0;
  world.store.updateJob = async (before, after) => {
    const failing = fails(writes++);
    if (!failing || done) {
      const written = await write(before, after);
      if (!failing) return written;
    }
    throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
  };
  return {
    writes: () => writes,
    heal: () => {
      world.store.updateJob = write;
    },
  };
}

const accepted = (): SubmitOutcome => ({ kind: 'accepted', handle: { task: 't1' }, platformJobId: 't1' });
const pending = (): SubmitOutcome => ({ kind: 'pending', handle: { task: 't1' } });

describe('the platform took the submit, and the table does not take the answer', () => {
  test.each([
    ['accepted', accepted, 'QUEUED'],
    ['pending', pending, 'SUBMITTING'],
  ] as const)(
    '%s: it is written as soon as the table takes it, within the time of the function',
    async (_, answer, status) => {
      const rig = setUp({ answer });
      withTable(rig, (write) => write < 5);
      const { job } = await rig.submit();
      expect(job).toMatchObject({ status, handle: { task: 't1' } });
      expect(rig.submits()).toBe(1);
    },
  );

  test('written although the answer of the table was lost: it is one write, and the job is answered as it is', async () => {
    const rig = setUp({ answer: accepted });
    withTable(rig, (write) => write < 1, true);
    const { job } = await rig.submit();
    expect(job).toMatchObject({ status: 'QUEUED', handle: { task: 't1' }, rev: 2 });
  });

  test('to the end: the caller has the job, the loop is woken, and the handle is logged as an error', async () => {
    const rig = setUp({ answer: accepted });
    const errors: unknown[] = [];
    Object.assign(rig.world.ports, { log: { ...SILENT, error: (_: string, data: unknown) => errors.push(data) } });
    const table = withTable(rig, () => true);
    const before = rig.world.time;
    const { job, isNew } = await rig.submit({ idempotencyKey: 'k' });
    expect({ status: job.status, isNew }).toEqual({ status: 'SUBMITTING', isNew: true });
    expect(table.writes()).toBeGreaterThan(4);
    expect(rig.world.time - before).toBeLessThan(10_000);
    expect(rig.world.live()).toHaveLength(1);
    expect(errors).toEqual([expect.objectContaining({ job: `fake/lab/${job.id}`, handle: { task: 't1' } })]);
    table.heal();
    expect(await rig.submit({ idempotencyKey: 'k' })).toMatchObject({ isNew: false, job: { id: job.id } });
    expect(rig.submits()).toBe(1);
  });

  test('and where the platform can be searched, the job is found and ends as it ended there', async () => {
    const rig = setUp({ answer: accepted, find: accepted as never });
    const table = withTable(rig, () => true);
    await rig.submit();
    table.heal();
    rig.world.platform.outcomes.set('t1', () => ({ kind: 'observed', status: 'SUCCEEDED' }));
    await rig.world.run();
    expect(rig.world.finished()).toEqual(['SUCCEEDED']);
  });

  test('a refusal is answered as one although it cannot be written', async () => {
    const rig = setUp({
      answer: () => ({ kind: 'refused', error: { code: 'InvalidName', message: 'No such name.' } }),
    });
    withTable(rig, () => true);
    await expect(rig.submit()).rejects.toMatchObject({ problem: 'platform-refused' });
    // Nobody but the loop can end it now.
    expect(rig.world.live()).toHaveLength(1);
  });

  test('an error that waiting does not cure is not waited for', async () => {
    const rig = setUp({ answer: accepted });
    rig.world.store.updateJob = async () => {
      throw Object.assign(new Error('full'), { name: 'ItemCollectionSizeLimitExceededException' });
    };
    const before = rig.world.time;
    expect((await rig.submit()).job.status).toBe('SUBMITTING');
    expect(rig.world.time).toBe(before);
    expect(rig.world.live()).toHaveLength(1);
  });
});

test('an adoption whose look showed an end is put into the table as soon as it takes it', async () => {
  const { world, submit } = setUp();
  const create = world.store.createJob.bind(world.store);
  let failures = 0;
  world.store.createJob = async (job) => {
    if (failures++ < 3) throw new Error('InternalServerError');
    return create(job);
  };
  world.platform.outcomes.set('task-1', () => ({ kind: 'observed', status: 'SUCCEEDED' }));
  const { job } = await submit({ adopt: true, request: { operation: 'op', adopt: { task: 'task-1' } } });
  expect(job.status).toBe('SUCCEEDED');
  await world.run();
  expect(world.finished()).toEqual(['SUCCEEDED']);
});

describe('the platform took the cancel, and the table does not take the answer', () => {
  test('it is written as soon as the table takes it, and the platform is not asked again', async () => {
    let sent = 0;
    const rig = setUp({
      cancel: () => {
        sent++;
        return { kind: 'accepted', handle: { task: 'undo' } };
      },
    });
    const { job } = await rig.submit();
    withTable(rig, (write) => write >= 1 && write < 5);
    expect(await cancelJob(rig.world.ports, rig.platform, LAB, job.id)).toMatchObject({
      cancelSentAt: expect.any(Number),
      handle: { task: 'undo' },
    });
    expect(sent).toBe(1);
  });

  test('to the end: the handle is logged as an error, and the loop, which is woken, asks again', async () => {
    let sent = 0;
    const rig = setUp({
      cancel: () => {
        sent++;
        return { kind: 'accepted', handle: { task: 'undo' } };
      },
    });
    const errors: unknown[] = [];
    const ports = { ...rig.world.ports, log: { ...SILENT, error: (_: string, data: unknown) => errors.push(data) } };
    const { job } = await rig.submit();
    const table = withTable(rig, (write) => write >= 1);
    expect(await cancelJob(ports, rig.platform, LAB, job.id)).toMatchObject({ cancelRequestedAt: expect.any(Number) });
    expect(errors).toEqual([expect.objectContaining({ handle: { task: 'undo' } })]);
    table.heal();
    await rig.world.run(rig.world.time + 10_000);
    expect(sent).toBe(2);
    expect(await rig.world.store.getJob(LAB, job.id)).toMatchObject({ handle: { task: 'undo' } });
  });
});
