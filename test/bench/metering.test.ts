import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../shared/job/job.ts';
import { NO_STATS, record } from '../../shared/job/schedule/stats.ts';
import type { Store } from '../../shared/store/store.ts';
import { startDynamo } from '../support/dynalite.ts';
import { LAB } from '../support/world.ts';
import { itemBytes } from './compare/item-size.ts';
import { MeteredStore } from './compare/metered-store.ts';

const NOW = Date.UTC(2026, 0, 1);

function jobWith(fields: Partial<Job> = {}): Job {
  const id = '01KDV714CC2R87MBAXHC063JFD';
  const times = { createdAt: NOW, activeSince: NOW, deadline: NOW + 7_200_000 };
  return { ...LAB, id, operation: 'Deploy', status: 'SUBMITTING', rev: 1, ...times, submitter: 'request-1', ...fields };
}

/** What a submit, a few ticks and an end do to the table; `bulk` makes the items larger than one unit. */
async function life(store: Store, bulk: string): Promise<void> {
  const created = jobWith({ labels: { bulk } });
  await store.createJob(created);
  const queued = (await store.updateJob(created, { ...created, status: 'QUEUED', handle: { task: 'task-1' } }))!;
  await store.signalLoop(LAB);
  await store.takeEpoch(LAB, 1, NOW);
  await store.getLoop(LAB);
  await store.getStats(LAB, 'Deploy');
  await store.endTick(LAB, 1, { state: 'open', heartbeatAt: NOW, wakeAt: NOW, health: { status: 'UP', since: NOW } });
  const { activeSince: _gone, ...rest } = (await store.updateJob(queued, { ...queued, status: 'SUCCEEDED' }))!;
  await store.updateJob({ ...rest, activeSince: NOW }, { ...rest, ttl: 1_800_000_000 });
  const stats = record(
    NO_STATS,
    Array.from({ length: 200 }, (_, i) => ({ exact: 1.37 * i })),
  );
  await store.putStats(LAB, 'Deploy', { rev: 1, stats, countedWith: created.id });
  await store.getStats(LAB, 'Deploy');
  await store.getJob(LAB, created.id);
}

/** Asks the emulator for what each call consumed. */
function meter(client: DynamoDBClient): { reads: number; writes: number } {
  const consumed = { reads: 0, writes: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as never });
      const { ConsumedCapacity } = answer.output as { ConsumedCapacity?: { CapacityUnits?: number } };
      const reads = /Get|Query/.test(String(context.commandName));
      consumed[reads ? 'reads' : 'writes'] += ConsumedCapacity?.CapacityUnits ?? 0;
      return answer;
    },
    { step: 'initialize' },
  );
  return consumed;
}

describe('what the benchmark bills for DynamoDB', () => {
  test.each([
    ['small items', ''],
    ['items of 9 KB', 'x'.repeat(9_000)],
  ])('is what an emulator says of the table: %s', async (_, bulk) => {
    const dynamo = await startDynamo();
    try {
      const consumed = meter(dynamo.client);
      await life(dynamo.store, bulk);
      const { units } = await metered(bulk);
      expect({ reads: units.readUnits, writes: units.writeUnits - units.indexWriteUnits }).toEqual(consumed);
      expect(consumed.writes).toBeGreaterThan(bulk === '' ? 7 : 4 * 9);
    } finally {
      await dynamo.close();
    }
  });

  test('a write for each change of an index entry, which has no labels', async () => {
    // Put, changed twice, deleted.
    for (const bulk of ['', 'x'.repeat(9_000)]) expect((await metered(bulk)).units.indexWriteUnits).toBe(4);
  });

  test('a query of the index costs a unit for each 4 KB of all its entries together', async () => {
    const store = new MeteredStore(() => NOW);
    const job = jobWith({ handle: { task: 'x'.repeat(1_000) } });
    for (let i = 0; i < 10; i++) await store.createJob({ ...job, id: `${job.id.slice(0, -1)}${i}` });
    const { readUnits } = store.units;
    await store.activeJobs(LAB);
    // Ten entries of 1,000 bytes in the handle and about 170 in the rest.
    expect(store.units.readUnits - readUnits).toBe(3);
  });

  test('a write whose condition does not hold is billed like one that does; a read of nothing is one unit', async () => {
    const store = new MeteredStore(() => NOW);
    const job = jobWith({ labels: { bulk: 'x'.repeat(5_000) } });
    await store.createJob(job);
    const before = { ...store.units };
    expect(await store.updateJob({ ...job, rev: 7 }, { ...job, rev: 7, status: 'QUEUED' })).toBeUndefined();
    expect(store.units.writeUnits - before.writeUnits).toBe(6);
    await store.getJob(LAB, 'nobody');
    expect(store.units.readUnits - before.readUnits).toBe(1);
  });

  test('an item has the bytes that the documentation counts', () => {
    // Names 2 + 1 + 1 + 1 + 1; "Ü" two bytes; 27 one pair of digits and one; true one; a list 3 + 2 * (1 + 1); a map 3 + 1 + 1 + 1.
    expect(itemBytes({ pk: 'Ü', n: 27, b: true, l: ['a', 'b'], m: { k: 'v' }, gone: undefined })).toBe(
      6 + 2 + 2 + 1 + 7 + 6,
    );
  });
});

async function metered(bulk: string): Promise<MeteredStore> {
  const store = new MeteredStore(() => NOW);
  await life(store, bulk);
  return store;
}
