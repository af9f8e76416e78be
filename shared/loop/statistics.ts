import type { Job } from '../job/job.ts';
import { borrowed, type Duration, NO_STATS, type OperationStats, record } from '../job/schedule/stats.ts';
import type { Log } from '../platforms/adapter.ts';
import { type ConnectionRef, connectionName, type StatsItem, type Store } from '../store/store.ts';
import { eachOf } from './concurrency.ts';

export interface StatisticsPorts {
  store: Store;
  /** Other connections of the platform: what the operation takes there is the first estimate of what it takes here. */
  siblings?(of: ConnectionRef): readonly ConnectionRef[];
  log: Log;
}

const AT_ONCE = 8;
/** Operations have names of the platform's choice, or of callers': this many are planned by what they took before. */
const MAX_OPERATIONS = 64;
const MAX_SIBLINGS = 16;
const WRITE_TRIES = 4;

/** How long the operations of one connection take: read once for a tick, and written for the jobs that it let go. */
export class Statistics {
  readonly #ports: StatisticsPorts;
  readonly #of: ConnectionRef;
  readonly #items = new Map<string, StatsItem | undefined>();
  readonly #estimates = new Map<string, OperationStats>();

  private constructor(ports: StatisticsPorts, of: ConnectionRef) {
    this.#ports = ports;
    this.#of = of;
  }

  /** Without an answer from the table it goes on with what is known without history: a plan is no reason to fail. */
  static async load(ports: StatisticsPorts, of: ConnectionRef, operations: Iterable<string>): Promise<Statistics> {
    const statistics = new Statistics(ports, of);
    await eachOf([...new Set(operations)].slice(0, MAX_OPERATIONS), AT_ONCE, (operation) =>
      statistics.#read(operation),
    );
    return statistics;
  }

  of(operation: string): OperationStats {
    return this.#items.get(operation)?.stats ?? this.#estimates.get(operation) ?? NO_STATS;
  }

  /**
   * Counts jobs that were let go. Each job is let go by one write that only one loop can make, and counted after it, so it
   * is counted once at most; a crash in between leaves it uncounted, which costs nothing.
   */
  async count(jobs: readonly Job[]): Promise<void> {
    const byOperation = new Map<string, Job[]>();
    for (const job of jobs) {
      if (job.took === undefined) continue;
      byOperation.set(job.operation, [...(byOperation.get(job.operation) ?? []), job]);
    }
    await eachOf([...byOperation], AT_ONCE, async ([operation, counted]) => {
      try {
        await this.#add(operation, counted);
      } catch (error) {
        this.#ports.log.warn('durations not counted', { operation: this.#name(operation), error: String(error) });
      }
    });
  }

  async #read(operation: string): Promise<void> {
    try {
      const item = await this.#ports.store.getStats(this.#of, operation);
      this.#items.set(operation, item);
      if (item === undefined) this.#estimates.set(operation, await this.#estimate(operation));
    } catch (error) {
      this.#ports.log.warn('planned without history', { operation: this.#name(operation), error: String(error) });
    }
  }

  async #estimate(operation: string): Promise<OperationStats> {
    const known: OperationStats[] = [];
    await eachOf((this.#ports.siblings?.(this.#of) ?? []).slice(0, MAX_SIBLINGS), AT_ONCE, async (sibling) => {
      const item = await this.#ports.store.getStats(sibling, operation);
      if (item) known.push(item.stats);
    });
    return known.length === 0 ? NO_STATS : borrowed(known);
  }

  async #add(operation: string, jobs: readonly Job[]): Promise<void> {
    const took = jobs.map((job): Duration => ({ ...job.took!, ...(job.status === 'FAILED' && { failed: true }) }));
    // A job is counted once, so its id tells this write from every other.
    const countedWith = jobs[0]!.id;
    for (let tries = 0; tries < WRITE_TRIES; tries++) {
      if (!this.#items.has(operation)) await this.#read(operation);
      const before = this.#items.get(operation);
      const after = { rev: (before?.rev ?? 0) + 1, stats: record(this.of(operation), took), countedWith };
      if (await this.#ports.store.putStats(this.#of, operation, after)) {
        this.#items.set(operation, after);
        return;
      }
      const found = await this.#ports.store.getStats(this.#of, operation);
      this.#items.set(operation, found);
      // The SDK repeats a write whose answer was lost, and then meets its own item.
      if (found?.countedWith === countedWith) return;
    }
    throw new Error(`others write it all the time; ${WRITE_TRIES} tries`);
  }

  #name(operation: string): string {
    return `${connectionName(this.#of)}/${operation}`;
  }
}

const CACHED_MS = 60_000;
const MAX_CACHED = 1_000;

/** For submits, which only need to know when the first look will be: as good a minute later, and one read less. */
export function cachedStats(ports: StatisticsPorts & { now(): number }) {
  const cache = new Map<string, { stats: Promise<OperationStats>; until: number }>();
  return (of: ConnectionRef, operation: string): Promise<OperationStats> => {
    const key = `${connectionName(of)}/${operation}`;
    const known = cache.get(key);
    if (known && ports.now() < known.until) return known.stats;
    if (cache.size >= MAX_CACHED) cache.clear();
    const stats = Statistics.load(ports, of, [operation]).then((statistics) => statistics.of(operation));
    cache.set(key, { stats, until: ports.now() + CACHED_MS });
    return stats;
  };
}
