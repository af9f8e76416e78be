import { ulid } from 'ulid';
import { LAB } from '../../support/world.ts';
import { VirtualClock } from './clock.ts';
import { learnedStats } from './learned.ts';
import { between, type Followed, type Measurement } from './measure.ts';
import { SimulatedPlatform } from './platform.ts';
import { PolluxWorld, type Told } from './pollux-world.ts';
import { seeded } from './random.ts';
import { KINDS, meanSeconds, steadyArrivals } from './workload.ts';

export interface PolluxRun {
  open: number;
  seed: number;
  /** Jobs to be seen to their end while it is measured. */
  jobs: number;
  /** Whether the platform tells how long a job took. */
  tellsTook?: boolean;
}

export interface PolluxMeasurement extends Measurement {
  /** Of the jobs, those that also began while it was measured. */
  begunMeanwhile: Followed[];
  virtualSeconds: number;
  /** Read units of one call of `reconcile`. */
  reconcileReadUnits: number;
}

/** From the first look at all jobs at once until looks have spread as in daily use. */
const WARM_UP_SECONDS = 1_200;

/** One connection with a steady stream of jobs, from submit to event; measured once it has been running for a while. */
export async function runPollux({ open, seed, jobs, tellsTook = true }: PolluxRun): Promise<PolluxMeasurement> {
  const clock = new VirtualClock();
  const uninstall = clock.install();
  try {
    const start = clock.time;
    const platform = new SimulatedPlatform(clock, tellsTook);
    const world = new PolluxWorld(clock, platform, seeded(seed + 1));
    for (const [i, kind] of KINDS.entries()) {
      const stats = learnedStats(kind, seed + 100 + i, tellsTook);
      await world.store.putStats(LAB, kind.name, { rev: 1, stats, countedWith: 'learned before' });
    }
    const virtualSeconds = (jobs * meanSeconds()) / open;
    const arrivals = steadyArrivals(open, WARM_UP_SECONDS + virtualSeconds, seed);
    for (const job of arrivals) {
      if (job.startSeconds < 0) await world.putRunning(job, ulid(Math.round(start + job.startSeconds * 1000)));
      else {
        clock.at(start + job.startSeconds * 1000, () => {
          world.submit(job).catch((error) => world.failures.push(error));
        });
      }
    }
    if (arrivals.some((job) => job.startSeconds < 0)) await world.wakeLoop();
    await clock.run(start + WARM_UP_SECONDS * 1000);
    const before = countersOf(world, platform);
    await clock.run(start + (WARM_UP_SECONDS + virtualSeconds) * 1000);
    const after = countersOf(world, platform);
    const reconcileReadUnits = await world.reconcile();
    if (world.failures.length > 0) throw world.failures[0];

    const told = world.told.slice(before.told);
    const from = start + WARM_UP_SECONDS * 1000;
    return {
      strategy: tellsTook ? 'Pollux' : 'Pollux, intervals only',
      open,
      jobs: told.map(followed),
      begunMeanwhile: told.filter(({ submittedAt }) => submittedAt >= from).map(followed),
      usage: between(before.usage, after.usage),
      remoteCalls: after.calls - before.calls,
      looks: after.looks - before.looks,
      ticks: after.ticks - before.ticks,
      takeOvers: after.takeOvers - before.takeOvers,
      virtualSeconds,
      reconcileReadUnits,
    };
  } finally {
    uninstall();
  }
}

function countersOf(world: PolluxWorld, { calls, looks }: SimulatedPlatform) {
  return {
    usage: world.usage(),
    told: world.told.length,
    ticks: world.ticks,
    takeOvers: world.takeOvers,
    calls,
    looks,
  };
}

function followed({ job, endedAt, at }: Told): Followed {
  return { kind: job.kind.name, seconds: job.seconds, delaySeconds: (at - endedAt) / 1000 };
}
