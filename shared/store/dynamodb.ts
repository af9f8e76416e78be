import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { awsClient } from '../aws/client.ts';
import { type ActiveJob, isListed, type Job } from '../job/job.ts';
import { changes, withoutDigest } from './changes.ts';
import { encoded, item, jobOf, MEMBERS, statsOf } from './items.ts';
import * as keys from './keys.ts';
import { type LoginNote, type LoopItem, NO_LOOP } from './loop-item.ts';
import type {
  ActiveQuery,
  ConnectionNotes,
  ConnectionRef,
  JobPage,
  KeyClaim,
  ListQuery,
  NotedConnection,
  StatsItem,
  Store,
  TickEnd,
} from './store.ts';
import { slotOf } from './timeline-slots.ts';

/** Told how large a connection's items are together, index included, in gigabytes: DynamoDB's upper estimate. */
export type CollectionSizeObserver = (of: ConnectionRef, gigabytes: number) => void;

/** The store over one DynamoDB table. Throttling and 5xx are retried by the SDK; what is left rejects. */
export class DynamoStore implements Store, ConnectionNotes {
  readonly #table: string;
  readonly #client: DynamoDBClient;
  readonly #now: () => number;
  readonly #onSize: CollectionSizeObserver | undefined;

  constructor(
    table: string,
    client = awsClient(DynamoDBClient),
    now: () => number = Date.now,
    onSize?: CollectionSizeObserver,
  ) {
    this.#table = table;
    this.#client = client;
    this.#now = now;
    this.#onSize = onSize;
    // Without a logger it logs nothing, and yet copies every answer for it: half of what a query of 10,000 jobs costs here.
    client.middlewareStack.remove('loggerMiddleware');
  }

  async claimKey(of: ConnectionRef, key: string, claim: KeyClaim): Promise<KeyClaim> {
    const id = keys.idempotencyKey(of, key);
    // An expired claim may still be there: DynamoDB deletes expired items within days.
    const mine = await this.#conditional(
      new PutItemCommand({
        TableName: this.#table,
        Item: item({ ...id, ...claim }),
        ConditionExpression: 'attribute_not_exists(pk) OR #ttl < :now',
        ExpressionAttributeNames: { '#ttl': keys.TTL_ATTRIBUTE },
        ExpressionAttributeValues: item({ ':now': Math.floor(this.#now() / 1000) }),
      }),
    );
    if (mine) return claim;
    const held = (await this.#get(id)) as KeyClaim | undefined;
    return held === undefined ? this.claimKey(of, key, claim) : held;
  }

  async releaseKey(of: ConnectionRef, key: string, jobId: string): Promise<void> {
    await this.#conditional(
      new DeleteItemCommand({
        TableName: this.#table,
        Key: item(keys.idempotencyKey(of, key)),
        ConditionExpression: 'jobId = :job',
        ExpressionAttributeValues: item({ ':job': jobId }),
      }),
    );
  }

  async createJob(job: Job): Promise<boolean> {
    const { platform, connection, id, ...rest } = job;
    const done = await this.#conditional(
      new PutItemCommand({
        TableName: this.#table,
        Item: item({ ...keys.jobKey({ platform, connection }, id), ...encoded(rest) }),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    if (done !== undefined) return true;
    // The SDK repeats a write whose answer was lost, and then meets its own item.
    return (await this.getJob(job, id))?.submitter === job.submitter;
  }

  async getJob(of: ConnectionRef, id: string): Promise<Job | undefined> {
    const found = await this.#get(keys.jobKey(of, id));
    return found && jobOf<Job>(of, found);
  }

  async updateJob(before: ActiveJob | Job, after: ActiveJob | Job): Promise<Job | undefined> {
    const { set: changed, remove } = changes(withoutDigest(before), withoutDigest(after));
    if (remove.includes('parts')) remove.push(MEMBERS);
    const set = { ...encoded(changed), ...slotOf(before, after, this.#now()), rev: before.rev + 1 };
    // The last write of a job: as often as the collection grows by a job it is measured, which costs nothing.
    const measured = this.#onSize !== undefined && after.activeSince === undefined;
    const done = await this.#update(
      keys.jobKey(before, before.id),
      set,
      remove,
      'rev = :rev',
      { ':rev': before.rev },
      measured ? (gigabytes) => this.#onSize?.(connectionOf(before), gigabytes) : undefined,
    );
    return done && jobOf<Job>(before, done);
  }

  async listJobs(of: ConnectionRef, query: ListQuery): Promise<JobPage> {
    const filters = [
      ...(query.status === undefined ? [] : ['#status = :status']),
      ...(query.operation === undefined ? [] : ['operation = :operation']),
    ];
    const names = query.status === undefined ? {} : { '#status': 'status' };
    const values = {
      ':pk': keys.partition(of),
      ':job': keys.JOB_PREFIX,
      ...(query.status === undefined ? {} : { ':status': query.status }),
      ...(query.operation === undefined ? {} : { ':operation': query.operation }),
    };
    const jobs: Job[] = [];
    let start: { pk: string; sk: string } | undefined = query.cursor ? keys.jobKey(of, query.cursor) : undefined;
    // A filter may leave a page empty: read on, but not through the whole partition in one request.
    for (let pages = 0; pages < MAX_LIST_PAGES; pages++) {
      const input: QueryCommandInput = {
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :job)',
        ScanIndexForward: false,
        Limit: filters.length === 0 ? query.limit : LIST_PAGE,
        ExpressionAttributeValues: item(values),
        ...(filters.length > 0 && { FilterExpression: filters.join(' AND ') }),
        ...(query.status !== undefined && { ExpressionAttributeNames: names }),
        ...(start && { ExclusiveStartKey: item(start) }),
      };
      const answer = await this.#client.send(new QueryCommand(input));
      for (const found of answer.Items ?? []) {
        const job = jobOf<Job>(of, unmarshall(found));
        if (!isListed(job)) continue;
        jobs.push(job);
        if (jobs.length === query.limit) return { jobs, cursor: jobs.at(-1)!.id };
      }
      if (!answer.LastEvaluatedKey) return { jobs };
      start = unmarshall(answer.LastEvaluatedKey) as { pk: string; sk: string };
    }
    return start ? { jobs, cursor: keys.jobIdOf(start.sk) } : { jobs };
  }

  async activeJobs(of: ConnectionRef, { limit, newestFirst = false }: ActiveQuery = {}): Promise<ActiveJob[]> {
    const jobs: ActiveJob[] = [];
    const pages = this.#pages({
      IndexName: keys.ACTIVE_INDEX,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: item({ ':pk': keys.partition(of) }),
      ConsistentRead: true,
      ScanIndexForward: !newestFirst,
      ...(limit !== undefined && { Limit: limit }),
    });
    for await (const page of pages) {
      for (const found of page) jobs.push(jobOf<ActiveJob>(of, found));
      if (limit !== undefined && jobs.length >= limit) break;
    }
    return jobs;
  }

  async getStats(of: ConnectionRef, operation: string): Promise<StatsItem | undefined> {
    const found = await this.#get(keys.statsKey(of, operation));
    return found && statsOf(found);
  }

  async putStats(of: ConnectionRef, operation: string, { rev, stats, countedWith }: StatsItem): Promise<boolean> {
    const ttl = Math.floor(this.#now() / 1000) + keys.KEEP_STATS_SECONDS;
    const done = await this.#update(
      keys.statsKey(of, operation),
      { rev, stats: JSON.stringify(stats), countedWith, ttl },
      [],
      rev === 1 ? 'attribute_not_exists(rev)' : 'rev = :before',
      rev === 1 ? {} : { ':before': rev - 1 },
    );
    return done !== undefined;
  }

  async listStats(of: ConnectionRef): Promise<Map<string, StatsItem>> {
    const all = new Map<string, StatsItem>();
    const pages = this.#pages({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :stats)',
      ExpressionAttributeValues: item({ ':pk': keys.partition(of), ':stats': keys.STATS_PREFIX }),
    });
    for await (const page of pages) {
      for (const { sk, ...rest } of page) all.set(String(sk).slice(keys.STATS_PREFIX.length), statsOf(rest));
    }
    return all;
  }

  async listConnections(): Promise<NotedConnection[]> {
    const noted: NotedConnection[] = [];
    const pages = this.#pages({
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: item({ ':pk': keys.CONNECTIONS_PARTITION }),
    });
    for await (const page of pages) {
      for (const { sk, missingSince } of page) {
        const since = missingSince === undefined ? {} : { missingSince: Number(missingSince) };
        noted.push({ ...keys.connectionIn(String(sk)), ...since });
      }
    }
    return noted;
  }

  async noteConnection(of: ConnectionRef): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: item(keys.noteKey(of)),
        UpdateExpression: 'SET notedAt = if_not_exists(notedAt, :now)',
        ExpressionAttributeValues: item({ ':now': this.#now() }),
      }),
    );
  }

  async setMissing(of: ConnectionRef, since: number | undefined): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: item(keys.noteKey(of)),
        UpdateExpression: since === undefined ? 'REMOVE missingSince' : 'SET missingSince = :since',
        ...(since !== undefined && { ExpressionAttributeValues: item({ ':since': since }) }),
      }),
    );
  }

  async forgetConnection(of: ConnectionRef): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: item(keys.noteKey(of)) }));
  }

  async getLoop(of: ConnectionRef): Promise<LoopItem> {
    return { ...NO_LOOP, ...(await this.#get(keys.loopKey(of))) };
  }

  async noteUnavailable(of: ConnectionRef, unavailable: { at: number; reason: string }): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: item(keys.loopKey(of)),
        UpdateExpression: 'SET unavailable = :note',
        ExpressionAttributeValues: item({ ':note': unavailable }),
      }),
    );
  }

  async putLogin(of: ConnectionRef, before: LoginNote | undefined, after: LoginNote): Promise<boolean> {
    const unchanged = before === undefined ? 'attribute_not_exists(login)' : 'login.rev = :rev';
    const values = before === undefined ? {} : { ':rev': before.rev };
    return (await this.#update(keys.loopKey(of), { login: after }, [], unchanged, values)) !== undefined;
  }

  async signalLoop(of: ConnectionRef, checkedAt?: number): Promise<LoopItem> {
    const checked = checkedAt === undefined ? {} : { ':checked': checkedAt };
    const answer = await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: item(keys.loopKey(of)),
        UpdateExpression: `ADD version :one${checkedAt === undefined ? '' : ' SET checkedAt = :checked'}`,
        ExpressionAttributeValues: item({ ':one': 1, ...checked }),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return { ...NO_LOOP, ...unmarshall(answer.Attributes ?? {}) };
  }

  async takeEpoch(of: ConnectionRef, epoch: number, now: number): Promise<LoopItem | undefined> {
    const taken = await this.#update(
      keys.loopKey(of),
      { epoch, state: 'open', heartbeatAt: now, wakeAt: now },
      [],
      'attribute_not_exists(epoch) OR epoch <= :epoch',
      { ':epoch': epoch },
    );
    return taken && { ...NO_LOOP, ...taken };
  }

  async endTick(of: ConnectionRef, epoch: number, end: TickEnd): Promise<'written' | 'signalled' | 'superseded'> {
    const { version, rest, ...others } = end;
    const set = { ...others, ...(rest && { rest }) };
    const unsignalled = version === undefined ? '' : ' AND version = :version';
    const values = { ':epoch': epoch, ...(version !== undefined && { ':version': version }) };
    const done = await this.#update(
      keys.loopKey(of),
      set,
      rest ? [] : ['rest'],
      `epoch = :epoch${unsignalled}`,
      values,
    );
    if (done) return 'written';
    if (version === undefined) return 'superseded';
    return (await this.getLoop(of)).epoch === epoch ? 'signalled' : 'superseded';
  }

  /** All that a query answers, a page at a time. */
  async *#pages(query: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<Record<string, unknown>[]> {
    let start: QueryCommandInput['ExclusiveStartKey'];
    do {
      const input = { TableName: this.#table, ...query, ...(start && { ExclusiveStartKey: start }) };
      const answer = await this.#client.send(new QueryCommand(input));
      yield (answer.Items ?? []).map((found) => unmarshall(found));
      start = answer.LastEvaluatedKey;
    } while (start);
  }

  async #get(key: object): Promise<Record<string, unknown> | undefined> {
    const answer = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: item(key), ConsistentRead: true }),
    );
    return answer.Item && unmarshall(answer.Item);
  }

  async #update(
    key: object,
    set: Record<string, unknown>,
    remove: string[],
    condition: string,
    conditionValues: Record<string, unknown>,
    onSize?: (gigabytes: number) => void,
  ): Promise<Record<string, unknown> | undefined> {
    const names: Record<string, string> = {};
    const values: Record<string, unknown> = { ...conditionValues };
    const sets = Object.entries(set).map(([name, value], i) => {
      names[`#s${i}`] = name;
      values[`:s${i}`] = value;
      return `#s${i} = :s${i}`;
    });
    const removes = remove.map((name, i) => {
      names[`#r${i}`] = name;
      return `#r${i}`;
    });
    const expression = `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`;
    return this.#conditional(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: item(key),
        UpdateExpression: expression,
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: item(values),
        ReturnValues: 'ALL_NEW',
        ...(onSize && { ReturnItemCollectionMetrics: 'SIZE' }),
      }),
      onSize,
    );
  }

  /** The item's attributes after the write ({} where none are returned), or `undefined` if the condition did not hold. */
  async #conditional(
    command: PutItemCommand | UpdateItemCommand | DeleteItemCommand,
    onSize?: (gigabytes: number) => void,
  ): Promise<Record<string, unknown> | undefined> {
    try {
      const answer = await this.#client.send(command as UpdateItemCommand);
      const range = answer.ItemCollectionMetrics?.SizeEstimateRangeGB;
      if (range) onSize?.(Math.max(...range));
      return answer.Attributes ? unmarshall(answer.Attributes) : {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }
}

function connectionOf({ platform, connection }: ConnectionRef): ConnectionRef {
  return { platform, connection };
}

const LIST_PAGE = 200;
const MAX_LIST_PAGES = 10;
