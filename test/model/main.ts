/**
 * `npm run model [-- --seed N]`: goes through all schedules of the scenarios, looks for the planted defects, and draws
 * deep schedules at random. Ends with 1 where something does not hold, and prints the shortest schedule to it.
 */
import { parseArgs } from 'node:util';
import { DEFECTS } from './defects.ts';
import { type Exploration, explore, type Violation } from './explore.ts';
import { DEEP, LARGE, SMALL } from './scenarios.ts';
import type { Scenario } from './state.ts';
import { trace } from './trace.ts';
import { randomWalks } from './walk.ts';

const WALK_MS = 20_000;

const { values } = parseArgs({ options: { seed: { type: 'string' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!Number.isSafeInteger(seed)) throw new Error('--seed takes a whole number');
let failed = false;

async function explain(scenario: Scenario, { faults, schedule }: Violation): Promise<void> {
  failed = true;
  console.log(`  DOES NOT HOLD: ${faults.join('; ')}`);
  for (const line of await trace(scenario, schedule)) console.log(`  ${line}`);
}

function bounds({ actors, budget, reconcile }: Scenario): string {
  const { crashes, delays, faults } = budget;
  const mishaps = `crashes ${crashes}, delays ${delays}, failing calls ${faults}`;
  return `callers ${actors.length}, ${mishaps}, ${reconcile ? 'reconcile every minute' : 'no reconcile'}`;
}

function figures({ states, steps, schedules, depth, ticksAtOnce, settledSeconds, ms }: Exploration): string {
  const orders = schedules < 1e6 ? String(schedules) : schedules.toExponential(1);
  const seen = `${states} states, ${steps} steps, ${orders} schedules of up to ${depth} steps`;
  return `${seen}, ${ticksAtOnce} ticks at once, settled within ${settledSeconds} s, ${(ms / 1000).toFixed(1)} s`;
}

console.log(
  'All schedules (breadth first, every interleaving of the calls of all functions, every mishap at every step):',
);
for (const scenario of [...SMALL, ...LARGE]) {
  const found = await explore(scenario);
  console.log(
    `- ${scenario.name} [${bounds(scenario)}]\n  ${figures(found)}: ${found.exhausted ? 'exhausted' : 'NOT EXHAUSTED'}`,
  );
  if (found.violation) await explain(scenario, found.violation);
  else if (!found.exhausted) failed = true;
}

console.log('\nPlanted defects:');
for (const { name, scenario, fault } of DEFECTS) {
  const { violation, states } = await explore(scenario);
  const right = violation?.faults.some((sentence) => fault.test(sentence));
  if (!right) failed = true;
  console.log(`- ${name}: ${right ? `found in ${violation?.schedule.length} steps, ${states} states` : 'NOT FOUND'}`);
}

console.log(`\nSchedules at random, seed ${seed}:`);
for (const scenario of DEEP) {
  const { walks, steps, violation } = await randomWalks(scenario, { seed, walks: 1e9, forMs: WALK_MS });
  console.log(`- ${scenario.name} [${bounds(scenario)}]\n  ${walks} schedules, ${steps} steps`);
  if (!violation) continue;
  console.log(`  repeat it with --seed ${violation.seed}`);
  await explain(scenario, violation);
}
process.exitCode = failed ? 1 : 0;
