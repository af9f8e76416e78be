import { describe, expect, test } from 'vitest';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import { KEEP_FINISHED_DAYS } from '../../shared/job/retention.ts';
import { EVENTS_PER_TURN } from '../../shared/loop/soft-state.ts';
import { LAB, LIMITS, World } from '../support/world.ts';

const DAY = 86_400_000;
/** AWS ends an execution at 25,000 history events. */
const MOST_EVENTS = 20_000;

describe('a loop that lives for years', () => {
  test('400 days: hands over in time, keeps every deadline, and no wait is longer than a timer can count', async () => {
    // A look every 15 minutes, the longest gap there is, without the work of planning it 38,400 times.
    const world = new World({ limits: { ...LIMITS, minGapSeconds: 900 } });
    const begin = world.time;
    const turns = new Map<number, number>();
    let longest = 0;
    world.observe = (input, answer) => {
      turns.set(input.epoch, (turns.get(input.epoch) ?? 0) + 1);
      longest = Math.max(longest, answer.waitSeconds);
    };
    const year = await world.submit(390 * 86_400, { deadline: begin + 400 * DAY });
    const late = await world.submit(1e9, { deadline: begin + 399 * DAY });
    await world.run();

    expect((await world.store.getJob(LAB, year.id))!.status).toBe('SUCCEEDED');
    const timedOut = (await world.store.getJob(LAB, late.id))!;
    expect(timedOut.status).toBe('TIMED_OUT');
    expect(timedOut.completedAt! - timedOut.deadline).toBeLessThan(2000);
    expect(timedOut.ttl).toBe(Math.floor(timedOut.completedAt! / 1000) + KEEP_FINISHED_DAYS * 86_400);
    expect(turns.size).toBeGreaterThan(15);
    for (const count of turns.values()) expect(count * EVENTS_PER_TURN).toBeLessThanOrEqual(MOST_EVENTS);
    expect(longest * 1000).toBeLessThan(2 ** 31);
    expect(world.events).toHaveLength(2);
  }, 60_000);

  test.each([-3_600_000, -60_000, 60_000, 3_600_000])(
    'a clock that steps by %d ms ends no job wrongly',
    async (step) => {
      const world = new World();
      const job = await world.submit(600);
      await world.run(world.time + 120_000);
      const looks = world.platform.looks;
      const at = world.live()[0]!.at;
      world.time += step;
      // Step Functions waits by its own clock: the next tick comes after what was left of the wait.
      world.live()[0]!.at = at + step;
      const stepped = world.time;
      await world.run(world.time + 120_000);
      expect(world.platform.looks - looks).toBeGreaterThan(0);
      expect(await reconcile(world.ports, [LAB])).toEqual([]);
      await world.run();
      const ended = (await world.store.getJob(LAB, job.id))!;
      expect(ended.status).toBe('SUCCEEDED');
      expect(ended.completedAt! - Math.max(stepped, job.createdAt + 600_000)).toBeLessThan(120_000);
      expect(world.events).toHaveLength(1);
    },
  );
});
