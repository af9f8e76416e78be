import type { Violation } from './explore.ts';
import { endFaults, stepFaults } from './invariants.ts';
import type { Action, Scenario, State } from './state.ts';
import { System } from './system.ts';

export interface Walks {
  walks: number;
  steps: number;
  ms: number;
  violation?: Violation & { seed: number };
}

/** One step of so many is a mishap, where one is left. */
const MISHAP_SHARE = 0.06;
/** Callers come at any time that they may, and not all at once. */
const BEGIN_SHARE = 0.1;

/** Schedules drawn at random, for scenarios that are too large to go through: the n-th walk has the seed `seed + n`. */
export async function randomWalks(
  scenario: Scenario,
  { seed, walks, forMs = Number.POSITIVE_INFINITY }: { seed: number; walks: number; forMs?: number },
): Promise<Walks> {
  const began = performance.now();
  const system = new System(scenario);
  const result: Walks = { walks: 0, steps: 0, ms: 0 };
  const elapsed = () => performance.now() - began;
  for (; result.walks < walks && elapsed() < forMs; result.walks++) {
    const violation = await walk(system, scenario, randomFrom(seed + result.walks));
    result.steps += violation.schedule.length;
    if (violation.faults.length > 0) {
      return { ...result, ms: elapsed(), violation: { ...violation, seed: seed + result.walks } };
    }
  }
  return { ...result, ms: elapsed() };
}

async function walk(system: System, scenario: Scenario, random: () => number): Promise<Violation> {
  const schedule: Action[] = [];
  let state = await system.initial();
  for (;;) {
    const actions = system.actions(state);
    if (actions.length === 0) return { faults: endFaults(scenario, state), schedule };
    const action = draw(state, actions, random);
    const after = await system.apply(state, action);
    schedule.push(action);
    const faults = stepFaults(scenario, state, after, action);
    if (faults.length > 0) return { faults, schedule };
    state = after;
  }
}

function draw(state: State, actions: readonly Action[], random: () => number): Action {
  const mishaps = actions.filter((action) => isMishap(state, action));
  const begins = actions.filter(({ kind }) => kind === 'begin');
  const usual = actions.filter((action) => !mishaps.includes(action) && !begins.includes(action));
  const one = (of: readonly Action[]) => of[Math.floor(random() * of.length)]!;
  if (mishaps.length > 0 && random() < MISHAP_SHARE) return one(mishaps);
  if (begins.length > 0 && (usual.length === 0 || random() < BEGIN_SHARE)) return one(begins);
  return one(usual.length > 0 ? usual : mishaps);
}

function isMishap({ running }: State, { kind }: Action): boolean {
  return kind === 'time' ? running.length > 0 : !['begin', 'call', 'return'].includes(kind);
}

/** mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
