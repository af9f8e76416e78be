import { expect, test } from 'vitest';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import type { Metrics } from '../../shared/observe/metrics.ts';
import { LAB, World } from '../support/world.ts';

/** A world that keeps what it counts. */
function counting() {
  const counted: { name: string; value: number; at: number }[] = [];
  const metrics: Metrics = { count: (name, value) => void counted.push({ name, value, at: world.time }) };
  const world = new World({ metrics });
  return { world, of: (name: string) => counted.filter((it) => it.name === name && it.value > 0) };
}

test('the age of what is unknown grows until a look tells', async () => {
  const { world, of } = counting();
  const job = await world.submit(7200);
  await world.submit(7200);
  const start = world.time;
  const told = world.platform.outcomes.get(job.id)!;
  const down = { kind: 'transient', code: 'http.timeout', message: 'no answer' } as const;
  world.platform.outcomes.set(job.id, (now) => (now < start + 3_600_000 ? down : told(now)));
  await world.run(start + 3_500_000);
  const ages = of('OldestUnknownSeconds').map(({ value }) => value);
  expect(ages.length).toBeGreaterThan(3);
  expect(ages).toEqual(ages.toSorted((a, b) => a - b));
  // Counted at least every 15 minutes, the period of the alarm.
  expect(ages.at(-1)).toBeGreaterThan(3_500 - 13 - 900);
  await world.run();
  expect(of('OldestUnknownSeconds').at(-1)!.at).toBeLessThan(start + 3_600_000 + 900_000);
});

test('a loop that cannot be examined is counted, and the next one still is', async () => {
  const { world, of } = counting();
  const fails = async () => {
    throw new Error('throttled');
  };
  const store = Object.assign(Object.create(world.store), { getLoop: fails });
  expect(await reconcile({ ...world.ports, store }, [LAB, { ...LAB, connection: 'other' }])).toEqual([]);
  expect(of('LoopsNotRepaired')).toHaveLength(2);
});
