import { describe, expect, test } from 'vitest';
import type { CheckFailure } from '../../shared/job/outcome.ts';
import type { LoopInput } from '../../shared/loop/soft-state.ts';
import { type CallOptions, type JobRef, MAX_CARRY } from '../../shared/platforms/adapter.ts';
import { LAB, World } from '../support/world.ts';

const PENDING: CheckFailure = { kind: 'transient', code: 'StillRunning', message: 'not yet', pending: true };

describe('a poll that takes longer than a tick', () => {
  test('is no failed poll: the job says nothing of it, the connection stays up, and the next tick reads on', async () => {
    const counted: string[] = [];
    const world = new World({
      metrics: { count: (name, value) => void (name === 'LooksFailed' && value > 0 && counted.push(name)) },
    });
    const job = await world.submit(1e9);
    const from = world.time + 60_000;
    const to = from + 180_000;
    world.platform.outcomes.set(job.id, (now) => {
      if (now < from) return { kind: 'observed', status: 'RUNNING' };
      return now < to ? PENDING : { kind: 'observed', status: 'SUCCEEDED' };
    });
    await world.run(to - 1_000);
    const open = (await world.store.getJob(LAB, job.id))!;
    expect(open.status).toBe('RUNNING');
    expect(open).not.toHaveProperty('unknown');
    expect((await world.store.getLoop(LAB)).health.status).toBe('UP');
    await world.run();
    const ended = (await world.store.getJob(LAB, job.id))!;
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    // The tick that follows its end has it, not one that a back-off or a plan would have made.
    expect(ended.completedAt! - to).toBeLessThan(3_000);
    expect(counted).toEqual([]);
  });
});

describe('what an adapter carries', () => {
  async function carried(value: (before: string | undefined) => string | undefined) {
    const world = new World();
    const seen: (string | undefined)[] = [];
    const inputs: LoopInput[] = [];
    world.observe = (input) => void inputs.push(input);
    const job = await world.submit(200);
    const check = world.platform.check.bind(world.platform);
    Object.assign(world.platform, {
      check: (jobs: readonly JobRef[], { carry }: CallOptions) => {
        seen.push(carry!.value);
        carry!.value = value(carry!.value);
        return check(jobs);
      },
    });
    await world.run();
    expect((await world.store.getJob(LAB, job.id))!.status).toBe('SUCCEEDED');
    return { seen, inputs };
  }

  test('is there again in the next tick, also after ticks that polled nothing', async () => {
    const { seen } = await carried((before = '') => `${before}x`);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.slice(0, 4)).toEqual([undefined, 'x', 'xx', 'xxx']);
  });

  test('is left behind where it is too large for the state', async () => {
    const { seen, inputs } = await carried(() => 'x'.repeat(MAX_CARRY + 1));
    expect(seen.every((value) => value === undefined)).toBe(true);
    expect(Math.max(...inputs.map((input) => JSON.stringify(input).length))).toBeLessThan(2_000);
  });

  test('is gone where the adapter has nothing more to carry', async () => {
    const { seen } = await carried((before) => (before === undefined ? 'x' : undefined));
    expect(seen.slice(0, 3)).toEqual([undefined, 'x', undefined]);
  });
});
