import { describe, expect, test } from 'vitest';
import { DEFECTS } from './defects.ts';
import { explore } from './explore.ts';
import { StateGraph } from './paths.ts';
import { DEEP, SMALL } from './scenarios.ts';
import { trace } from './trace.ts';
import { randomWalks } from './walk.ts';

/** The small scenarios; `npm run model` goes through the large ones too. */
const met = new Set<string>();
/** Nothing here waits: each takes a second or two of work, longer on a busy machine. */
const PATIENCE_MS = 60_000;

describe('the loop protocol holds in all schedules:', () => {
  test.each(SMALL)(
    '$name',
    async (scenario) => {
      const found = await explore(scenario);
      if (found.violation) {
        const lines = await trace(scenario, found.violation.schedule);
        expect.fail([...found.violation.faults, ...lines].join('\n'));
      }
      expect(found.exhausted).toBe(true);
      for (const answer of found.met) met.add(answer);
    },
    PATIENCE_MS,
  );

  test('and every turn of it was met: closes that fail, stale loops, used-up names, conflicts of writes', () => {
    for (const answer of ['"written"', '"signalled"', '"superseded"']) expect(met).toContain(`store.endTick ${answer}`);
    for (const answer of ['"running"', '"used-up"']) expect(met).toContain(`executions.start ${answer}`);
    expect(met).toContain('executions.runningSince undefined');
    expect([...met].some((answer) => /^executions\.runningSince \d+$/.test(answer))).toBe(true);
    for (const refused of ['store.updateJob', 'store.takeEpoch']) expect(met).toContain(`${refused} undefined`);
    expect(met).toContain('store.createJob false');
  });
});

describe('the explorer finds', () => {
  test.each(DEFECTS)('$name', async ({ scenario, fault }) => {
    const { violation } = await explore(scenario);
    expect(violation?.faults.join('\n')).toMatch(fault);
    const lines = await trace(scenario, violation!.schedule);
    expect(lines).toHaveLength(violation!.schedule.length);
  });
});

test('schedules at random find a planted defect too, and the seed repeats it', async () => {
  const { scenario, fault } = DEFECTS[0]!;
  const { violation } = await randomWalks(scenario, { seed: 1, walks: 1000 });
  expect(violation?.faults.join()).toMatch(fault);
  const again = await randomWalks(scenario, { seed: violation!.seed, walks: 1 });
  expect(again.violation).toEqual(violation);
});

test('schedules are counted as the paths through the states, and one that never ends is an error', () => {
  const graph = new StateGraph();
  for (const [from, to] of [
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 3],
    [3, 4],
    [3, 5],
  ] as const)
    graph.add(from, to);
  expect(graph.paths(6, [4, 5])).toBe(4);
  graph.add(4, 3);
  expect(() => graph.paths(6, [5])).toThrow('never end');
});

test('schedules at random, with four mishaps of each kind', async () => {
  const seed = Date.now() % 1_000_000;
  for (const scenario of DEEP) {
    const { violation } = await randomWalks(scenario, { seed, walks: 40 });
    if (!violation) continue;
    const lines = await trace(scenario, violation.schedule);
    expect.fail([`npm run model -- --seed ${violation.seed}`, ...violation.faults, ...lines].join('\n'));
  }
});
