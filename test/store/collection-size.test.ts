import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, test, vi } from 'vitest';
import { createMetrics } from '../../shared/lambda/metrics.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { LAB, World } from '../support/world.ts';

test('the write that lets a job go measures its connection, and no other write does', async () => {
  const asked: (string | undefined)[] = [];
  const client = {
    middlewareStack: { remove() {} },
    send: async ({ input }: { input: Record<string, any> }) => {
      asked.push(input.ReturnItemCollectionMetrics);
      const measured = input.ReturnItemCollectionMetrics && {
        ItemCollectionMetrics: { SizeEstimateRangeGB: [6, 7], ItemCollectionKey: { pk: { S: 'fake/lab' } } },
      };
      return { Attributes: marshall({ pk: 'fake/lab', sk: 'job/1', rev: 2 }), ...measured };
    },
  } as unknown as DynamoDBClient;
  const sizes: unknown[] = [];
  const store = new DynamoStore('table', client, Date.now, (of, gigabytes) => sizes.push([of, gigabytes]));
  const job = new World().job();
  await store.updateJob(job, { ...job, status: 'RUNNING' });
  const { activeSince: _over, ...released } = { ...job, status: 'SUCCEEDED' as const, ttl: 1 };
  await store.updateJob(job, released);
  expect(asked).toEqual([undefined, 'SIZE']);
  expect(sizes).toEqual([[LAB, 7]]);
});

test('of thousands of measurements the largest is written, in gigabytes', () => {
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'Pollux');
  // Metrics are then written by the console that a test can watch.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const metrics = createMetrics();
  for (const size of [3, 7, 5]) for (let i = 0; i < 200; i++) metrics.count('ItemCollectionSize', size, LAB);
  metrics.flush();
  metrics.flush();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  expect(lines).toHaveLength(1);
  const written = JSON.parse(lines[0]!);
  expect(written).toMatchObject({ platform: 'fake', connection: 'lab', ItemCollectionSize: 7 });
  expect(written._aws.CloudWatchMetrics[0].Metrics).toEqual([{ Name: 'ItemCollectionSize', Unit: 'Gigabytes' }]);
});
