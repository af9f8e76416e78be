import { expect, it } from 'vitest';
import { exampleStack, type Found, ofType } from './fixtures.ts';

/**
 * A copy on purpose, and not `ACTIVE_ATTRIBUTES`: CloudFormation cannot change the key or a local index of a table. It makes a
 * new, empty table instead, without an error, and all functions get that one in the same update.
 */
const FROZEN = {
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'activeSince', AttributeType: 'N' },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'active',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'activeSince', KeyType: 'RANGE' },
      ],
      Projection: {
        ProjectionType: 'INCLUDE',
        NonKeyAttributes: [
          'operation',
          'status',
          'rev',
          'createdAt',
          'deadline',
          'handle',
          'intent',
          'submitUnknownAt',
          'progress',
          'message',
          'parts',
          'platformJobId',
          'resource',
          'unknown',
          'cancelRequestedAt',
          'cancelSentAt',
          'startedAt',
          'updatedAt',
          'lookBy',
          'adopted',
          'looks',
          'owed',
        ],
      },
    },
  ],
};

const LOSS =
  'This change would make CloudFormation replace the table of every deployed stack by an empty one: open jobs would be ' +
  'orphaned and idempotency keys forgotten. Take it back: read the attribute with the job, or pack it into a projected one';

const [table] = ofType(exampleStack().template, 'AWS::DynamoDB::Table') as [Found];

it('the keys and the index of the table never change: an update would replace it by an empty one', () => {
  const { KeySchema, AttributeDefinitions, LocalSecondaryIndexes } = table.properties;
  expect({ KeySchema, AttributeDefinitions, LocalSecondaryIndexes }, LOSS).toEqual(FROZEN);
});

it('the logical id of the table never changes: another one is another, empty table', () => {
  expect(table.logicalId, LOSS).toBe('PolluxJobsTable00C9A680');
});

it('nothing else of the table that CloudFormation cannot change without a replacement is set', () => {
  // "Update requires: Replacement" in the reference of AWS::DynamoDB::Table, besides the above.
  for (const name of ['TableName', 'ImportSourceSpecification'])
    expect(table.properties, LOSS).not.toHaveProperty(name);
});
