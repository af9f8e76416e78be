import { describe, expect, test } from 'vitest';
import { SEED } from '../support/seed.ts';
import { type Failure, fuzz } from './fuzz.ts';
import { SLOW_TO_OPEN, TARGETS } from './targets.ts';

/** Short: `npm run fuzz` goes on where this ends. */
const RUNS = 150;
const MS = 1500;

const quick = Object.keys(TARGETS).filter((name) => !SLOW_TO_OPEN.includes(name));

describe(`hostile input, seed ${SEED}`, () => {
  test.each(quick)('%s', { timeout: 60_000 }, async (name) => {
    const target = await TARGETS[name]!();
    const report = await fuzz(target, { seed: SEED, name, until: Date.now() + MS, maxRuns: RUNS });
    await target.close?.();
    expect(report.runs).toBeGreaterThan(0);
    expect(report.failure && told(name, report.failure)).toBeUndefined();
  });
});

function told(name: string, { run, reason, input }: Failure): string {
  const again = `npm run fuzz -- --target ${name} --seed ${SEED} --run ${run}`;
  return `${reason}\n${again}\n${input.bytes.subarray(0, 400).toString('hex')}`;
}
