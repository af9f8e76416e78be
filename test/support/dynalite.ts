import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { ACTIVE_ATTRIBUTES } from '../../shared/job/job.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { ACTIVE_INDEX, ACTIVE_SORT_KEY, PARTITION_KEY, SORT_KEY } from '../../shared/store/keys.ts';

/** A DynamoDB of the test's own, in memory. `test/infra` holds the table here against the one in the template. */
export async function startDynamo(): Promise<{ store: DynamoStore; client: DynamoDBClient; close(): Promise<void> }> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as { port: number };
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'jobs',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: PARTITION_KEY, AttributeType: 'S' },
        { AttributeName: SORT_KEY, AttributeType: 'S' },
        { AttributeName: ACTIVE_SORT_KEY, AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: PARTITION_KEY, KeyType: 'HASH' },
        { AttributeName: SORT_KEY, KeyType: 'RANGE' },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: ACTIVE_INDEX,
          KeySchema: [
            { AttributeName: PARTITION_KEY, KeyType: 'HASH' },
            { AttributeName: ACTIVE_SORT_KEY, KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...ACTIVE_ATTRIBUTES] },
        },
      ],
    }),
  );
  const close = () =>
    new Promise<void>((resolve) => {
      client.destroy();
      server.close(() => resolve());
    });
  return { store: new DynamoStore('jobs', client), client, close };
}
