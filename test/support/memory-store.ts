import type { ActiveJob, Job } from '../../shared/job/job.ts';
import { ACTIVE_ATTRIBUTES, isListed } from '../../shared/job/job.ts';
import { digestOf } from '../../shared/job/parts.ts';
import { changes, withoutDigest } from '../../shared/store/changes.ts';
import {
  ACTIVE_SORT_KEY,
  CONNECTIONS_PARTITION,
  connectionIn,
  idempotencyKey,
  jobKey,
  loopKey,
  noteKey,
  partition,
  STATS_PREFIX,
  statsKey,
} from '../../shared/store/keys.ts';
import { type LoginNote, type LoopItem, NO_LOOP } from '../../shared/store/loop-item.ts';
import type {
  ConnectionNotes,
  ConnectionRef,
  JobPage,
  KeyClaim,
  ListQuery,
  NotedConnection,
  StatsItem,
  Store,
  TickEnd,
} from '../../shared/store/store.ts';
import { slotOf, timelineIn } from '../../shared/store/timeline-slots.ts';

/** The job table in memory, with DynamoDB's single-item semantics. `test/store` holds both to the same contract. */
export class MemoryStore implements Store, ConnectionNotes {
  /** Frozen, so that they can be handed out as they are. */
  readonly #items = new Map<string, Item>();
  /** Names of the items in the index `active`, by partition. */
  readonly #active = new Map<string, Set<string>>();
  /** Writes taken, for tests that count them. */
  writes = 0;
  readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  async claimKey(of: ConnectionRef, key: string, claim: KeyClaim): Promise<KeyClaim> {
    const name = nameOf(idempotencyKey(of, key));
    const held = this.items.get(name) as KeyClaim | undefined;
    if (held && held.ttl >= Math.floor(this.now() / 1000)) return held;
    this.#put(name, { ...claim });
    return claim;
  }

  async releaseKey(of: ConnectionRef, key: string, jobId: string): Promise<void> {
    const name = nameOf(idempotencyKey(of, key));
    if (this.items.get(name)?.jobId === jobId) this.#items.delete(name);
  }

  async createJob(job: Job): Promise<boolean> {
    const name = nameOf(jobKey(job, job.id));
    const there = this.items.get(name);
    if (there) return there.submitter === job.submitter;
    this.#put(name, { ...job });
    return true;
  }

  async getJob(of: ConnectionRef, id: string): Promise<Job | undefined> {
    const item = this.items.get(nameOf(jobKey(of, id)));
    return item && (timelineIn(item) as unknown as Job);
  }

  async updateJob(before: ActiveJob | Job, after: ActiveJob | Job): Promise<Job | undefined> {
    const name = nameOf(jobKey(before, before.id));
    const item = this.items.get(name);
    if (item?.rev !== before.rev) return undefined;
    const { set, remove } = changes(withoutDigest(before), withoutDigest(after));
    const next: Record<string, unknown> = {
      ...item,
      ...set,
      ...slotOf(before, after, this.now()),
      rev: before.rev + 1,
    };
    for (const key of remove) delete next[key];
    return timelineIn(this.#put(name, next)) as unknown as Job;
  }

  async listJobs(of: ConnectionRef, { status, operation, limit, cursor }: ListQuery): Promise<JobPage> {
    const all = this.#jobs(of)
      .filter((job) => isListed(job) && (cursor === undefined || job.id < cursor))
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .filter((job) => (status ?? job.status) === job.status && (operation ?? job.operation) === job.operation);
    const jobs = all.slice(0, limit);
    return all.length >= limit ? { jobs, cursor: jobs.at(-1)!.id } : { jobs };
  }

  async activeJobs(
    of: ConnectionRef,
    { limit = Number.POSITIVE_INFINITY, newestFirst = false } = {},
  ): Promise<ActiveJob[]> {
    const names = [...(this.#active.get(partition(of)) ?? [])];
    const jobs = names.map((name) => this.items.get(name) as unknown as ActiveJob);
    jobs.sort((a, b) => (newestFirst ? b.activeSince! - a.activeSince! : a.activeSince! - b.activeSince!));
    return jobs.slice(0, limit).map(projected);
  }

  async getStats(of: ConnectionRef, operation: string): Promise<StatsItem | undefined> {
    return this.items.get(nameOf(statsKey(of, operation))) as StatsItem | undefined;
  }

  async putStats(of: ConnectionRef, operation: string, item: StatsItem): Promise<boolean> {
    const name = nameOf(statsKey(of, operation));
    if (((this.items.get(name)?.rev as number) ?? 0) !== item.rev - 1) return false;
    this.#put(name, { ...item });
    return true;
  }

  async listStats(of: ConnectionRef): Promise<Map<string, StatsItem>> {
    const prefix = `${partition(of)}|${STATS_PREFIX}`;
    const found = [...this.items].filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(found.map(([name, item]) => [name.slice(prefix.length), item as unknown as StatsItem]));
  }

  async listConnections(): Promise<NotedConnection[]> {
    const prefix = `${CONNECTIONS_PARTITION}|`;
    const found = [...this.items].filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
    return found.map(([name, { missingSince }]) => ({
      ...connectionIn(name.slice(prefix.length)),
      ...(missingSince !== undefined && { missingSince: Number(missingSince) }),
    }));
  }

  async noteConnection(of: ConnectionRef): Promise<void> {
    const name = nameOf(noteKey(of));
    this.#put(name, { notedAt: this.now(), ...this.items.get(name) });
  }

  async setMissing(of: ConnectionRef, since: number | undefined): Promise<void> {
    const name = nameOf(noteKey(of));
    const { missingSince: _before, ...rest } = this.items.get(name) ?? {};
    this.#put(name, { ...rest, ...(since !== undefined && { missingSince: since }) });
  }

  async forgetConnection(of: ConnectionRef): Promise<void> {
    this.#items.delete(nameOf(noteKey(of)));
  }

  async getLoop(of: ConnectionRef): Promise<LoopItem> {
    return { ...NO_LOOP, ...(this.items.get(nameOf(loopKey(of))) as Partial<LoopItem>) };
  }

  async putLogin(of: ConnectionRef, before: LoginNote | undefined, after: LoginNote): Promise<boolean> {
    const item = this.items.get(nameOf(loopKey(of))) ?? {};
    if ((item.login as LoginNote | undefined)?.rev !== before?.rev) return false;
    this.#put(nameOf(loopKey(of)), { ...item, login: after });
    return true;
  }

  async noteUnavailable(of: ConnectionRef, unavailable: { at: number; reason: string }): Promise<void> {
    const name = nameOf(loopKey(of));
    this.#put(name, { ...this.items.get(name), unavailable });
  }

  async signalLoop(of: ConnectionRef, checkedAt?: number): Promise<LoopItem> {
    const loop = await this.getLoop(of);
    const item = this.items.get(nameOf(loopKey(of))) ?? {};
    const signal = { version: loop.version + 1, ...(checkedAt !== undefined && { checkedAt }) };
    this.#put(nameOf(loopKey(of)), { ...item, ...signal });
    return { ...loop, ...signal };
  }

  async takeEpoch(of: ConnectionRef, epoch: number, now: number): Promise<LoopItem | undefined> {
    const loop = await this.getLoop(of);
    if (loop.epoch > epoch) return undefined;
    const taken = { ...loop, epoch, state: 'open' as const, heartbeatAt: now, wakeAt: now };
    this.#put(nameOf(loopKey(of)), taken);
    return taken;
  }

  async endTick(of: ConnectionRef, epoch: number, end: TickEnd): Promise<'written' | 'signalled' | 'superseded'> {
    const loop = await this.getLoop(of);
    const { version, rest, ...set } = end;
    if (loop.epoch !== epoch) return 'superseded';
    if (version !== undefined && loop.version !== version) return 'signalled';
    const { rest: _before, ...kept } = loop;
    this.#put(nameOf(loopKey(of)), { ...kept, ...set, ...(rest && { rest }) });
    return 'written';
  }

  get items(): ReadonlyMap<string, Item> {
    return this.#items;
  }

  /** Puts an item there as it is, whatever the table has of it. */
  load(name: string, item: Item): void {
    this.#items.set(name, item);
    const of = name.slice(0, name.indexOf('|'));
    const active = this.#active.get(of) ?? new Set<string>();
    this.#active.set(of, active);
    if (item[ACTIVE_SORT_KEY] === undefined) active.delete(name);
    else active.add(name);
  }

  #put(name: string, item: Item): Item {
    this.writes++;
    const kept = frozen(structuredClone(item));
    this.load(name, kept);
    return kept;
  }

  #jobs(of: ConnectionRef): Job[] {
    const prefix = `${partition(of)}|job/`;
    const found = [...this.items].filter(([name]) => name.startsWith(prefix)).map(([, item]) => item);
    return found.map((item) => timelineIn(item)) as unknown as Job[];
  }
}

/** `<partition key>|<sort key>`. */
export function nameOf({ pk, sk }: { pk: string; sk: string }): string {
  return `${pk}|${sk}`;
}

type Item = Record<string, unknown>;

/** What the index `active` has of a job. */
const projections = new WeakMap<object, ActiveJob>();
const PROJECTED = ['platform', 'connection', 'id', ACTIVE_SORT_KEY, ...ACTIVE_ATTRIBUTES] as const;

/** Items are never changed, only replaced: the projection of one is made once. */
function projected(job: ActiveJob): ActiveJob {
  let known = projections.get(job);
  if (known === undefined) {
    const { parts, ...rest } = Object.fromEntries(
      PROJECTED.filter((name) => job[name] !== undefined).map((name) => [name, job[name]]),
    ) as unknown as ActiveJob;
    known = { ...rest, ...(parts && { partsDigest: digestOf(parts) }) };
    projections.set(job, frozen(known));
  }
  return known;
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
