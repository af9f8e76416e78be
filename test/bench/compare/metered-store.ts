import { ACTIVE_ATTRIBUTES, type ActiveJob, type Job } from '../../../shared/job/job.ts';
import {
  ACTIVE_SORT_KEY,
  idempotencyKey,
  jobKey,
  KEEP_STATS_SECONDS,
  loopKey,
  statsKey,
} from '../../../shared/store/keys.ts';
import type { LoginNote, LoopItem } from '../../../shared/store/loop-item.ts';
import type {
  ActiveQuery,
  ConnectionRef,
  JobPage,
  KeyClaim,
  ListQuery,
  StatsItem,
  Store,
  TickEnd,
} from '../../../shared/store/store.ts';
import { MemoryStore, nameOf } from '../../support/memory-store.ts';
import { itemBytes } from './item-size.ts';
import type { Usage } from './prices.ts';

interface Key {
  pk: string;
  sk: string;
}
type Item = Record<string, unknown>;
type Units = Pick<Usage, 'writeUnits' | 'readUnits'> & { indexWriteUnits: number };

const WRITE_BYTES = 1024;
const READ_BYTES = 4096;
const QUERY_PAGE_BYTES = 1024 * 1024;

/**
 * The job table in memory that counts what DynamoDB would bill for on demand. A write costs a unit for each KB of the larger
 * of the item before and after, also where its condition does not hold; and so does each entry of the local index that it
 * puts, changes or deletes. A read with strong consistency costs a unit for each 4 KB, and one where nothing is found; a
 * query counts the bytes of its whole page together.
 */
export class MeteredStore implements Store {
  /** `writeUnits` are those of the table and of the index together. */
  readonly units: Units = { writeUnits: 0, readUnits: 0, indexWriteUnits: 0 };
  readonly #store: MemoryStore;
  readonly #entryBytes = new WeakMap<object, number>();

  constructor(now: () => number) {
    this.#store = new MemoryStore(now);
  }

  claimKey(of: ConnectionRef, key: string, claim: KeyClaim): Promise<KeyClaim> {
    return this.#write(idempotencyKey(of, key), () => this.#store.claimKey(of, key, claim));
  }

  releaseKey(of: ConnectionRef, key: string, jobId: string): Promise<void> {
    return this.#write(idempotencyKey(of, key), () => this.#store.releaseKey(of, key, jobId));
  }

  createJob(job: Job): Promise<boolean> {
    return this.#write(jobKey(job, job.id), () => this.#store.createJob(job));
  }

  getJob(of: ConnectionRef, id: string): Promise<Job | undefined> {
    this.#read(jobKey(of, id));
    return this.#store.getJob(of, id);
  }

  updateJob(before: ActiveJob | Job, after: ActiveJob | Job): Promise<Job | undefined> {
    return this.#write(jobKey(before, before.id), () => this.#store.updateJob(before, after));
  }

  listJobs(_of: ConnectionRef, _query: ListQuery): Promise<JobPage> {
    throw new Error('nobody lists jobs in this benchmark');
  }

  async activeJobs(of: ConnectionRef, query: ActiveQuery = {}): Promise<ActiveJob[]> {
    const jobs = await this.#store.activeJobs(of, query);
    let page = 0;
    for (const job of jobs) {
      const bytes = this.#projectedBytes(job);
      if (page + bytes > QUERY_PAGE_BYTES) {
        this.units.readUnits += unitsOf(page, READ_BYTES);
        page = 0;
      }
      page += bytes;
    }
    this.units.readUnits += unitsOf(page, READ_BYTES);
    return jobs;
  }

  getStats(of: ConnectionRef, operation: string): Promise<StatsItem | undefined> {
    this.#read(statsKey(of, operation));
    return this.#store.getStats(of, operation);
  }

  putStats(of: ConnectionRef, operation: string, item: StatsItem): Promise<boolean> {
    return this.#write(statsKey(of, operation), () => this.#store.putStats(of, operation, item));
  }

  listStats(_of: ConnectionRef): Promise<Map<string, StatsItem>> {
    throw new Error('nobody lists statistics in this benchmark');
  }

  getLoop(of: ConnectionRef): Promise<LoopItem> {
    this.#read(loopKey(of));
    return this.#store.getLoop(of);
  }

  noteUnavailable(of: ConnectionRef, note: { at: number; reason: string }): Promise<void> {
    return this.#write(loopKey(of), () => this.#store.noteUnavailable(of, note));
  }

  putLogin(of: ConnectionRef, before: LoginNote | undefined, after: LoginNote): Promise<boolean> {
    return this.#write(loopKey(of), () => this.#store.putLogin(of, before, after));
  }

  signalLoop(of: ConnectionRef, checkedAt?: number): Promise<LoopItem> {
    return this.#write(loopKey(of), () => this.#store.signalLoop(of, checkedAt));
  }

  takeEpoch(of: ConnectionRef, epoch: number, now: number): Promise<LoopItem | undefined> {
    return this.#write(loopKey(of), () => this.#store.takeEpoch(of, epoch, now));
  }

  async endTick(of: ConnectionRef, epoch: number, end: TickEnd): Promise<'written' | 'signalled' | 'superseded'> {
    const result = await this.#write(loopKey(of), () => this.#store.endTick(of, epoch, end));
    // A condition on the version that does not hold is followed by a look at the item.
    if (result !== 'written' && end.version !== undefined) this.#read(loopKey(of));
    return result;
  }

  async #write<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const name = nameOf(key);
    const before = this.#store.items.get(name);
    const done = await work();
    const after = this.#store.items.get(name);
    const bytes = Math.max(storedBytes(key, before), storedBytes(key, after));
    const index = before === after ? 0 : this.#indexUnits(key, before, after);
    this.units.indexWriteUnits += index;
    this.units.writeUnits += unitsOf(bytes, WRITE_BYTES) + index;
    return done;
  }

  #read(key: Key): void {
    this.units.readUnits += unitsOf(storedBytes(key, this.#store.items.get(nameOf(key))), READ_BYTES);
  }

  /** The sort key of the index never changes while an item is in it, so an entry is put, updated in place, or deleted. */
  #indexUnits(key: Key, before: Item | undefined, after: Item | undefined): number {
    const [old, now] = [this.#entryOf(key, before), this.#entryOf(key, after)];
    return old + now === 0 ? 0 : unitsOf(Math.max(old, now), WRITE_BYTES);
  }

  #entryOf(key: Key, item: Item | undefined): number {
    if (item?.[ACTIVE_SORT_KEY] === undefined) return 0;
    return itemBytes({ ...key, ...Object.fromEntries(PROJECTED.map((name) => [name, item[name]])) });
  }

  #projectedBytes(job: ActiveJob): number {
    let bytes = this.#entryBytes.get(job);
    if (bytes === undefined) {
      bytes = this.#entryOf(jobKey(job, job.id), job as unknown as Item);
      this.#entryBytes.set(job, bytes);
    }
    return bytes;
  }
}

const PROJECTED = [ACTIVE_SORT_KEY, ...ACTIVE_ATTRIBUTES];

function unitsOf(bytes: number, unit: number): number {
  return Math.max(1, Math.ceil(bytes / unit));
}

/** The item as `DynamoStore` writes it: keys for references, JSON text for what platforms say and for statistics. */
function storedBytes(key: Key, item: Item | undefined): number {
  if (item === undefined) return 0;
  const { platform: _platform, connection: _connection, id: _id, ...rest } = item;
  const stored: Item = { ...key, ...rest };
  for (const name of AS_TEXT) if (stored[name] !== undefined) stored[name] = JSON.stringify(stored[name]);
  if (stored.stats !== undefined) stored.ttl = Math.floor(Date.now() / 1000) + KEEP_STATS_SECONDS;
  return itemBytes(stored);
}

const AS_TEXT = ['result', 'error', 'stats'];
