import { ConditionalCheckFailedException, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
// With the package installed: from 'pollux/events'.
import { isJobStateChange, type JobStateChange } from '../../client/events.ts';

/** An attempt that has not said so after this long is dead. Longer than the function may run (30 s). */
const CLAIM_SECONDS = 60;
/** SQS keeps a message for 14 days at most, so no copy comes later. */
const REMEMBER_SECONDS = 15 * 86_400;

export interface Ports {
  table: string;
  client: Pick<DynamoDBClient, 'send'>;
  now(): number;
  /** What is done once for each event. */
  work(job: JobStateChange): Promise<void>;
}

/**
 * Does the work once for each event, although SQS and EventBridge may each deliver one twice: `eventId` is the same on every
 * copy. What fails is answered as failed, and comes again, alone.
 */
export async function consume(ports: Ports, batch: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { messageId, body } of batch.Records) {
    const event: unknown = JSON.parse(body);
    if (!isJobStateChange(event)) continue;
    try {
      await once(ports, event.detail);
    } catch (error) {
      console.error(event.detail.eventId, error);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

/** Claim, work, note as done. A claim whose attempt died runs out, and the next copy takes it over. */
async function once(ports: Ports, job: JobStateChange): Promise<void> {
  const seconds = Math.floor(ports.now() / 1000);
  const claimed = await update(
    ports,
    job.eventId,
    'SET claimedUntil = :until, expiresAt = :expires',
    { ':until': seconds + CLAIM_SECONDS, ':expires': seconds + REMEMBER_SECONDS, ':now': seconds },
    'attribute_not_exists(eventId) OR (attribute_not_exists(doneAt) AND claimedUntil < :now)',
  );
  if (claimed) {
    await ports.work(job);
    await update(ports, job.eventId, 'SET doneAt = :now', { ':now': seconds });
    return;
  }
  // Done before: this copy is settled. Still being done by another: this one waits in the queue until that is certain.
  const done = await update(
    ports,
    job.eventId,
    'SET seenAgainAt = :now',
    { ':now': seconds },
    'attribute_exists(doneAt)',
  );
  if (!done) throw new Error('another attempt is at it');
}

/** False where the condition does not hold. */
async function update(
  { client, table }: Ports,
  eventId: string,
  UpdateExpression: string,
  values: Record<string, number>,
  ConditionExpression?: string,
): Promise<boolean> {
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { eventId: { S: eventId } },
        UpdateExpression,
        ...(ConditionExpression !== undefined && { ConditionExpression }),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(values).map(([name, value]) => [name, { N: String(value) }]),
        ),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

const client = new DynamoDBClient({});

export const handler = (batch: SQSEvent) =>
  consume(
    {
      table: String(process.env.TABLE),
      client,
      now: Date.now,
      // Your own: a ticket, a line in a ledger, the next step of an order.
      work: async ({ operation, status, resource }) => console.log(JSON.stringify({ operation, status, resource })),
    },
    batch,
  );
