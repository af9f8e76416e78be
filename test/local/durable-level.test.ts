import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { Credentials } from '../../infra/local/credentials.ts';
import { writeDurably } from '../../infra/local/durable-level.ts';
import { Tables } from '../../infra/local/tables.ts';
import type { Resource } from '../../infra/local/template.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { temporaryDirectory } from './fixture.ts';

type Write = (...args: { sync?: boolean }[]) => Promise<void>;
/** What stands below the wrapper: the writes as LevelDB itself gets them. */
const { ClassicLevel } = createRequire(createRequire(import.meta.url).resolve('dynalite'))('classic-level') as {
  ClassicLevel: { prototype: Record<'_put' | '_del' | '_batch', Write> };
};

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
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  },
} as unknown as Resource;

test('every write of the local table reaches the disk before it is answered', async () => {
  const written: [string, boolean | undefined][] = [];
  for (const name of ['_put', '_del', '_batch'] as const) {
    const write = ClassicLevel.prototype[name];
    ClassicLevel.prototype[name] = function (...args) {
      written.push([name, args.at(-1)?.sync]);
      return write.apply(this, args);
    };
  }
  const credentials = new Credentials();
  const tables = await Tables.open(join(temporaryDirectory(), 'table'), [TABLE], credentials);
  const client = new DynamoDBClient({ endpoint: tables.endpoint, region: 'local', credentials });
  const store = new DynamoStore('Jobs', client);
  const of = { platform: 'vsphere', connection: 'lab' };
  await store.claimKey(of, 'key', { jobId: 'a', fingerprint: 'x', ttl: 4_000_000_000 } as never);
  await store.releaseKey(of, 'key', 'a');
  client.destroy();
  await tables.stop();
  expect(new Set(written.map(([name]) => name)).size).toBeGreaterThanOrEqual(2);
  expect(written.filter(([, sync]) => sync !== true)).toEqual([]);
});

test('a store is wrapped once, however often tables are opened', () => {
  const calls: unknown[] = [];
  const writes = {
    _put: async (...args: unknown[]) => void calls.push(args),
    _del: async () => {},
    _batch: async () => {},
  };
  writeDurably(writes);
  const once = writes._put;
  writeDurably(writes);
  expect(writes._put).toBe(once);
});
