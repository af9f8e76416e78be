/** An item as DynamoDB's API writes it: attribute -> type -> value. */
export type Item = Record<string, Record<string, unknown>>;
type Call = (operation: string, request: unknown) => Promise<{ status: number; body: Record<string, unknown> }>;

interface Index {
  IndexName: string;
  KeySchema: { AttributeName: string; KeyType: string }[];
}

interface Table {
  name: string;
  /** Names of the key attributes, partition key first. */
  keys: readonly string[];
  index: Index;
}

/**
 * dynalite writes an item and its entry of a local index one after the other, so a process that is killed in between leaves
 * an item without its entry, or an entry without its item; DynamoDB writes both or none. To be called before anybody else uses
 * the table. Answers how many were put right.
 */
export async function repairIndexes(call: Call, name: string, properties: Record<string, unknown>): Promise<number> {
  const keys = keyNames(properties.KeySchema as Index['KeySchema']);
  let repaired = 0;
  for (const index of (properties.LocalSecondaryIndexes ?? []) as Index[]) {
    const table = { name, keys, index };
    const sortKey = keyNames(index.KeySchema)[1]!;
    const items = await byKey(call, table, {
      FilterExpression: 'attribute_exists(#s)',
      ExpressionAttributeNames: { '#s': sortKey },
    });
    const entries = await byKey(call, table, { IndexName: index.IndexName });
    for (const [key, item] of items) {
      if (agree(item, entries.get(key))) continue;
      // Writing it as it is writes its entry.
      await done(call, 'PutItem', { TableName: name, Item: item });
      repaired++;
    }
    for (const [key, entry] of entries) {
      if (items.get(key)?.[sortKey] !== undefined && same(items.get(key)![sortKey], entry[sortKey])) continue;
      await dropEntry(call, table, sortKey, entry);
      const item = items.get(key);
      if (item) await done(call, 'PutItem', { TableName: name, Item: item });
      repaired++;
    }
  }
  return repaired;
}

/** An entry goes when its item loses the index's sort key, which it must have had for that. */
async function dropEntry(call: Call, { name, keys }: Table, sortKey: string, entry: Item): Promise<void> {
  const Key = Object.fromEntries(keys.map((key) => [key, entry[key]]));
  const names = { ExpressionAttributeNames: { '#s': sortKey } };
  const { body } = await done(call, 'GetItem', { TableName: name, Key, ConsistentRead: true });
  await done(call, 'UpdateItem', {
    TableName: name,
    Key,
    UpdateExpression: 'SET #s = :s',
    ...names,
    ExpressionAttributeValues: { ':s': entry[sortKey] },
  });
  if (body.Item === undefined) await done(call, 'DeleteItem', { TableName: name, Key });
  else await done(call, 'UpdateItem', { TableName: name, Key, UpdateExpression: 'REMOVE #s', ...names });
}

async function byKey(call: Call, { name, keys }: Table, request: object): Promise<Map<string, Item>> {
  const found = new Map<string, Item>();
  let start: unknown;
  do {
    const { body } = await done(call, 'Scan', {
      TableName: name,
      ...request,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    for (const item of body.Items as Item[]) found.set(JSON.stringify(keys.map((key) => item[key])), item);
    start = body.LastEvaluatedKey;
  } while (start !== undefined);
  return found;
}

/** Whether an entry has what its item has, as far as it shows it. */
function agree(item: Item, entry: Item | undefined): boolean {
  return entry !== undefined && Object.entries(entry).every(([name, value]) => same(value, item[name]));
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function keyNames(schema: Index['KeySchema']): string[] {
  return [...schema].sort((a) => (a.KeyType === 'HASH' ? -1 : 1)).map(({ AttributeName }) => AttributeName);
}

async function done(call: Call, operation: string, request: unknown) {
  const answer = await call(operation, request);
  if (answer.status !== 200) throw new Error(`${operation}: ${JSON.stringify(answer.body)}`);
  return answer;
}
