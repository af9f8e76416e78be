import { Planner } from '../../../shared/job/schedule/planner.ts';
import { type Duration, NO_STATS, type OperationStats, record } from '../../../shared/job/schedule/stats.ts';
import { type Cost, costOf, optimalAges, type Truth, truthOf } from './cost.ts';
import { type Distribution, distributions, draw } from './distributions.ts';
import { randomFrom } from './random.ts';
import { agesOf, usualWaits } from './waits.ts';

const LOOK_COST = 3;
/** Histories of each length, for every distribution. */
const HISTORIES = 4;
const LEARNED_JOBS = [0, 10, 30, 100, 1000];
const CLOSED_LOOP_JOBS = 100;
/** Draws of a schedule that has jitter. */
const JITTERS = 8;

interface Row {
  looks: number;
  latency: number;
  /** Cost over that of the optimum. */
  mean: number;
  worst: number;
  worstAt: string;
}

/** What looks cost for who learns, who waits in a usual way and who knows; a table on standard output. */
export function printScore(seed: number): void {
  const random = randomFrom(seed);
  const worlds = distributions(random).map((distribution) => ({ distribution, truth: truthOf(distribution) }));
  const rows = new Map<string, Row>();
  const score = (name: string, plans: (distribution: Distribution, truth: Truth) => number[][]) =>
    rows.set(name, rowOf(worlds, plans));
  for (const [name, wait] of Object.entries(usualWaits(LOOK_COST))) {
    score(name, ({ deadline }) => times(JITTERS, () => agesOf(wait, deadline, random)));
  }
  for (const jobs of LEARNED_JOBS) {
    score(`learned from ${jobs} jobs`, (world) =>
      times(HISTORIES, () => planOf(learnedFrom(world, jobs, random), world)),
    );
  }
  score(`learned from ${CLOSED_LOOP_JOBS} jobs, only its own looks known`, (world) =>
    times(HISTORIES, () => planOf(learnedFromLooks(world, CLOSED_LOOP_JOBS, random), world)),
  );
  score('optimum, distribution known', (_, truth) => [optimalAges(truth, LOOK_COST)]);
  print(rows, seed, worlds.length);
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function planOf(stats: OperationStats, { deadline }: Distribution): number[] {
  return new Planner(stats, { horizonSeconds: deadline, lookCostSeconds: LOOK_COST }).polls();
}

/** The platform says when a job ended. */
function learnedFrom(world: Distribution, jobs: number, random: () => number): OperationStats {
  const ends = times(jobs, () => draw(world, random));
  return record(
    NO_STATS,
    ends.map((end) => (end < world.deadline ? { exact: end } : { censored: world.deadline })),
  );
}

/** Only the looks are known, and they follow the plan of the moment. */
function learnedFromLooks(world: Distribution, jobs: number, random: () => number): OperationStats {
  let stats = NO_STATS;
  for (let job = 0; job < jobs; job++) {
    stats = record(stats, [seenBy(planOf(stats, world), draw(world, random), world.deadline)]);
  }
  return stats;
}

function seenBy(ages: readonly number[], end: number, deadline: number): Duration {
  if (end >= deadline) return { censored: deadline };
  const found = ages.findIndex((age) => age >= end);
  return { after: ages[found - 1] ?? 0, upTo: ages[found]! };
}

type World = { distribution: Distribution; truth: Truth };

function rowOf(worlds: World[], plans: (distribution: Distribution, truth: Truth) => number[][]): Row {
  const row: Row = { looks: 0, latency: 0, mean: 0, worst: 0, worstAt: '' };
  for (const { distribution, truth } of worlds) {
    const best = total(costOf(truth, optimalAges(truth, LOOK_COST)));
    const costs = plans(distribution, truth).map((ages) => costOf(truth, ages));
    const ratio = average(costs.map((cost) => total(cost) / best));
    row.looks += average(costs.map((cost) => cost.looks)) / worlds.length;
    row.latency += average(costs.map((cost) => cost.latency)) / worlds.length;
    row.mean += ratio / worlds.length;
    if (ratio > row.worst) Object.assign(row, { worst: ratio, worstAt: distribution.name });
  }
  return row;
}

function total({ looks, latency }: Cost): number {
  return LOOK_COST * looks + latency;
}

function average(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function print(rows: Map<string, Row>, seed: number, worlds: number): void {
  const lines = [
    `Mean of ${worlds} distributions, seed ${seed} (--seed N for others); one look costs as much as ${LOOK_COST} s of latency.`,
    '',
    '| looks | looks per job | latency | cost / optimum | worst distribution |',
    '| --- | --- | --- | --- | --- |',
    ...[...rows].map(
      ([name, { looks, latency, mean, worst, worstAt }]) =>
        `| ${name} | ${looks.toFixed(1)} | ${latency.toFixed(1)} s | ${mean.toFixed(3)} | ${worst.toFixed(2)} ${worst > 1.005 ? `(${worstAt})` : ''} |`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
