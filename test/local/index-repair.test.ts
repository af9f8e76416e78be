import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { Credentials } from '../../infra/local/credentials.ts';
import { Tables } from '../../infra/local/tables.ts';
import type { Resource } from '../../infra/local/template.ts';
import { ACTIVE_ATTRIBUTES } from '../../shared/job/job.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { LAB, World } from '../support/world.ts';
import { temporaryDirectory } from './fixture.ts';

interface Level {
  open(): Promise<void>;
  close(): Promise<void>;
  del(key: string): Promise<void>;
  iterator(): AsyncIterable<[string, Record<string, { S: string }>]>;
}
const { ClassicLevel } = createRequire(createRequire(import.meta.url).resolve('dynalite'))('classic-level') as {
  ClassicLevel: new (path: string, options: object) => Level;
};

const key = (AttributeName: string, KeyType: string) => ({ AttributeName, KeyType });
const TABLE = {
  logicalId: 'Jobs',
  type: 'AWS::DynamoDB::Table',
  name: 'Jobs',
  ref: 'Jobs',
  properties: {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      { AttributeName: 'activeSince', AttributeType: 'N' },
    ],
    KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
    LocalSecondaryIndexes: [
      {
        IndexName: 'active',
        KeySchema: [key('pk', 'HASH'), key('activeSince', 'RANGE')],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...ACTIVE_ATTRIBUTES] },
      },
    ],
  },
} as unknown as Resource;

async function withTable<T>(path: string, interrupted: boolean, work: (store: DynamoStore) => Promise<T>): Promise<T> {
  const credentials = new Credentials();
  const tables = await Tables.open(path, [TABLE], credentials, interrupted);
  try {
    return await work(
      new DynamoStore('Jobs', new DynamoDBClient({ region: 'us-east-1', endpoint: tables.endpoint, credentials })),
    );
  } finally {
    await tables.stop();
  }
}

/** Deletes what a process that was killed between two writes would not have written. */
async function damage(path: string, doomed: (name: string, jobId: string) => boolean): Promise<void> {
  const level = new ClassicLevel(path, { valueEncoding: 'json' });
  await level.open();
  const keys: string[] = [];
  for await (const [name, value] of level.iterator()) {
    if (doomed(name, String(value.sk?.S).replace('job/', ''))) keys.push(name);
  }
  for (const name of keys) await level.del(name);
  await level.close();
}

test('after a kill between two writes of an item, the index has what the items have', async () => {
  const path = join(temporaryDirectory(), 'table');
  const world = new World();
  const [kept, entryLost, itemLost, settled] = [world.job(), world.job(), world.job(), world.job()];
  await withTable(path, false, async (store) => {
    for (const job of [kept, entryLost, itemLost, settled]) await store.createJob(job);
  });
  const isEntry = (name: string) => name.startsWith('index-');
  await damage(path, (name, id) => (isEntry(name) ? id === entryLost.id : id === itemLost.id));
  const active = (store: DynamoStore) => store.activeJobs(LAB).then((jobs) => jobs.map(({ id }) => id).sort());
  expect(await withTable(path, false, active)).toEqual([kept, itemLost, settled].map(({ id }) => id).sort());
  await withTable(path, true, async (store) => {
    expect(await active(store)).toEqual([kept, entryLost, settled].map(({ id }) => id).sort());
    expect(await store.getJob(LAB, itemLost.id)).toBeUndefined();
    expect(await store.getJob(LAB, entryLost.id)).toEqual(entryLost);
    // What the index has again is written on like before.
    const { activeSince: _over, ...rest } = settled;
    await store.updateJob(settled, rest);
    expect(await active(store)).toEqual([kept, entryLost].map(({ id }) => id).sort());
  });
});
