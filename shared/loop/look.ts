import type { ActiveJob } from '../job/job.ts';
import type { CheckFailure, CheckOutcome } from '../job/outcome.ts';
import type { Due } from '../job/schedule/due.ts';
import type { Look, Looks } from '../job/soft-state.ts';
import type {
  CallOptions,
  CancelOutcome,
  Carry,
  FindOutcome,
  JobRef,
  Log,
  PlatformConnection,
} from '../platforms/adapter.ts';
import { eachOf, within } from './concurrency.ts';
import { MAX_WISH_MS } from './health.ts';
import type { SoftState } from './soft-state.ts';

/** What one tick's calls to the platform have told. */
export interface Learned {
  checks: Map<string, CheckOutcome>;
  cancels: Map<string, CancelOutcome>;
  /** `undefined`: the platform has no way to look for it. */
  finds: Map<string, FindOutcome | undefined>;
  /** The looks before these, by job id. */
  before: Map<string, Look>;
  /** How long after they were due looks were made, in milliseconds: of many so many, evenly drawn, the latest among them. */
  lags: number[];
}

/** What stands for the lags of all looks of a tick: CloudWatch takes a hundred values of a metric at once. */
const LAGS = 20;

interface LookPorts {
  platform: PlatformConnection;
  now(): number;
  log: Log;
}

interface LookRun {
  /** When all calls to the platform are given up (epoch ms). */
  until: number;
  due(job: ActiveJob): Due;
  /** Whether it is time to tell the platform (again) of a cancel. */
  cancelDue(job: ActiveJob): boolean;
  /** What the adapter takes from tick to tick. */
  carry?: Carry;
}

const CALL_CONCURRENCY = 4;
const ASIDE_SHARE = 0.25;

/**
 * All calls of one tick to the platform, bounded in time together: cancels first, then submits to be found, then the
 * look at every job that is due. An adapter that breaks its word (throws, ignores its signal) costs this tick, no more.
 */
export async function lookAtPlatform(
  ports: LookPorts,
  jobs: readonly ActiveJob[],
  looks: Looks,
  state: SoftState,
  run: LookRun,
): Promise<Learned> {
  const learned: Learned = { checks: new Map(), cancels: new Map(), finds: new Map(), before: new Map(), lags: [] };
  const now = ports.now();
  if (now < (state.retryAt ?? 0) && (state.retryAt ?? 0) <= now + MAX_WISH_MS) return learned;

  const { withHandle, toFind, toCancel } = state.failures > 0 ? probe(jobs, looks, run, now) : whole(jobs, run, now);
  const { platform } = ports;
  const left = run.until - now;
  const carried = run.carry && { carry: run.carry };

  // Of the time that there is, these have a share of their own: they must not keep the looks from being made.
  await bounded(ports, left * ASIDE_SHARE, async (options) => {
    await eachOf(platform.cancel ? toCancel : [], CALL_CONCURRENCY, async (job) => {
      // Until it is answered: the time of all calls aside may be over first.
      learned.cancels.set(job.id, NO_ANSWER);
      const answered = await settled(ports, platform.cancel!(refOf(job), { ...options, ...carried }));
      if (answered) learned.cancels.set(job.id, answered);
    });
    await eachOf(toFind, CALL_CONCURRENCY, async (job) => {
      const searchable = job.intent !== undefined && platform.findSubmitted !== undefined;
      const found = searchable ? await settled(ports, platform.findSubmitted!(job.intent!, options)) : undefined;
      if (found || !searchable) learned.finds.set(job.id, found);
    });
  });
  // A look at the same job tells whether a cancel that failed for good is the job's matter or the connection's.
  const looked = new Set(withHandle);
  for (const job of toCancel) {
    if (learned.cancels.get(job.id)?.kind === 'permanent' && !looked.has(job)) withHandle.push(job);
  }
  if (withHandle.length > 0) {
    const begin = ports.now();
    const lags = withHandle.map((job) => Math.max(0, begin - run.due(job).at));
    learned.lags = evenlyDrawn(lags, LAGS);
    const checked = await bounded(ports, run.until - ports.now(), (options) =>
      platform.check(withHandle.map(refOf), { ...options, ...carried }),
    );
    const learn = (job: ActiveJob, outcome: CheckOutcome = NO_ANSWER) => {
      // A poll that goes on is none yet: the job stays due, and the next tick reads on.
      if (outcome.kind === 'observed' || !outcome.pending) learned.checks.set(job.id, outcome);
    };
    for (const job of withHandle) learn(job, checked?.get(job.id));
    const witness = state.failures === 0 ? witnessFor(jobs, looks, learned) : undefined;
    if (witness) {
      withHandle.push(witness);
      const heard = await bounded(ports, run.until - ports.now(), (options) =>
        platform.check([refOf(witness)], { ...options, ...carried }),
      );
      learn(witness, heard?.get(witness.id));
    }
  }
  const at = ports.now();
  const polled = withHandle.filter((job) => learned.checks.has(job.id));
  for (const job of [...polled, ...toFind]) {
    const before = looks.get(job.id);
    if (before) learned.before.set(job.id, before);
    looks.set(job.id, { at, waitSeconds: 0, count: (before?.count ?? job.looks ?? 0) + 1 });
  }
  return learned;
}

/** What one tick asks the platform for. */
interface Questions {
  withHandle: ActiveJob[];
  toFind: ActiveJob[];
  toCancel: ActiveJob[];
}

function whole(jobs: readonly ActiveJob[], run: LookRun, now: number): Questions {
  const due = jobs.filter((job) => now >= run.due(job).from);
  return {
    withHandle: due.filter((job) => job.handle !== undefined),
    toFind: due.filter((job) => job.handle === undefined),
    toCancel: jobs.filter(
      (job) =>
        job.cancelRequestedAt !== undefined && job.cancelSentAt === undefined && job.handle && run.cancelDue(job),
    ),
  };
}

/**
 * The last tick's calls all failed, so one call shows whether the platform is back: a thousand jobs, asked about one by one,
 * would each wait for their time-out. Each try takes another job, lest the one that is asked about is what the platform
 * stumbles over.
 */
function probe(jobs: readonly ActiveJob[], looks: Looks, run: LookRun, now: number): Questions {
  const { withHandle, toFind, toCancel } = whole(jobs, run, now);
  const lastLook = (job: ActiveJob) => looks.get(job.id)?.at ?? 0;
  const first = [...withHandle, ...toFind].sort((a, b) => lastLook(a) - lastLook(b))[0];
  if (first === undefined) return { withHandle, toFind, toCancel: toCancel.slice(0, 1) };
  return {
    withHandle: first.handle === undefined ? [] : [first],
    toFind: first.handle === undefined ? [first] : [],
    toCancel: [],
  };
}

/**
 * Jobs that fail until an operator acts may do so by themselves, or because the connection does: another job tells, one of
 * those whose last poll told something.
 */
function witnessFor(jobs: readonly ActiveJob[], looks: Looks, { checks }: Learned): ActiveJob | undefined {
  const outcomes = [...checks.values()];
  if (outcomes.length === 0 || outcomes.some((outcome) => outcome.kind !== 'permanent' || isTransport(outcome)))
    return undefined;
  const lastLook = (job: ActiveJob) => looks.get(job.id)?.at ?? 0;
  return jobs
    .filter((job) => job.handle !== undefined && job.unknown === undefined && !checks.has(job.id))
    .sort((a, b) => lastLook(a) - lastLook(b))[0];
}

/** Of every call alike: no job is needed to tell. */
function isTransport(outcome: CheckOutcome): boolean {
  return 'code' in outcome && outcome.code.startsWith('http.');
}

const NO_ANSWER: CheckFailure = {
  kind: 'transient',
  code: 'NoAnswer',
  message: 'The platform did not answer within the time of one tick.',
};

/** Gives the calls a signal, and up waiting for them a moment later, whether they heed it or not. */
async function bounded<T>(
  ports: LookPorts,
  ms: number,
  work: (options: CallOptions) => Promise<T>,
): Promise<T | undefined> {
  const limit = Math.max(1, Math.floor(ms));
  return settled(ports, within(limit + 500, work({ signal: AbortSignal.timeout(limit) })));
}

/** An adapter that throws instead of answering has answered nothing. */
async function settled<T>(ports: LookPorts, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    ports.log.warn('an adapter threw instead of answering', { error: String(error) });
    return undefined;
  }
}

export function refOf(job: ActiveJob): JobRef {
  return {
    id: job.id,
    operation: job.operation,
    handle: job.handle!,
    createdAt: job.createdAt,
    ...(job.cancelRequestedAt !== undefined && { cancelRequestedAt: job.cancelRequestedAt }),
    ...(job.cancelSentAt !== undefined && { cancelSentAt: job.cancelSentAt }),
  };
}

/** So many of these values, evenly by rank, with the largest. */
function evenlyDrawn(values: readonly number[], count: number): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length <= count) return sorted;
  return Array.from({ length: count }, (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / count) - 1]!);
}
