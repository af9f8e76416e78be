/**
 * `npm run bench`: what it takes to follow the same jobs on the same platform to their end, on a virtual clock, for Pollux
 * and for the loops that are usually written. Switches: --jobs 1,10,100 (open jobs at once), --seed N, --write (docs/benchmark.*).
 */
import { parseArgs } from 'node:util';
import { compare, OPEN } from './compare.ts';
import { print, write } from './report.ts';

const INTERVALS_AT = 1_000;

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: OPEN.join(',') },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const open = values.jobs.split(',').map(Number);
const seed = Number(values.seed);
if (open.some((jobs) => !Number.isInteger(jobs) || jobs < 1) || !Number.isInteger(seed)) {
  throw new Error('--jobs takes whole numbers from 1 on, with commas between them; --seed takes a whole number');
}
const started = performance.now();
const comparison = await compare({
  open,
  seed,
  ...(open.includes(INTERVALS_AT) && { intervalsAt: INTERVALS_AT }),
  progress: (message) => console.error(message),
});
console.log(print(comparison));
console.log(`seed ${seed}; took ${((performance.now() - started) / 1000).toFixed(0)} s`);
if (values.write) write(comparison);
