import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTIVE_ATTRIBUTES, type Job } from '../../shared/job/job.ts';
import { NO_STATS } from '../../shared/job/schedule/stats.ts';
import type { ConnectionNotes, Store } from '../../shared/store/store.ts';
import { startDynamo } from '../support/dynalite.ts';
import { MemoryStore } from '../support/memory-store.ts';

const implementations: [string, () => Promise<{ store: Store & ConnectionNotes; close(): Promise<void> }>][] = [
  ['DynamoDB', startDynamo],
  ['memory', async () => ({ store: new MemoryStore(), close: async () => {} })],
];

let connections = 0;
const fresh = () => ({ platform: 'fake', connection: `c${++connections}` });

describe.each(implementations)('the store over %s', (_, start) => {
  let store: Store & ConnectionNotes;
  let close: () => Promise<void>;
  beforeAll(async () => ({ store, close } = await start()));
  afterAll(() => close());

  function newJob(of = fresh(), fields: Partial<Job> = {}): Job {
    const id = ulid();
    const now = Date.now();
    const base = {
      operation: 'op',
      status: 'QUEUED' as const,
      rev: 1,
      createdAt: now,
      activeSince: now,
      deadline: now + 1000,
    };
    return { ...of, id, ...base, submitter: id, handle: { task: 'task-1' }, ...fields };
  }

  test('notes of connections: kept as they are when noted again, and gone when forgotten', async () => {
    const [of, other] = [fresh(), fresh()];
    const noted = async () => (await store.listConnections()).filter(({ connection }) => connection === of.connection);
    await store.noteConnection(of);
    await store.noteConnection(other);
    expect(await noted()).toEqual([of]);
    await store.setMissing(of, 1234);
    await store.noteConnection(of);
    expect(await noted()).toEqual([{ ...of, missingSince: 1234 }]);
    await store.setMissing(of, undefined);
    expect(await noted()).toEqual([of]);
    await store.forgetConnection(of);
    await store.forgetConnection(of);
    expect(await noted()).toEqual([]);
  });

  test('a job comes back as it went in', async () => {
    const job = newJob(fresh(), {
      labels: { a: 'b', constructor: 'c', toString: 'd' },
      parts: [{ id: '1', status: 'RUNNING' }],
      result: { deep: [null, true, 1.5] },
    });
    expect(await store.createJob(job)).toBe(true);
    expect(await store.getJob(job, job.id)).toEqual(job);
    expect(await store.getJob(job, ulid())).toBeUndefined();
  });

  test('a result may hold what DynamoDB cannot: large numbers, deep nesting, empty names', async () => {
    let deep: unknown = 'bottom';
    for (let i = 0; i < 60; i++) deep = { deep };
    const result = { large: 2 ** 60, tiny: 1e-200, '': [deep] } as never;
    const job = newJob(fresh(), { result, error: { code: 'X', message: 'm', details: { large: 1e300 } } });
    await store.createJob(job);
    expect(await store.getJob(job, job.id)).toEqual(job);
    const written = await store.updateJob(job, { ...job, result: { large: 1e308 } });
    expect(written).toMatchObject({ result: { large: 1e308 }, error: job.error });
  });

  test('a job keeps its last 32 changes, oldest first, and what changed nothing to see is none', async () => {
    let job = newJob();
    await store.createJob(job);
    for (let i = 1; i <= 40; i++) job = (await store.updateJob(job, { ...job, progress: i, looks: 2 * i }))!;
    job = (await store.updateJob(job, { ...job, lookBy: 1 }))!;
    expect(job.timeline).toHaveLength(32);
    expect(job.timeline!.map((entry) => entry.progress)).toEqual(Array.from({ length: 32 }, (_, i) => i + 9));
    expect((await store.getJob(job, job.id))!.timeline).toEqual(job.timeline);
    expect(job.timeline!.at(-1)).toMatchObject({ progress: 40, looks: 80 });
    const [active] = await store.activeJobs(job);
    expect(active).not.toHaveProperty('timeline');
    // A write of what the index showed keeps the entries.
    expect((await store.updateJob(active!, { ...active!, progress: 41 }))!.timeline).toHaveLength(32);
  });

  test('statistics are written by whoever has read them last, and are found by operation', async () => {
    const of = fresh();
    const stats = { ...NO_STATS, n: 1, current: { ended: { 7: 1 }, censored: {} } };
    expect(await store.getStats(of, 'op')).toBeUndefined();
    expect(await store.putStats(of, 'op', { rev: 1, stats, countedWith: 'a' })).toBe(true);
    expect(await store.putStats(of, 'op', { rev: 1, stats, countedWith: 'b' })).toBe(false);
    expect(await store.putStats(of, 'op', { rev: 3, stats, countedWith: 'b' })).toBe(false);
    expect(await store.putStats(of, 'op', { rev: 2, stats: { ...stats, n: 2 }, countedWith: 'c' })).toBe(true);
    expect(await store.getStats(of, 'op')).toEqual({ rev: 2, stats: { ...stats, n: 2 }, countedWith: 'c' });
    await store.putStats(of, 'a/b', { rev: 1, stats, countedWith: 'd' });
    expect([...(await store.listStats(of)).keys()]).toEqual(['a/b', 'op']);
    expect((await store.listStats(fresh())).size).toBe(0);
  });

  test('a job is created once; the same submitter meets its own item', async () => {
    const job = newJob();
    await store.createJob(job);
    expect(await store.createJob({ ...job, submitter: 'another' })).toBe(false);
    expect(await store.createJob(job)).toBe(true);
  });

  test('of two writes on the same revision one lands, and tells the whole job', async () => {
    const job = newJob();
    await store.createJob({ ...job, result: 'kept' });
    const written = await store.updateJob(job, { ...job, status: 'RUNNING', progress: 5 });
    expect(written).toMatchObject({ rev: 2, status: 'RUNNING', progress: 5, result: 'kept', id: job.id });
    expect(await store.updateJob(job, { ...job, status: 'FAILED' })).toBeUndefined();
    expect(await store.getJob(job, job.id)).toMatchObject({ status: 'RUNNING', rev: 2 });
  });

  test('what the later version lacks is removed, and the job leaves the active ones', async () => {
    const job = newJob(fresh(), { unknown: { since: 1, reason: 'x' } });
    await store.createJob(job);
    const { unknown: _unknown, activeSince: _active, ...rest } = job;
    await store.updateJob(job, rest);
    const { timeline, ...found } = (await store.getJob(job, job.id))!;
    expect(found).toEqual({ ...rest, rev: 2 });
    expect(timeline).toEqual([{ at: expect.any(Number), rev: 1, unknown: null }]);
    expect(await store.activeJobs(job)).toEqual([]);
  });

  test('the active jobs come oldest first, with what a tick needs and no more', async () => {
    const of = fresh();
    const jobs = [3, 1, 2].map((at) => newJob(of, { activeSince: at, result: 'large', labels: { a: 'b' } }));
    for (const job of jobs) await store.createJob(job);
    await store.createJob(newJob());
    const active = await store.activeJobs(of);
    expect(active.map((job) => job.activeSince)).toEqual([1, 2, 3]);
    const keys = new Set(active.flatMap((job) => Object.keys(job)));
    for (const key of keys)
      expect(['platform', 'connection', 'id', 'activeSince', ...ACTIVE_ATTRIBUTES]).toContain(key);
    expect(await store.activeJobs(of, { limit: 1 })).toMatchObject([{ activeSince: 1 }]);
    expect(await store.activeJobs(of, { limit: 1, newestFirst: true })).toMatchObject([{ activeSince: 3 }]);
  });

  test('more than one page of active jobs', async () => {
    const of = fresh();
    const large = { text: 'x'.repeat(30_000) };
    await Promise.all(Array.from({ length: 50 }, () => store.createJob(newJob(of, { handle: large }))));
    expect(await store.activeJobs(of)).toHaveLength(50);
  });

  test('an idempotency key is held by its first claim until it expires or is given back', async () => {
    const of = fresh();
    const ttl = Math.floor(Date.now() / 1000) + 100;
    const first = { jobId: 'a', requestHash: 'h', ttl };
    expect(await store.claimKey(of, 'k', first)).toMatchObject(first);
    expect(await store.claimKey(of, 'k', { ...first, jobId: 'b' })).toMatchObject({ jobId: 'a' });
    await store.releaseKey(of, 'k', 'b');
    expect(await store.claimKey(of, 'k', { ...first, jobId: 'b' })).toMatchObject({ jobId: 'a' });
    await store.releaseKey(of, 'k', 'a');
    expect(await store.claimKey(of, 'k', { ...first, jobId: 'b' })).toMatchObject({ jobId: 'b' });
    await store.claimKey(of, 'old', { ...first, ttl: 1 });
    expect(await store.claimKey(of, 'old', { ...first, jobId: 'c' })).toMatchObject({ jobId: 'c' });
  });

  test('a list is newest first, in pages, filtered', async () => {
    const of = fresh();
    const jobs = Array.from({ length: 5 }, (_, i) =>
      newJob(of, { id: ulid(1000 + i), operation: i % 2 ? 'odd' : 'even' }),
    );
    for (const job of jobs) await store.createJob(job);
    const ids = jobs.map((job) => job.id).reverse();
    const page = await store.listJobs(of, { limit: 2 });
    expect(page).toMatchObject({ cursor: ids[1] });
    expect(page.jobs.map((job) => job.id)).toEqual(ids.slice(0, 2));
    const rest = await store.listJobs(of, { limit: 10, cursor: page.cursor });
    expect(rest.jobs.map((job) => job.id)).toEqual(ids.slice(2));
    expect(rest.cursor).toBeUndefined();
    const odd = await store.listJobs(of, { limit: 10, operation: 'odd', status: 'QUEUED' });
    expect(odd.jobs.map((job) => job.id)).toEqual([ids[1], ids[3]]);
    expect((await store.listJobs(of, { limit: 10, status: 'FAILED' })).jobs).toEqual([]);
  });

  test('signals are counted on a loop that was never there', async () => {
    const of = fresh();
    expect(await store.getLoop(of)).toMatchObject({ state: 'closed', epoch: 0, version: 0 });
    expect(await store.signalLoop(of)).toMatchObject({ version: 1, state: 'closed' });
    expect(await store.signalLoop(of)).toMatchObject({ version: 2 });
  });

  test('a successful check is marked with the signal, and stays marked', async () => {
    const of = fresh();
    expect(await store.signalLoop(of, 1234)).toMatchObject({ version: 1, checkedAt: 1234 });
    await store.signalLoop(of);
    expect(await store.getLoop(of)).toMatchObject({ version: 2, checkedAt: 1234 });
  });

  test('a rest is kept until a tick ends without one', async () => {
    const of = fresh();
    await store.takeEpoch(of, 1, 10);
    const end = { state: 'open', heartbeatAt: 1, wakeAt: 2, health: { status: 'DOWN', since: 0 } } as const;
    const rest = { since: 1, at: 2, times: 3, credentials: 'options:version' };
    await store.endTick(of, 1, { ...end, rest });
    await store.signalLoop(of);
    expect(await store.takeEpoch(of, 2, 11)).toMatchObject({ rest });
    await store.endTick(of, 2, end);
    expect(await store.getLoop(of)).not.toHaveProperty('rest');
  });

  test('the epoch is a fence: a lower one neither takes the loop nor ends its tick', async () => {
    const of = fresh();
    expect(await store.takeEpoch(of, 2, 10)).toMatchObject({ epoch: 2, state: 'open' });
    expect(await store.takeEpoch(of, 1, 11)).toBeUndefined();
    expect(await store.takeEpoch(of, 2, 12)).toMatchObject({ epoch: 2 });
    const end = { state: 'open', heartbeatAt: 1, wakeAt: 2, health: { status: 'UP', since: 0 } } as const;
    expect(await store.endTick(of, 1, end)).toBe('superseded');
    expect(await store.endTick(of, 2, end)).toBe('written');
    expect(await store.takeEpoch(of, 3, 13)).toMatchObject({ health: { status: 'UP' } });
    expect(await store.endTick(of, 2, { ...end, version: 0 })).toBe('superseded');
  });

  test('a close does not land after a signal that came since the version was read', async () => {
    const of = fresh();
    const loop = await store.takeEpoch(of, 1, 10);
    await store.signalLoop(of);
    const end = { state: 'closed', heartbeatAt: 1, wakeAt: 1, health: loop!.health, version: loop!.version } as const;
    expect(await store.endTick(of, 1, end)).toBe('signalled');
    expect((await store.getLoop(of)).state).toBe('open');
    expect(await store.endTick(of, 1, { ...end, version: 1 })).toBe('written');
    expect((await store.getLoop(of)).state).toBe('closed');
  });
});
