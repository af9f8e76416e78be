import { describe, expect, test } from 'vitest';
import type { Job } from '../../shared/job/job.ts';
import { BOUNDS, LAB, LIMITS, World } from '../support/world.ts';

/** One job after the other; the seconds by which Pollux was late to see each end, and the looks it took. */
async function runJobs(world: World, durations: readonly number[], fields: Partial<Job> = {}) {
  const runs: { delay: number; looks: number }[] = [];
  for (const seconds of durations) {
    const before = world.platform.looks;
    const job = await world.submit(seconds, fields);
    await world.run();
    const stored = (await world.store.getJob(LAB, job.id))!;
    expect(stored.status).toBe('SUCCEEDED');
    runs.push({
      delay: (stored.completedAt! - job.createdAt) / 1000 - seconds,
      looks: world.platform.looks - before,
    });
  }
  return runs;
}

const cost = (runs: { delay: number; looks: number }[]) =>
  runs.reduce((sum, { delay, looks }) => sum + delay + 3 * looks, 0) / runs.length;

const around = (seconds: number, count: number) =>
  Array.from({ length: count }, (_, i) => seconds * (1 + 0.03 * Math.sin(i * 2.4)));

describe('a connection learns how long its operations take', () => {
  test('from intervals alone: an operation that takes 10 minutes is seen sooner, with fewer looks', async () => {
    const world = new World();
    const runs = await runJobs(world, around(600, 60));
    const [early, late] = [runs.slice(0, 5), runs.slice(-20)];
    expect(cost(late)).toBeLessThan(0.5 * cost(early));
    const item = (await world.store.getStats(LAB, 'op'))!;
    expect(item.rev).toBe(60);
    expect(item.stats.n + 32 * item.stats.generation).toBe(60);
  });

  test('another operation is another matter', async () => {
    const world = new World();
    await runJobs(world, around(600, 40));
    const [known] = await runJobs(world, [600]);
    const [unknown] = await runJobs(world, [600], { operation: 'other' });
    expect(known!.looks).toBeLessThan(unknown!.looks / 2);
  });

  test('the same operation on another connection is the first estimate', async () => {
    const teacher = new World();
    await runJobs(teacher, around(600, 40));
    const learned = (await teacher.store.getStats(LAB, 'op'))!;
    const sibling = { platform: LAB.platform, connection: 'other' };
    // The first job of each of 12 new connections.
    const first = async (siblings: (typeof sibling)[]) => {
      const runs = [];
      for (const seconds of around(600, 12)) {
        const world = new World({ siblings: () => siblings });
        await world.store.putStats(sibling, 'op', { ...learned, rev: 1 });
        runs.push(...(await runJobs(world, [seconds])));
      }
      return cost(runs);
    };
    expect(await first([sibling])).toBeLessThan(0.8 * (await first([])));
  });

  test("the platform's own times are exact; a clock that contradicts what was seen is not believed", async () => {
    const world = new World();
    const job = await world.submit(100);
    world.platform.outcomes.set(job.id, (now) =>
      now >= job.createdAt + 100_000
        ? { kind: 'observed', status: 'SUCCEEDED', tookSeconds: 100.5 }
        : { kind: 'observed', status: 'RUNNING' },
    );
    await world.run();
    expect((await world.store.getJob(LAB, job.id))!.took).toEqual({ exact: 100.5 });
    const wrong = await world.submit(100);
    world.platform.outcomes.set(wrong.id, (now) =>
      now >= wrong.createdAt + 100_000
        ? { kind: 'observed', status: 'SUCCEEDED', tookSeconds: 9 }
        : { kind: 'observed', status: 'RUNNING' },
    );
    await world.run();
    const { took } = (await world.store.getJob(LAB, wrong.id))!;
    expect(took).toHaveProperty('exact');
    expect((took as { exact: number }).exact).toBeGreaterThan(50);
  });

  test('a job that was cut short is no duration, an adopted one teaches nothing', async () => {
    const world = new World();
    const late = await world.submit(1e6, { deadline: world.time + 300_000 });
    const adopted = await world.submit(50, { adopted: true });
    await world.run();
    expect((await world.store.getJob(LAB, late.id))!.took).toEqual({ censored: 300 });
    expect(await world.store.getJob(LAB, adopted.id)).not.toHaveProperty('took');
    const { stats } = (await world.store.getStats(LAB, 'op'))!;
    expect(Object.values(stats.current.ended)).toEqual([]);
    expect(Object.values(stats.current.censored)).toEqual([1]);
  });

  test('an end that was seen after an outage lies anywhere since the last look that told something', async () => {
    const world = new World();
    const job = await world.submit(100);
    const [from, until] = [job.createdAt + 60_000, job.createdAt + 400_000];
    let lastSeen = 0;
    world.platform.outcomes.set(job.id, (now) => {
      if (now >= from && now < until) return { kind: 'transient', code: 'HTTP 503', message: 'down' };
      if (now >= until) return { kind: 'observed', status: 'SUCCEEDED' };
      lastSeen = now;
      return { kind: 'observed', status: 'RUNNING' };
    });
    await world.run();
    const { took } = (await world.store.getJob(LAB, job.id))!;
    expect(took).toEqual({ after: (lastSeen - job.createdAt) / 1000, upTo: expect.any(Number) });
    expect((took as { upTo: number }).upTo).toBeGreaterThanOrEqual(400);
  });

  test('a job counts once, whatever is repeated: a bus that fails, ticks that die, a write whose answer is lost', async () => {
    const world = new World();
    let refusals = 5;
    world.busTakes = () => refusals-- <= 0;
    const { putStats } = world.store;
    let lost = 0;
    // Done, but the caller's client repeats it and meets its own item.
    world.store.putStats = async (...args) => {
      await putStats.apply(world.store, args);
      lost++;
      return putStats.apply(world.store, args);
    };
    for (let i = 0; i < 10; i++) await world.submit(30 + i);
    await world.run();
    expect(lost).toBeGreaterThan(0);
    const { stats } = (await world.store.getStats(LAB, 'op'))!;
    const sum = Object.values(stats.current.ended).reduce((a, b) => a + b, 0);
    expect(stats.n).toBe(10);
    expect(sum).toBeCloseTo(10, 2);
  });

  test('without an answer about statistics the loop goes on as without history', async () => {
    const world = new World();
    world.store.getStats = () => Promise.reject(new Error('throttled'));
    world.store.putStats = () => Promise.reject(new Error('throttled'));
    await runJobs(world, [40, 40]);
  });

  test('progress tells when to look: an honest percentage saves looks or delay', async () => {
    const run = async (tells: boolean) => {
      const world = new World();
      await runJobs(world, around(300, 10));
      const looks = world.platform.looks;
      const job = await world.submit(900);
      world.platform.outcomes.set(job.id, (now) => {
        const done = (now - job.createdAt) / 900_000;
        if (done >= 1) return { kind: 'observed', status: 'SUCCEEDED' };
        return { kind: 'observed', status: 'RUNNING', ...(tells && { progress: Math.floor(100 * done) }) };
      });
      await world.run();
      const stored = (await world.store.getJob(LAB, job.id))!;
      return (stored.completedAt! - job.createdAt) / 1000 - 900 + 3 * (world.platform.looks - looks);
    };
    expect(await run(true)).toBeLessThan(0.8 * (await run(false)));
  });

  test("a platform's limit wins over the plan", async () => {
    const world = new World({ limits: { lookCostSeconds: 3, maxGapSeconds: 20, pullForwardAfter: 0.5 } });
    const [run] = await runJobs(world, [400]);
    expect(run!.looks).toBeGreaterThanOrEqual(20);
  });
});

describe('what a loop need not look at', () => {
  test('woken for a new job, a successor leaves the others until its predecessor would have looked', async () => {
    const world = new World({ limits: { ...LIMITS, pullForwardAfter: 1 } });
    const old = await world.submit(2000);
    await world.run(world.time + 500_000);
    const { wakeAt } = await world.store.getLoop(LAB);
    const seen: number[] = [];
    const tell = world.platform.outcomes.get(old.id)!;
    world.platform.outcomes.set(old.id, (now) => {
      seen.push(now);
      return tell(now);
    });
    await world.submit(10);
    await world.run(wakeAt - 1);
    expect((await world.store.getLoop(LAB)).epoch).toBe(2);
    expect(seen).toEqual([]);
    await world.run(wakeAt + 1000);
    expect(seen).toHaveLength(1);
  });

  test('a look that failed is repeated after a wait between nothing and a range that grows to 5 minutes', async () => {
    const waits = async (random: number) => {
      const world = new World({ random: () => random });
      // Another job answers, so the connection is up and this one fails alone.
      const [job] = [await world.submit(1e6), await world.submit(1e6)];
      const at: number[] = [];
      world.platform.outcomes.set(job.id, (now) => {
        at.push(now);
        return { kind: 'transient', code: 'NotNow', message: 'busy' };
      });
      await world.run(world.time + 4_000_000);
      return at.slice(1).map((time, i) => (time - at[i]!) / 1000);
    };
    const long = await waits(0.999);
    expect(Math.max(...long)).toBeGreaterThan(250);
    expect(Math.max(...long)).toBeLessThanOrEqual(301);
    expect(long[0]).toBeLessThanOrEqual(6);
    const short = await waits(0.02);
    expect(Math.max(...short)).toBeLessThanOrEqual(10);
    expect(BOUNDS.maxGapSeconds).toBe(900);
  });
});
