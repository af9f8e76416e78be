import { expect, test } from 'vitest';
import { compare } from './compare/compare.ts';
import { mean, quantile } from './compare/measure.ts';
import { bill } from './compare/prices.ts';
import { print } from './compare/report.ts';
import { delaysOf, per1000 } from './compare/table.ts';

test('at 100 open jobs Pollux is cheaper than every loop per job, and sooner than the usual one', async () => {
  const comparison = await compare({ open: [100], seed: 7, jobs: 300, rivalJobsEach: 15 });
  const { rivals, pollux } = comparison;
  const [loop] = pollux;
  const dollars = bill(per1000(loop!)).total;
  for (const rival of rivals) expect(bill(per1000(rival)).total).toBeGreaterThan(5 * dollars);
  const [usual, provider, backOff, waiter] = rivals.map((rival) => mean(delaysOf(rival.jobs)));
  const delay = mean(delaysOf(loop!.jobs));
  expect(delay).toBeLessThan(0.9 * usual!);
  expect(delay).toBeLessThan(0.7 * backOff!);
  expect(delay).toBeLessThan(0.4 * waiter!);
  // Nobody beats looking every five seconds, but at fifty times the price.
  expect(delay).toBeGreaterThan(provider!);
  expect(print(comparison)).toContain('| Pollux');
}, 60_000);

test('the loops per job do what they are known for', async () => {
  const { rivals } = await compare({ open: [], seed: 7, rivalJobsEach: 15 });
  const [usual, provider, backOff, waiter] = rivals;
  // An end is seen by the next look: 30 s, 5 s, 60 s and 120 s later at most, and the time of a call.
  const longest = rivals.map((rival) => quantile(delaysOf(rival.jobs), 1));
  for (const [i, seconds] of [30, 5, 60, 120].entries()) expect(longest[i]).toBeLessThan(seconds + 1);
  // Wait, Check and Choice for each look, and an end; a retry is one transition.
  expect(usual!.usage.transitions).toBe(3 * usual!.looks + usual!.jobs.length);
  expect(provider!.usage.transitions).toBe(provider!.looks);
  expect(backOff!.usage.transitions).toBe(backOff!.looks);
  expect(waiter!.usage.transitions).toBe(3 * waiter!.looks);
  for (const rival of rivals) expect(rival.usage.lambdaCalls).toBe(rival.looks);
}, 60_000);

test('a run is the same when it is repeated', async () => {
  const run = async () => {
    const { pollux } = await compare({ open: [10], seed: 3, jobs: 40, rivalJobsEach: 1 });
    return pollux.map(({ usage, looks, jobs }) => ({ usage, looks, jobs }));
  };
  expect(await run()).toEqual(await run());
}, 60_000);
