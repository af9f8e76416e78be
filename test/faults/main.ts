/**
 * `npm run faults`: the product's functions on ports that fail at random, in virtual time. Switches: --runs N, --seed S (of
 * the first run; the others follow), --rate R. Exit status 1 and the seed when a promise is broken.
 */
import { parseArgs } from 'node:util';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '400' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rate: { type: 'string' },
  },
});
const total = { runs: 0, calls: 0, faults: 0, jobs: 0, broken: 0 };
const started = Date.now();
for (let i = 0; i < Number(values.runs); i++) {
  const seed = Number(values.seed) + i;
  const report = await run(seed, values.rate === undefined ? [0.02, 0.1, 0.3][i % 3]! : Number(values.rate));
  total.runs++;
  total.calls += report.calls;
  total.faults += report.faults;
  total.jobs += report.jobs;
  total.broken += report.broken.length;
  if (report.broken.length > 0) console.error(`seed ${seed}: ${report.broken.join('; ')}`);
}
console.log(
  `faults: seeds ${values.seed} to ${Number(values.seed) + total.runs - 1}, ${total.runs} runs, ${total.jobs} jobs, ` +
    `${total.calls} calls, ${total.faults} faults, broken promises ${total.broken}, ${((Date.now() - started) / 1000).toFixed(0)} s`,
);
process.exit(total.broken === 0 ? 0 : 1);
