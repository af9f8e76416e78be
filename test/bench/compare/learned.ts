import { Planner } from '../../../shared/job/schedule/planner.ts';
import { type Duration, NO_STATS, type OperationStats, record } from '../../../shared/job/schedule/stats.ts';
import { LIMITS } from '../../support/world.ts';
import { seeded } from './random.ts';
import { durationOf, type Kind } from './workload.ts';

const LEARNED_JOBS = 300;
/** From then on a plan made every so many jobs is near enough to the one that would have been in force. */
const REPLAN_EVERY = 20;

/**
 * What a connection remembers of a kind after 300 jobs: of a platform that tells how long they took, or of one where they
 * ended somewhere between two looks of the plan that was in force.
 */
export function learnedStats(of: Kind, seed: number, tellsTook: boolean): OperationStats {
  const key = `${of.name} ${seed} ${tellsTook}`;
  const stats = known.get(key) ?? learn(of, seed, tellsTook);
  known.set(key, stats);
  return stats;
}

const known = new Map<string, OperationStats>();

function learn(of: Kind, seed: number, tellsTook: boolean): OperationStats {
  const random = seeded(seed);
  const seconds = Array.from({ length: LEARNED_JOBS }, () => durationOf(of, random));
  if (tellsTook)
    return record(
      NO_STATS,
      seconds.map((exact) => ({ exact })),
    );

  let stats = NO_STATS;
  let looks: number[] = [];
  seconds.forEach((end, i) => {
    if (i < REPLAN_EVERY || i % REPLAN_EVERY === 0) {
      const { lookCostSeconds } = LIMITS;
      looks = new Planner(stats, { horizonSeconds: of.deadlineSeconds, lookCostSeconds }).polls();
    }
    stats = record(stats, [seenBetween(looks, end)]);
  });
  return stats;
}

function seenBetween(looks: readonly number[], end: number): Duration {
  const upTo = looks.find((age) => age >= end) ?? looks.at(-1)!;
  return { after: looks.findLast((age) => age < end) ?? 0, upTo };
}
