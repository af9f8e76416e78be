import { ulid } from 'ulid';
import { cancelJob } from '../../functions/cancel-job/cancel.ts';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import { submitJob } from '../../functions/submit-job/submit.ts';
import { Problem } from '../../shared/api/problem.ts';
import { isTerminal, type Job } from '../../shared/job/job.ts';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import { cachedStats } from '../../shared/loop/statistics.ts';
import type { JobRef, PlatformConnection, SubmitOutcome } from '../../shared/platforms/adapter.ts';
import { seeded } from '../support/random.ts';
import { fakeAdapter, LAB, World } from '../support/world.ts';
import { type Injector, injector } from './injector.ts';

export interface Report {
  seed: number;
  /** Calls to all ports, and those that a fault befell. */
  calls: number;
  faults: number;
  jobs: number;
  /** What was promised and not kept, in words. Empty: all is well. */
  broken: string[];
}

interface PlatformJob {
  token: string;
  endsAt: number;
  outcome: 'SUCCEEDED' | 'FAILED';
  canceledAt?: number;
}

const SUBMITTERS = 25;
const FAULTY_MS = 2 * 3_600_000;
const LOOK_FAULTS = ['transient', 'permanent', 'missing', 'not_found once', 'throws', 'hangs', 'wrong job'] as const;

/** A platform that takes jobs, ends them by its own clock, and whose answers may be lost. */
class FaultyPlatform implements PlatformConnection {
  readonly jobs = new Map<string, PlatformJob>();
  readonly submits = new Map<string, number>();
  /**
   * Jobs that the platform has denied once. Said again, with what was learned in between not written for a fault of the
   * table, it would be LOST for good reason.
   */
  readonly #denied = new Set<string>();
  readonly #world: () => World;
  readonly #faults: Injector;
  readonly #random: () => number;

  constructor(world: () => World, faults: Injector, random: () => number) {
    this.#world = world;
    this.#faults = faults;
    this.#random = random;
  }

  intent(_request: unknown, job: { id: string }) {
    return { token: job.id };
  }

  adopt(): never {
    throw new Error('not part of this test');
  }

  async submit(request: unknown, intent: { token?: string } | undefined): Promise<SubmitOutcome> {
    const token = String(intent?.token);
    const fault = this.#faults.strikes('platform.submit', ['unavailable', 'unknown', 'unanswered', 'throws']);
    const error = { code: 'X', message: 'no' };
    if (fault === 'unavailable') return { kind: 'unavailable', error };
    if (fault === 'unknown') return { kind: 'unknown', error };
    this.submits.set(token, (this.submits.get(token) ?? 0) + 1);
    const { seconds, outcome } = request as { seconds: number; outcome: PlatformJob['outcome'] };
    this.jobs.set(token, { token, endsAt: this.#world().time + seconds * 1000, outcome });
    if (fault === 'unanswered') return { kind: 'unknown', error };
    if (fault === 'throws') throw new Error('an adapter that breaks its word');
    return { kind: 'accepted', handle: { task: token } };
  }

  async findSubmitted(intent: { token?: string }) {
    const fault = this.#faults.strikes('platform.findSubmitted', ['transient']);
    if (fault) return { kind: 'transient' as const, code: 'X', message: 'no' };
    const found = this.jobs.get(String(intent.token));
    if (found) return { kind: 'accepted' as const, handle: { task: found.token } };
    return { kind: 'absent' as const, message: 'not there' };
  }

  async check(refs: readonly JobRef[]): Promise<Map<string, CheckOutcome>> {
    const fault = this.#faults.strikes('platform.check', LOOK_FAULTS);
    if (fault === 'throws') throw new Error('an adapter that breaks its word');
    if (fault === 'hangs') {
      this.#world().time += 40_000;
      return new Map();
    }
    const outcomes = new Map(refs.map((ref) => [ref.id, this.#state(String(ref.handle.task))]));
    if (fault === 'missing') outcomes.delete(refs[0]!.id);
    if (fault === 'wrong job') outcomes.set(ulid(), { kind: 'observed', status: 'SUCCEEDED' });
    const said = fault === 'not_found once' ? refs.find(({ id }) => !this.#denied.has(id)) : undefined;
    if (said) {
      this.#denied.add(said.id);
      outcomes.set(said.id, { kind: 'not_found', code: 'X', message: 'gone' });
    }
    if (fault !== 'transient' && fault !== 'permanent') return outcomes;
    const wish = this.#random() < 0.2 ? { retryAfterSeconds: 20 } : {};
    return new Map(refs.map(({ id }) => [id, { kind: fault, code: 'http.503', message: 'down', ...wish }]));
  }

  async cancel(ref: JobRef) {
    if (this.#faults.strikes('platform.cancel', ['transient'])) {
      return { kind: 'transient' as const, code: 'X', message: 'no' };
    }
    const job = this.jobs.get(String(ref.handle.task))!;
    if (this.#world().time >= job.endsAt) return { kind: 'over' as const };
    job.canceledAt ??= this.#world().time;
    return { kind: 'accepted' as const };
  }

  #state(token: string): CheckOutcome {
    const job = this.jobs.get(token);
    if (!job) return { kind: 'not_found', code: 'X', message: 'never seen' };
    if (job.canceledAt !== undefined) return { kind: 'observed', status: 'CANCELED' };
    if (this.#world().time < job.endsAt) return { kind: 'observed', status: 'RUNNING' };
    return { kind: 'observed', status: job.outcome };
  }
}

/** Two hours in which every port fails at random, then calm until nothing is left to do. */
export async function run(seed: number, rate: number, sabotage?: (world: World) => void): Promise<Report> {
  const random = seeded(seed);
  const world: World = new World({ random });
  const faults = injector(random, (ms) => {
    world.time += Math.floor(ms);
  });
  const platform = new FaultyPlatform(() => world, faults, random);
  const { store, bus, executions, callbacks } = world.ports;
  Object.assign(world.ports, {
    platform,
    store: faults.port('store', store),
    executions: faults.port('executions', executions),
    callbacks: faults.port('callbacks', callbacks),
  });
  // PutEvents fails entry by entry; an entry may have been taken although its answer was lost.
  world.ports.bus = {
    publish: async (events) => {
      const fault = faults.strikes('bus.publish', ['all', 'some', 'unanswered']);
      const taken = events.map(() => !fault || fault === 'unanswered' || (fault === 'some' && random() < 0.5));
      const published = await bus.publish(events.filter((_, i) => taken[i]));
      if (fault === 'unanswered') return events.map(() => false);
      let next = 0;
      return taken.map((yes) => yes && published[next++] === true);
    },
  };
  sabotage?.(world);
  const accepted = await drive(world, platform, faults, random, rate);
  return { seed, jobs: accepted.size, ...count(faults), broken: await verdict(world, platform, accepted) };
}

async function drive(
  world: World,
  platform: FaultyPlatform,
  faults: Injector,
  random: () => number,
  rate: number,
): Promise<Set<string>> {
  const adapter = fakeAdapter(() => platform);
  const accepted = new Set<string>();
  const ports = { ...world.ports, stats: cachedStats(world.ports) };
  const begin = world.time;
  const submitAt = Array.from({ length: SUBMITTERS }, () => begin + Math.floor(random() * FAULTY_MS * 0.8)).sort(
    (a, b) => a - b,
  );
  const requests = submitAt.map((at, i) => ({ at, i, seconds: 1 + random() ** 3 * 3000, tries: 0 }));
  faults.rate = rate;
  for (let minute = 1; minute <= 60 * 24; minute++) {
    const until = begin + minute * 60_000;
    if (until > begin + FAULTY_MS) faults.rate = 0;
    while (requests[0] && requests[0].at < until) {
      const request = requests.shift()!;
      await world.run(request.at);
      const { seconds, i } = request;
      const body = { operation: `op-${i % 3}`, seconds, outcome: i % 4 === 0 ? 'FAILED' : 'SUCCEEDED' };
      try {
        // A caller that repeats what went wrong, with its key, as callers are told to.
        const { job } = await submitJob(
          ports,
          adapter,
          { options: {}, platform },
          {
            of: LAB,
            operation: body.operation,
            request: body,
            common: { deadlineSeconds: 86_400 },
            adopt: false,
            idempotencyKey: `key-${i}`,
            submitter: `caller-${i}-${request.tries}`,
          },
        );
        accepted.add(job.id);
        if (i % 7 === 3) await cancelJob(world.ports, platform, LAB, job.id).catch(() => undefined);
      } catch (error) {
        const final = error instanceof Problem && error.problem !== 'platform-unavailable';
        if (!final || request.tries < 50)
          requests.push({ ...request, at: world.time + 30_000, tries: request.tries + 1 });
        requests.sort((a, b) => a.at - b.at);
      }
    }
    await world.run(until);
    await reconcile(world.ports, [LAB]).catch(() => undefined);
    const quiet = faults.rate === 0 && requests.length === 0 && world.live().length === 0;
    if (quiet && (await world.store.activeJobs(LAB)).length === 0) break;
  }
  return accepted;
}

function count(faults: Injector): { calls: number; faults: number } {
  return { calls: faults.calls, faults: [...faults.faults.values()].reduce((sum, n) => sum + n, 0) };
}

async function verdict(world: World, platform: FaultyPlatform, accepted: ReadonlySet<string>): Promise<string[]> {
  const broken: string[] = [];
  const events = new Map<string, Set<string>>();
  for (const { detail } of world.events) {
    const { id, eventId } = detail as { id?: string; eventId: string };
    if (id !== undefined) events.set(id, (events.get(id) ?? new Set()).add(eventId));
  }
  for (const id of accepted) {
    const job = await world.store.getJob(LAB, id);
    if (!job) broken.push(`${id} is gone`);
    else broken.push(...promises(job, platform.jobs.get(id), events.get(id)));
  }
  for (const [token, times] of platform.submits) if (times > 1) broken.push(`${token} was submitted ${times} times`);
  if (world.live().length > 0) broken.push(`${world.live().length} loops run for nothing`);
  return broken;
}

/** What was promised about one job. */
function promises(job: Job, there: PlatformJob | undefined, eventIds: Set<string> | undefined): string[] {
  const broken: string[] = [];
  const say = (what: string) => broken.push(`${job.id} (${job.status}): ${what}`);
  if (!isTerminal(job.status)) say('has not ended');
  if (job.activeSince !== undefined) say('is never let go');
  if (eventIds?.size !== 1) say(`has ${eventIds?.size ?? 0} event ids`);
  if (there) {
    const truth = there.canceledAt !== undefined ? 'CANCELED' : there.outcome;
    if (job.status !== truth) say(`is ${truth} at the platform: ${JSON.stringify(job.error)}`);
  } else if (job.status !== 'LOST') {
    say('never reached the platform');
  }
  return broken;
}
