import { afterAll, describe, expect, test } from 'vitest';
import { isTerminal } from '../../shared/job/job.ts';
import { endFaults, stepFaults } from './invariants.ts';
import { submitter } from './programs.ts';
import type { Behaviour } from './remote.ts';
import { NOTHING, scenario } from './scenario.ts';
import type { Action, Scenario, State } from './state.ts';
import { System } from './system.ts';
import type { Value } from './table.ts';
import { named } from './trace.ts';

/**
 * One job's life without interleavings, stopped at every boundary between two of its steps: once the function that made
 * the last step dies there, once everything that runs. Then the rest goes on: Step Functions repeats a tick, reconcile
 * runs every minute, and two minutes later the caller sends the request again with the same key. (A function that dies
 * after its last call loses its answer, and nothing else.)
 */
const STEPS = ['claim', 'put', 'remote submit', 'handle', 'wake', 'start', 'check', 'write', 'publish', 'clear'];

const STOPS = { function: 'the function dies', everything: 'everything stops' } as const;
type Stop = keyof typeof STOPS;

interface Life {
  name: Behaviour;
  /** The boundaries that it has, in this order; others may lie between them. */
  steps: readonly string[];
}

const LIVES: readonly Life[] = [
  { name: 'accepted', steps: STEPS },
  { name: 'unanswered', steps: ['claim', 'put', 'remote submit', 'wake', 'start', 'find', ...STEPS.slice(6)] },
  { name: 'lost', steps: ['claim', 'put', 'remote submit', 'wake', 'start', 'find', 'write', 'publish', 'clear'] },
  { name: 'pending', steps: STEPS },
];

function lifeOf(does: Behaviour): Scenario {
  const request = { does, key: 'k', taskToken: 'token' };
  return scenario(`a job that is ${does}, stopped`, {
    actors: [submitter('A', request), submitter('B', { ...request, from: 120 })],
    budget: { ...NOTHING, crashes: 1 },
  });
}

/** The run in which functions follow each other: whoever runs goes on, and time passes when nobody does. */
function follow(system: System, state: State): Action | undefined {
  const actions = system.actions(state);
  for (const kind of ['call', 'return', 'begin', 'time'] as const) {
    const action = actions.find((one) => one.kind === kind);
    if (action) return action;
  }
  return undefined;
}

interface Step {
  action: Action;
  /** Of the protocol; `undefined` for reads and the like. */
  name: string | undefined;
}

async function uninterrupted(subject: Scenario): Promise<Step[]> {
  const system = new System(subject);
  const steps: Step[] = [];
  let state = await system.initial();
  // Until the job is let go.
  while (!steps.some(({ name }) => name === 'clear')) {
    const action = follow(system, state)!;
    const after = await system.apply(state, action);
    steps.push({ action, name: nameOf(state, after, action) });
    state = after;
  }
  return steps;
}

const NAMES: Record<string, string> = {
  'store.claimKey': 'claim',
  'store.createJob': 'put',
  'platform.submit': 'remote submit',
  'store.signalLoop': 'wake',
  'executions.start': 'start',
  'platform.findSubmitted': 'find',
  'platform.check': 'check',
  'bus.publish': 'publish',
  'callbacks.complete': 'call back',
};

function nameOf(before: State, after: State, action: Action): string | undefined {
  if (action.kind !== 'call') return undefined;
  const { process } = before.running.find((one) => one.process.program.label === action.process)!;
  const { port, method } = process.calls.find(({ n }) => n === action.call)!;
  if (method !== 'updateJob') return NAMES[`${port}.${method}`];
  const [was, is] = [jobIn(before), jobIn(after)];
  if (is.activeSince === undefined) return 'clear';
  if (isTerminal(is.status) && !isTerminal(was.status)) return 'write';
  return is.handle !== undefined && was.handle === undefined ? 'handle' : 'note';
}

function jobIn({ table }: State): Value {
  return [...table.items].find(([name]) => name.includes('|job/'))![1];
}

/** Plays the first steps, stops, and lets the rest go its way. Answers what has become of it, and what was wrong. */
async function stopAfter(subject: Scenario, steps: readonly Step[], stop: Stop) {
  const system = new System(subject);
  const faults: string[] = [];
  let state = await system.initial();
  const take = async (action: Action) => {
    const after = await system.apply(state, action);
    faults.push(...stepFaults(subject, state, after, action));
    state = after;
  };
  for (const { action } of steps) await take(action);
  const { action } = steps.at(-1)!;
  const process = action.kind === 'call' ? action.process : '';
  const goesOn = state.running.some((one) => one.process.program.label === process);
  if (stop === 'everything') await take({ kind: 'blackout' });
  else if (goesOn) await take({ kind: 'crash', process });
  for (let next = follow(system, state); next; next = follow(system, state)) await take(next);
  return { state, faults: [...faults, ...endFaults(subject, state)] };
}

function summary(state: State): string {
  const { id, status } = jobIn(state);
  const events = state.told.filter((news) => news.startsWith(`${id} `)).length;
  const submits = state.remote.get(id)?.submits ?? 0;
  const repeated = /"isNew":true/.test(state.answers.get('B') ?? '') ? 'a new job' : 'the same job';
  return `${status}, event ids: ${events}, submits: ${submits}, the repetition gets ${repeated}`;
}

/** What becomes of the job, and after which boundaries. */
const report = new Map<string, Set<string>>();

function note(life: string, step: string, result: string): void {
  const line = `${life}: ${result}`;
  report.set(line, (report.get(line) ?? new Set()).add(step));
}

afterAll(() => {
  console.log([...report].map(([line, steps]) => `${line}\n    after ${[...steps].join(', ')}`).join('\n'));
});

describe.each(LIVES)('a submit that is $name', ({ name, steps }) => {
  const subject = lifeOf(name);

  test('has the boundaries in their order', async () => {
    const names = (await uninterrupted(subject)).map((step) => step.name);
    let at = -1;
    for (const step of steps) {
      at = names.indexOf(step, at + 1);
      expect(at, `${step} in ${names.filter(Boolean).join(', ')}`).toBeGreaterThanOrEqual(0);
    }
  });

  test.each(Object.keys(STOPS) as Stop[])('one end, one event id, at most one submit: %s', async (stop) => {
    const life = await uninterrupted(subject);
    for (const [i, { name: step }] of life.entries()) {
      if (step === undefined) continue;
      const { state, faults } = await stopAfter(subject, life.slice(0, i + 1), stop);
      const boundary = `${name}, ${STOPS[stop]} after ${step}`;
      expect(
        faults.map((fault) => named(fault, state)),
        boundary,
      ).toEqual([]);
      // Whoever had the key before the stop has it still.
      expect([...state.table.items.keys()].filter((key) => key.includes('|job/'))).toHaveLength(1);
      const { id } = jobIn(state);
      expect(
        state.told.filter((news) => news.startsWith(`${id} `)),
        boundary,
      ).toHaveLength(1);
      expect(state.told, boundary).toContain('token token');
      const reached = life.slice(0, i + 1).some((one) => one.name === 'remote submit');
      // A submit is never repeated: what was put and not submitted is LOST, unless the caller comes before it was put.
      const submits = reached || step === 'claim' ? 1 : 0;
      expect(state.remote.get(id)?.submits ?? 0, boundary).toBe(submits);
      note(`${name}, ${STOPS[stop]}`, step, summary(state));
    }
  });
});
