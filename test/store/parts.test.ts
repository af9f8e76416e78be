import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTIVE_ATTRIBUTES, type ActiveJob, type Job, type Part } from '../../shared/job/job.ts';
import { encoded, item, jobOf } from '../../shared/store/items.ts';
import type { Store } from '../../shared/store/store.ts';
import { startDynamo } from '../support/dynalite.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { LAB, World } from '../support/world.ts';

const machines = (count: number, status: Part['status'] = 'RUNNING'): Part[] =>
  Array.from({ length: count }, (_, i) => ({ id: `i-${i}`, name: `host-${i}.example.com`, status }));

const implementations: [string, () => Promise<{ store: Store; close(): Promise<void> }>][] = [
  ['DynamoDB', startDynamo],
  ['memory', async () => ({ store: new MemoryStore(), close: async () => {} })],
];

describe.each(implementations)('parts in the store over %s', (_, start) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => ({ store, close } = await start()));
  afterAll(() => close());

  test('are in the job, and a digest of them in the index', async () => {
    const job: Job = { ...new World().job(), parts: machines(300) };
    await store.createJob(job);
    expect((await store.getJob(LAB, job.id))!.parts).toEqual(machines(300));
    const [active] = await store.activeJobs(LAB);
    expect(active).not.toHaveProperty('parts');
    expect(active!.partsDigest).toMatch(/^[\w-]{22}$/);
    expect(JSON.stringify(active).length).toBeLessThan(600);

    const written = (await store.updateJob(active!, { ...active!, status: 'RUNNING' }))!;
    expect(written).toMatchObject({ status: 'RUNNING', parts: machines(300) });
    const other = (await store.updateJob(written, { ...written, parts: machines(300, 'SUCCEEDED') }))!;
    expect(other.parts).toEqual(machines(300, 'SUCCEEDED'));
    const [changed] = await store.activeJobs(LAB);
    expect(changed!.partsDigest).not.toBe(active!.partsDigest);
    const { parts: _parts, ...without } = other;
    await store.updateJob(other, without);
    expect(await store.getJob(LAB, job.id)).not.toHaveProperty('parts');
  });
});

describe('an item', () => {
  const stored = (fields: object) => unmarshall(item({ pk: 'fake/lab', sk: 'job/01J', ...fields }));

  test('that an earlier version wrote has its parts where they are, read from the table or from the index', () => {
    expect(jobOf<Job>(LAB, stored({ parts: machines(2) })).parts).toEqual(machines(2));
    expect(jobOf<Job>(LAB, stored({ parts: machines(1) })).parts).toEqual(machines(1));
    expect(jobOf<Job>(LAB, stored({ parts: [] })).parts).toEqual([]);
  });

  test('that this version wrote costs the index 22 characters for its parts, whatever their number', () => {
    const projected = (parts: Part[]) => {
      const written = encoded({ parts });
      return JSON.stringify(
        Object.entries(written).filter(([name]) => (ACTIVE_ATTRIBUTES as readonly string[]).includes(name)),
      );
    };
    expect(projected(machines(500)).length).toBe(projected(machines(1)).length);
    expect(projected(machines(500)).length).toBeLessThan(60);
  });
});

describe('a loop over jobs with many parts', () => {
  test('writes them when one has changed, says in the timeline which, and reads the job for that alone', async () => {
    const world = new World();
    const job = await world.submit(1e9);
    let parts = machines(50);
    world.platform.outcomes.set(job.id, () => ({ kind: 'observed', status: 'RUNNING', parts }));
    await world.run(world.time + 120_000);
    let reads = 0;
    const read = world.store.getJob.bind(world.store);
    world.store.getJob = async (of, id) => {
      reads++;
      return read(of, id);
    };
    const { rev } = (await read(LAB, job.id))!;
    await world.run(world.time + 600_000);
    expect({ reads, rev: (await read(LAB, job.id))!.rev }).toEqual({ reads: 0, rev });
    parts = parts.with(7, { ...parts[7]!, status: 'SUCCEEDED' });
    await world.run(world.time + 600_000);
    const after = (await read(LAB, job.id))!;
    expect(reads).toBe(1);
    expect(after.parts).toEqual(parts);
    expect(after.timeline!.at(-1)).toMatchObject({ parts: ['i-7'] });
  });

  test('goes on with a job that an earlier version wrote', async () => {
    const world = new World();
    const activeJobs = world.store.activeJobs.bind(world.store);
    // As the index has it: the parts themselves.
    world.store.activeJobs = async (of, query) =>
      Promise.all(
        (await activeJobs(of, query)).map(async ({ partsDigest: _digest, ...rest }): Promise<ActiveJob> => {
          const { parts } = (await world.store.getJob(of, rest.id))!;
          return { ...rest, ...(parts && { parts }) };
        }),
      );
    const job = await world.submit(1e9, { parts: machines(3) });
    world.platform.outcomes.set(job.id, () => ({
      kind: 'observed',
      status: 'SUCCEEDED',
      parts: machines(3, 'SUCCEEDED'),
    }));
    await world.run();
    expect(world.events[0]!.detail).toMatchObject({ status: 'SUCCEEDED', parts: machines(3, 'SUCCEEDED') });
  });

  test('announces the parts of an end that tells none, as they were last seen', async () => {
    const world = new World();
    const job = await world.submit(1e9, { parts: machines(3) });
    world.platform.outcomes.set(job.id, () => ({ kind: 'observed', status: 'FAILED' }));
    await world.run();
    expect(world.events[0]!.detail).toMatchObject({ status: 'FAILED', parts: machines(3) });
  });
});
