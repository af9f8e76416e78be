import type { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import type { Credentials } from './credentials.ts';
import { writeDurably } from './durable-level.ts';
import { EngineError } from './engine-error.ts';
import { type Item, repairIndexes } from './index-repair.ts';
import type { Resource } from './template.ts';

interface Page {
  Items: Item[];
  LastEvaluatedKey?: Item;
}

const SWEEP_EVERY_MS = 60 * 60_000;
const FIRST_SWEEP_MS = 60_000;
/** The sweep shares a thread with everything else, so it takes its table in small pages, with rests. */
const SWEEP_PAGE = 200;
const SWEEP_REST_MS = 100;

/** Of a table's properties, those that DynamoDB's CreateTable knows and dynalite runs. */
const CREATE_PROPERTIES = [
  'AttributeDefinitions',
  'KeySchema',
  'LocalSecondaryIndexes',
  'GlobalSecondaryIndexes',
  'BillingMode',
  'ProvisionedThroughput',
] as const;

/** The template's tables in dynalite, on disk. */
export class Tables {
  readonly endpoint: string;
  /** Requests by operation, the engine's own left out. */
  readonly requests: Record<string, number> = {};
  readonly #server;
  readonly #credentials: Credentials;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  /** `interrupted`: the process that had the tables before was killed, so their indexes are held against their items. */
  static async open(
    path: string,
    resources: readonly Resource[],
    credentials: Credentials,
    interrupted = false,
  ): Promise<Tables> {
    writeDurably();
    const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const tables = new Tables(server, credentials);
    for (const resource of resources) {
      await tables.#create(resource);
      if (interrupted) await repairIndexes((...args) => tables.#call(...args), resource.name, resource.properties);
    }
    return tables;
  }

  private constructor(server: ReturnType<typeof createServer>, credentials: Credentials) {
    this.#server = server;
    this.#credentials = credentials;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [handle] = server.listeners('request') as [(request: IncomingMessage, response: ServerResponse) => void];
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!credentials.accepts(request)) return void response.writeHead(403).end();
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? 'unknown';
      if (!request.headers['x-local-engine']) this.requests[operation] = (this.requests[operation] ?? 0) + 1;
      handle(request, response);
      // dynalite throws on a connection that breaks off, which would end the process: a function that is stopped at its
      // time limit breaks off its connections.
      request.removeAllListeners('error').on('error', () => response.destroy());
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #create({ name, properties }: Resource): Promise<void> {
    const described = await this.#call('DescribeTable', { TableName: name });
    if (described.status === 400) {
      const known = CREATE_PROPERTIES.filter((property) => property in properties);
      const request = { TableName: name, ...Object.fromEntries(known.map((key) => [key, properties[key]])) };
      const created = await this.#call('CreateTable', request);
      if (created.status !== 200)
        throw new EngineError(`table ${name}: dynalite refused it: ${JSON.stringify(created.body)}`);
    }
    await this.#active(name);
    const ttl = properties.TimeToLiveSpecification as { AttributeName?: string; Enabled?: boolean } | undefined;
    if (!ttl?.Enabled || !ttl.AttributeName) return;
    const keys = (properties.KeySchema as { AttributeName: string }[]).map(({ AttributeName }) => AttributeName);
    this.#later(FIRST_SWEEP_MS, () => this.sweep(name, ttl.AttributeName!, keys));
  }

  /** dynalite makes a new table active a moment after it has answered. */
  async #active(name: string): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const { body } = await this.#call('DescribeTable', { TableName: name });
      if ((body.Table as { TableStatus?: string } | undefined)?.TableStatus === 'ACTIVE') return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new EngineError(`table ${name}: its creation was cut off; delete the data directory (nothing is in it yet)`);
  }

  /** What DynamoDB does within days: deletes the items whose TTL has passed. */
  async sweep(table: string, attribute: string, keys: readonly string[], now = Date.now()): Promise<number> {
    const expired = { ':now': { N: String(Math.floor(now / 1000)) }, ':number': { S: 'N' } };
    const names = Object.fromEntries(keys.map((key, index) => [`#k${index}`, key]));
    let deleted = 0;
    let start: Item | undefined;
    do {
      const page = await this.#call('Scan', {
        TableName: table,
        Limit: SWEEP_PAGE,
        FilterExpression: 'attribute_type(#ttl, :number) AND #ttl < :now',
        ProjectionExpression: Object.keys(names).join(', '),
        ExpressionAttributeNames: { ...names, '#ttl': attribute },
        ExpressionAttributeValues: expired,
        ...(start && { ExclusiveStartKey: start }),
      });
      if (page.status !== 200) break;
      const { Items, LastEvaluatedKey } = page.body as unknown as Page;
      for (const Key of Items) {
        const { status } = await this.#call('DeleteItem', {
          TableName: table,
          Key,
          ConditionExpression: '#ttl < :now',
          ExpressionAttributeNames: { '#ttl': attribute },
          ExpressionAttributeValues: { ':now': expired[':now'] },
        });
        if (status === 200) deleted++;
      }
      start = LastEvaluatedKey;
      if (start) await new Promise((resolve) => setTimeout(resolve, SWEEP_REST_MS));
    } while (start && !this.#stopped);
    this.#later(SWEEP_EVERY_MS, () => this.sweep(table, attribute, keys));
    return deleted;
  }

  #later(delay: number, work: () => Promise<unknown>): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      // Stopping in the middle of it is no error, and the next start sweeps again.
      work().catch(() => {});
    }, delay).unref();
    this.#timers.add(timer);
  }

  async #call(operation: string, request: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(this.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'x-local-engine': 'true',
        ...this.#credentials.headers(),
      },
      body: JSON.stringify(request),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}
