import { describe, expect, test } from 'vitest';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import { wake, wakeAfterCheck } from '../../shared/loop/wake.ts';
import type { Credentials, JobRef } from '../../shared/platforms/adapter.ts';
import { LAB, World } from '../support/world.ts';

const refused: CheckOutcome = { kind: 'permanent', code: '401', message: 'unable to verify user credentials' };

/** A world whose platform refuses every poll until it is told otherwise, with the moments of its polls in seconds. */
function refusing(overrides: ConstructorParameters<typeof World>[0] = {}) {
  const world = new World(overrides);
  const start = world.time;
  const state = { refuses: (_job: JobRef) => true };
  const polls: number[] = [];
  const take = world.platform.check.bind(world.platform);
  world.platform.check = async (jobs) => {
    polls.push(Math.round((world.time - start) / 1000));
    const taken = await take(jobs);
    return new Map(jobs.map((job) => [job.id, state.refuses(job) ? refused : taken.get(job.id)!]));
  };
  return { world, start, polls, state };
}

const gaps = (times: readonly number[]) => times.slice(1).map((time, i) => time - times[i]!);

describe('polls that fail until an operator acts', () => {
  test('are repeated after a minute, and then after twice as long each time, up to a quarter of an hour', async () => {
    const { world, start, polls } = refusing();
    await world.submit(1e9);
    await world.run(start + 3 * 3_600_000);
    expect(gaps(polls).slice(0, 7)).toEqual([60, 120, 240, 480, 900, 900, 900]);
  });

  test('of ten jobs that were submitted one after the other are two in the first minute, not ten', async () => {
    const { world, start, polls } = refusing();
    for (let n = 0; n < 10; n++) {
      await world.submit(1e9);
      await world.run(world.time + 2_000);
    }
    await world.run(start + 70_000);
    expect(polls).toHaveLength(2);
    await world.run(start + 240_000);
    expect(polls).toHaveLength(4);
    expect(world.events.map(({ detail }) => detail.status)).toEqual(['DOWN']);
  });

  test('wait no longer than the platform asks, if that is longer', async () => {
    const { world, start, polls, state } = refusing();
    state.refuses = () => false;
    const job = await world.submit(1e9);
    world.platform.outcomes.set(job.id, () => ({ ...refused, retryAfterSeconds: 300 }) as CheckOutcome);
    await world.run(start + 400_000);
    expect(gaps(polls)).toEqual([300]);
  });

  test('fire deadlines on time all the same', async () => {
    const { world, start } = refusing();
    const job = await world.submit(1e9, { deadline: start + 200_000 });
    await world.run();
    expect(await world.store.getJob(LAB, job.id)).toMatchObject({ status: 'TIMED_OUT', completedAt: start + 200_000 });
  });

  test('of one job back off by themselves, while the others go on and the connection is UP', async () => {
    const { world, start, polls, state } = refusing();
    const broken = await world.submit(1e9);
    for (let n = 0; n < 5; n++) await world.submit(1e9);
    const own: number[] = [];
    state.refuses = ({ id }) => {
      if (id === broken.id) own.push(Math.round((world.time - start) / 1000));
      return id === broken.id;
    };
    await world.run(start + 3_600_000);
    expect(world.events).toEqual([]);
    for (const [i, gap] of gaps(own).slice(0, 6).entries()) {
      expect(gap).toBeGreaterThanOrEqual([60, 120, 240, 480, 900, 900][i]! - 1);
      expect(gap).toBeLessThanOrEqual([90, 150, 300, 560, 1000, 1000][i]!);
    }
    expect(polls.length).toBeGreaterThan(20);
  });

  test('of a job whose turn comes alone do not take a connection down that another job proves to work', async () => {
    const { world, start, state } = refusing();
    state.refuses = ({ operation }) => operation === 'forbidden';
    await world.submit(1e9);
    await world.run(start + 60_000);
    await world.submit(1e9, { operation: 'forbidden' });
    await world.run(start + 900_000);
    expect(world.events).toEqual([]);
    expect((await world.store.getLoop(LAB)).health.status).not.toBe('DOWN');
  });

  test('of which a transient one is between begin again with a minute', async () => {
    const { world, start, polls, state } = refusing();
    state.refuses = () => false;
    const job = await world.submit(1e9);
    let n = 0;
    world.platform.outcomes.set(job.id, () =>
      ++n === 4 ? { kind: 'transient', code: 'HTTP 503', message: 'away' } : refused,
    );
    await world.run(start + 1_000_000);
    expect(gaps(polls).slice(0, 3)).toEqual([60, 120, 240]);
    expect(gaps(polls)[4]).toBe(60);
  });
});

describe('an operator who has acted', () => {
  const connected = () => {
    const secret = { version: 'v1', used: 'v1' as string | undefined, renewed: 0 };
    const credentials: Credentials = {
      inUse: () => secret.used,
      stored: async () => secret.version,
      renew: (stored) => {
        secret.used = stored;
        secret.renewed++;
      },
    };
    return { secret, ...refusing({ credentials }) };
  };

  test('by another version of the secret: polls are repeated within seconds, over a connection opened anew', async () => {
    const { secret, world, start, polls, state } = connected();
    await world.submit(1e9);
    await world.run(start + 500_000);
    const before = polls.length;
    state.refuses = () => secret.used === 'v1';
    secret.version = 'v2';
    await world.run(world.time + 61_000);
    expect(polls.length).toBeGreaterThan(before);
    expect(secret.renewed).toBe(1);
    expect(await world.store.getLoop(LAB)).toMatchObject({ health: { status: 'UP' } });
    expect(await world.store.getLoop(LAB)).not.toHaveProperty('rest');
  });

  test('soon after the first failure is heard within a quarter of a minute', async () => {
    const { secret, world, start, polls } = connected();
    await world.submit(1e9);
    await world.run(start + 20_000);
    secret.version = 'v2';
    await world.run(start + 36_000);
    expect(polls).toHaveLength(2);
  });

  test('by a secret that is wrong too: the next poll comes after a minute again, and no sooner', async () => {
    const { secret, world, start, polls } = connected();
    await world.submit(1e9);
    await world.run(start + 20_000);
    secret.version = 'v2';
    await world.run(start + 36_000);
    await world.run(start + 85_000);
    expect(polls).toHaveLength(2);
    expect(secret.renewed).toBe(1);
  });

  test('by a secret that can be read where it could not', async () => {
    const { secret, world, start, state } = connected();
    secret.used = undefined;
    await world.submit(1e9);
    await world.run(start + 500_000);
    state.refuses = () => false;
    await world.run(world.time + 61_000);
    expect((await world.store.getLoop(LAB)).health.status).toBe('UP');
  });

  test('for one job only: that job is polled within seconds too', async () => {
    const { secret, world, start, state } = connected();
    const broken = await world.submit(1e9);
    await world.submit(1e9);
    state.refuses = ({ id }) => id === broken.id;
    await world.run(start + 2_000_000);
    state.refuses = () => false;
    secret.version = 'v2';
    await world.run(world.time + 61_000);
    expect(await world.store.getJob(LAB, broken.id)).not.toHaveProperty('unknown');
  });

  test('by a check that succeeds: the loop is woken, and all that waited is polled at once', async () => {
    const { world, start, polls, state } = refusing();
    const jobs = [await world.submit(1e9), await world.submit(1e9), await world.submit(1e9)];
    await world.run(start + 1_000_000);
    const before = polls.length;
    state.refuses = () => false;
    await wakeAfterCheck(world.ports, LAB, world.time);
    await world.run(world.time + 1_000);
    // One job shows that it works, then come all.
    expect(polls).toHaveLength(before + 2);
    for (const { id } of jobs) expect(await world.store.getJob(LAB, id)).not.toHaveProperty('unknown');
  });

  test('by a check, where one job alone waits: it is polled at once', async () => {
    const { world, start, state } = refusing();
    const broken = await world.submit(1e9);
    await world.submit(1e9);
    state.refuses = ({ id }) => id === broken.id;
    await world.run(start + 2_000_000);
    state.refuses = () => false;
    await wakeAfterCheck(world.ports, LAB, world.time);
    await world.run(world.time + 2_000);
    expect(await world.store.getJob(LAB, broken.id)).not.toHaveProperty('unknown');
  });

  test('by a check while the loop is in the middle of a tick: the next tick has it', async () => {
    const { world, start, polls, state } = refusing();
    await world.submit(1e9);
    await world.run(start + 20_000);
    const during = world.platform.check;
    world.platform.check = async (jobs) => {
      await wakeAfterCheck(world.ports, LAB, world.time);
      world.platform.check = during;
      return during(jobs);
    };
    await world.run(start + 74_000);
    state.refuses = () => false;
    await world.run(start + 80_000);
    expect(gaps(polls).slice(0, 2)).toEqual([60, 1]);
  });

  test('has no need to: a check of a connection that works costs no execution', async () => {
    const { world, start, state } = refusing();
    state.refuses = () => false;
    await world.submit(1e9);
    await world.run(start + 600_000);
    for (let n = 0; n < 10; n++) await wakeAfterCheck(world.ports, LAB, world.time);
    expect(world.executions).toHaveLength(1);
  });

  test('is not taken for one who submits: a new job does not have the failing ones polled', async () => {
    const { world, start, state } = refusing();
    const own: number[] = [];
    const broken = await world.submit(1e9);
    await world.submit(1e9);
    state.refuses = ({ id }) => id === broken.id && own.push(world.time) > 0;
    await world.run(start + 2_000_000);
    const before = own.length;
    await wake(world.ports, LAB, world.time, world.time);
    await world.run(world.time + 2_000);
    expect(own).toHaveLength(before);
  });
});
