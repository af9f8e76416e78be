import { describe, expect, test } from 'vitest';
import { KEEP_FINISHED_DAYS } from '../../shared/job/retention.ts';
import type { SubmitOutcome } from '../../shared/platforms/adapter.ts';
import { BOUNDS, LAB } from '../support/world.ts';
import { problemOf, setUp } from './rig.ts';

describe('submit', () => {
  test('the intent is in the table before the platform is called', async () => {
    const seen: unknown[] = [];
    const { world, submit } = setUp({
      answer: () => {
        seen.push(...structuredClone([...world.store.items.values()]));
        return { kind: 'accepted', handle: { task: 't' } };
      },
    });
    await submit();
    expect(seen).toMatchObject([{ status: 'SUBMITTING', intent: { marker: 'intent' } }]);
  });

  test('an accepted job is QUEUED, its loop runs, and it ends with one event', async () => {
    const { world, submit } = setUp();
    const { job, isNew, firstLookSeconds } = await submit({ common: { labels: { team: 'a' } } });
    expect({ isNew, firstLookSeconds }).toEqual({ isNew: true, firstLookSeconds: 13 });
    expect(job).toMatchObject({ status: 'QUEUED', platformJobId: 't1', labels: { team: 'a' } });
    world.platform.outcomes.set('t1', () => ({
      kind: 'observed',
      status: 'FAILED',
      error: { code: 'X', message: 'm' },
    }));
    await world.run();
    expect(world.events.map((event) => event.detail)).toMatchObject([{ status: 'FAILED', labels: { team: 'a' } }]);
  });

  test('same key, same request: the same job, submitted once, whatever the order of its keys', async () => {
    const { submit, submits } = setUp();
    const first = await submit({ idempotencyKey: 'k', request: { operation: 'op', a: 1, b: 2 } });
    const again = await submit({ idempotencyKey: 'k', request: { b: 2, a: 1, operation: 'op' } });
    expect(again).toMatchObject({ isNew: false, job: { id: first.job.id } });
    expect(submits()).toBe(1);
  });

  test('same key, another request: 422 that names the job', async () => {
    const { submit } = setUp();
    const { job } = await submit({ idempotencyKey: 'k' });
    const problem = await problemOf(submit({ idempotencyKey: 'k', request: { operation: 'other' } }));
    expect(problem).toMatchObject({ status: 422, problem: 'idempotency-conflict' });
    expect(problem.message).toContain(job.id);
  });

  test('two requests with one key at the same time submit once', async () => {
    const { submit, submits } = setUp();
    const both = await Promise.all([1, 2, 3].map((n) => submit({ idempotencyKey: 'k', submitter: `r${n}` })));
    expect(submits()).toBe(1);
    expect(new Set(both.map(({ job }) => job.id)).size).toBe(1);
    expect(both.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  test('a claim whose request died before the job was written is taken up by the next', async () => {
    const { world, submit, submits } = setUp();
    const createJob = world.store.createJob.bind(world.store);
    world.store.createJob = async () => {
      throw new Error('died');
    };
    await expect(submit({ idempotencyKey: 'k' })).rejects.toThrow('died');
    world.store.createJob = createJob;
    expect(await submit({ idempotencyKey: 'k' })).toMatchObject({ isNew: true, job: { status: 'QUEUED' } });
    expect(submits()).toBe(1);
  });

  test("a refusal is the platform's own error; the job is kept for its key, without an event", async () => {
    const { world, submit, submits } = setUp({
      answer: () => ({ kind: 'refused', error: { code: 'NoPermission', message: 'no' } }),
    });
    const problem = await problemOf(submit({ idempotencyKey: 'k' }));
    expect(problem).toMatchObject({ status: 422, extra: { error: { code: 'NoPermission' } } });
    const again = await submit({ idempotencyKey: 'k' });
    expect(again).toMatchObject({ isNew: false, job: { status: 'FAILED', error: { code: 'NoPermission' } } });
    await world.run();
    expect({ events: world.events, submits: submits() }).toEqual({ events: [], submits: 1 });
  });

  test('a platform that was not reached: 503, and the key is free for the next try', async () => {
    let up = false;
    const { submit } = setUp({
      answer: () =>
        up
          ? { kind: 'accepted', handle: { task: 't' } }
          : { kind: 'unavailable', error: { code: 'http.refused', message: 'refused.' }, retryAfterSeconds: 7 },
    });
    const problem = await problemOf(submit({ idempotencyKey: 'k' }));
    expect(problem).toMatchObject({ status: 503, problem: 'platform-unavailable', headers: { 'retry-after': '7' } });
    expect(problem.extra).toMatchObject({ error: { retryable: true } });
    up = true;
    expect(await submit({ idempotencyKey: 'k' })).toMatchObject({ isNew: true });
  });

  test('a platform that does not let us in: 503 that is not to be repeated, and the key is free once that is repaired', async () => {
    let repaired = false;
    const refusal = { code: 'InvalidLogin', message: 'Login was answered with InvalidLogin', retryable: false };
    const { world, submit } = setUp({
      answer: () => (repaired ? { kind: 'accepted', handle: { task: 't' } } : { kind: 'unavailable', error: refusal }),
    });
    const problem = await problemOf(submit({ idempotencyKey: 'k' }));
    expect(problem).toMatchObject({ status: 503, problem: 'connection-unusable', extra: { error: refusal } });
    expect(problem.headers).toEqual({});
    expect(problem.message).toBe(
      'Login was answered with InvalidLogin. Nothing was started. It fails in the same way until the connection is repaired (its url, its certificate or its secret); then it may be sent again.',
    );
    const jobs = [...world.store.items.values()].filter((item) => 'status' in item);
    expect(jobs).toMatchObject([{ status: 'FAILED', error: { retryable: false } }]);
    repaired = true;
    expect(await submit({ idempotencyKey: 'k' })).toMatchObject({ isNew: true });
  });

  test('a platform that was not reached, and a submitter that dies of it: the key is free all the same', async () => {
    let up = false;
    const { world, submit } = setUp({
      answer: () =>
        up
          ? { kind: 'accepted', handle: { task: 't' } }
          : { kind: 'unavailable', error: { code: 'http.refused', message: 'refused.' } },
    });
    const updateJob = world.store.updateJob.bind(world.store);
    for (const step of ['before', 'after']) {
      world.store.updateJob = async (before, after) => {
        if (step === 'after') await updateJob(before, after);
        throw new Error('died');
      };
      await expect(submit({ idempotencyKey: step })).rejects.toThrow('refused');
    }
    world.store.updateJob = updateJob;
    up = true;
    for (const idempotencyKey of ['before', 'after']) {
      expect(await submit({ idempotencyKey })).toMatchObject({ isNew: true, job: { status: 'QUEUED' } });
    }
  });

  test('an unanswered submit is looked for, not repeated, and goes on once it is found', async () => {
    let there = false;
    const { world, submit, submits } = setUp({
      answer: () => ({ kind: 'unknown', error: { code: 'http.timeout', message: 'no answer' } }),
      find: () =>
        there
          ? { kind: 'accepted', handle: { task: 'found' }, platformJobId: 'found' }
          : { kind: 'absent', message: 'no' },
    });
    const { job } = await submit();
    expect(job).toMatchObject({ status: 'SUBMITTING', unknown: { reason: 'http.timeout: no answer' } });
    await world.run(world.time + 20_000);
    there = true;
    world.platform.outcomes.set('found', () => ({ kind: 'observed', status: 'SUCCEEDED' }));
    await world.run();
    expect(submits()).toBe(1);
    expect(await world.store.getJob(LAB, job.id)).toMatchObject({ status: 'SUCCEEDED', platformJobId: 'found' });
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test("an unanswered submit that never turns up is LOST after the platform's time, and says why", async () => {
    const { world, submit } = setUp({
      answer: () => ({ kind: 'unknown', error: { code: 'http.reset', message: 'reset' } }),
      find: () => ({ kind: 'absent', message: 'not among the recent tasks' }),
    });
    const start = world.time;
    const { job } = await submit();
    await world.run();
    const lost = (await world.store.getJob(LAB, job.id))!;
    expect(lost).toMatchObject({
      status: 'LOST',
      error: { code: 'SubmitUnconfirmed', message: 'not among the recent tasks' },
    });
    expect(lost.completedAt! - start).toBeGreaterThanOrEqual(BOUNDS.findSubmittedSeconds * 1000);
    expect(world.finished()).toEqual(['LOST']);
  });

  test('what is found for an unanswered submit is not taken from another job', async () => {
    const answers: SubmitOutcome[] = [
      { kind: 'accepted', handle: { task: 'task-1' }, platformJobId: 'task-1' },
      { kind: 'unknown', error: { code: 'http.reset', message: 'reset' } },
      { kind: 'unknown', error: { code: 'http.reset', message: 'reset' } },
    ];
    let found = 'task-1';
    const { world, submit } = setUp({
      answer: () => answers.shift()!,
      find: () => ({ kind: 'accepted', handle: { task: found }, platformJobId: found }),
    });
    await submit();
    const [second, third] = [await submit(), await submit()];
    await world.run(world.time + 10_000);
    expect(await world.store.getJob(LAB, second.job.id)).toMatchObject({ status: 'SUBMITTING' });
    found = 'task-2';
    await world.run(world.time + 30_000);
    const both = await Promise.all([second, third].map(({ job }) => world.store.getJob(LAB, job.id)));
    expect(both.map((job) => job!.platformJobId).filter(Boolean)).toEqual(['task-2']);
  });

  test('a submitter that dies after the call: its job is left alone while it could still run, then found', async () => {
    const { world, submit, submits } = setUp({ find: () => ({ kind: 'accepted', handle: { task: 'found' } }) });
    const updateJob = world.store.updateJob.bind(world.store);
    world.store.updateJob = async () => {
      throw new Error('died');
    };
    const start = world.time;
    expect((await submit()).job.status).toBe('SUBMITTING');
    world.store.updateJob = updateJob;
    const [job] = await world.store.activeJobs(LAB);
    expect(job).toMatchObject({ status: 'SUBMITTING' });
    await world.ports.executions.start(LAB, 1);
    await world.run(start + 59_000);
    expect((await world.store.getJob(LAB, job!.id))!.status).toBe('SUBMITTING');
    world.platform.outcomes.set('found', () => ({ kind: 'observed', status: 'SUCCEEDED' }));
    await world.run();
    expect((await world.store.getJob(LAB, job!.id))!.status).toBe('SUCCEEDED');
    expect(submits()).toBe(1);
  });

  test('an adopted job is looked at before it is taken', async () => {
    const { world, submit } = setUp();
    world.platform.outcomes.set('task-1', () => ({ kind: 'observed', status: 'RUNNING', progress: 40 }));
    const { job } = await submit({ adopt: true, request: { operation: 'op', adopt: { task: 'task-1' } } });
    expect(job).toMatchObject({ status: 'RUNNING', progress: 40, platformJobId: 'task-1' });
    world.platform.outcomes.set('task-9', () => ({ kind: 'not_found', code: 'gone', message: 'no such task' }));
    const problem = await problemOf(submit({ adopt: true, request: { operation: 'op', adopt: { task: 'task-9' } } }));
    expect(problem).toMatchObject({ status: 404, problem: 'unknown-at-platform' });
  });

  test('adopting what is over already ends in an event', async () => {
    const { world, submit } = setUp();
    world.platform.outcomes.set('task-1', () => ({ kind: 'observed', status: 'SUCCEEDED' }));
    const { job } = await submit({ adopt: true, request: { operation: 'op', adopt: { task: 'task-1' } } });
    expect(job.status).toBe('SUCCEEDED');
    const before = world.time;
    await world.run(world.time + 20_000);
    expect(world.finished()).toEqual(['SUCCEEDED']);
    expect(world.events[0]!.detail).toMatchObject({ id: job.id, status: 'SUCCEEDED' });
    expect((await world.store.getJob(LAB, job.id))!.ttl! * 1000).toBeLessThan(
      before + 5_000 + KEEP_FINISHED_DAYS * 86_400_000,
    );
  });

  test('a key that could not be given back after an outage is taken from the job that never was', async () => {
    let up = false;
    const { world, submit, submits } = setUp({
      answer: () =>
        up
          ? { kind: 'accepted', handle: { task: 't' } }
          : { kind: 'unavailable', error: { code: 'http.503', message: 'down' } },
    });
    const { releaseKey } = world.store;
    world.store.releaseKey = () => Promise.reject(new Error('throttled'));
    await submit({ idempotencyKey: 'k' }).catch(() => undefined);
    Object.assign(world.store, { releaseKey });
    up = true;
    const { job, isNew } = await submit({ idempotencyKey: 'k' });
    expect([isNew, job.status, submits()]).toEqual([true, 'QUEUED', 2]);
  });
});
