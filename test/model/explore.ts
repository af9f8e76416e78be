import { endFaults, lastSettled, stepFaults } from './invariants.ts';
import { StateGraph } from './paths.ts';
import type { Action, Scenario, State } from './state.ts';
import { StateKeys } from './state-keys.ts';
import { System } from './system.ts';

export interface Exploration {
  states: number;
  steps: number;
  /** Of the longest of the shortest schedules to a state. */
  depth: number;
  /** Different orders of steps from the start to an end: paths through the states. */
  schedules: number;
  /** Virtual time until the last job is settled, at most. */
  settledSeconds: number;
  /** Ticks of different loops under way at once, at most. */
  ticksAtOnce: number;
  /** See `System.met`. */
  met: ReadonlySet<string>;
  ms: number;
  /** All states that can be reached were: nothing was cut off. */
  exhausted: boolean;
  violation?: Violation;
}

export interface Violation {
  faults: string[];
  schedule: Action[];
}

/** More than this many do not fit into memory: the scenario has to be made smaller. */
const MAX_STATES = 1_500_000;

/** All schedules of a scenario. Breadth first, so that the first violation that is found has a shortest schedule. */
export function explore(scenario: Scenario): Promise<Exploration> {
  return new Search(scenario).run();
}

class Search {
  readonly #scenario: Scenario;
  readonly #system: System;
  readonly #keys = new StateKeys();
  readonly #seen = new Map<string, number>();
  /** How each state was first reached. */
  readonly #cameBy: { from: number; action: Action }[] = [];
  readonly #graph = new StateGraph();
  readonly #ends: number[] = [];
  #layer: [number, State][] = [];
  #depth = 0;
  #settledSeconds = 0;
  #ticksAtOnce = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#system = new System(scenario);
  }

  async run(): Promise<Exploration> {
    const began = performance.now();
    const initial = await this.#system.initial();
    this.#seen.set(this.#keys.of(initial), 0);
    this.#layer = [[0, initial]];
    let violation: Violation | undefined;
    for (; this.#layer.length > 0 && !violation && this.#seen.size < MAX_STATES; this.#depth++) {
      const next: [number, State][] = [];
      for (const [index, state] of this.#layer) {
        violation = await this.#expand(index, state, next);
        if (violation) break;
      }
      this.#layer = next;
    }
    return this.#report(violation, began);
  }

  async #expand(index: number, state: State, next: [number, State][]): Promise<Violation | undefined> {
    const actions = this.#system.actions(state);
    this.#ticksAtOnce = Math.max(this.#ticksAtOnce, state.running.filter(({ kind }) => kind === 'tick').length);
    if (actions.length === 0) {
      this.#ends.push(index);
      this.#settledSeconds = Math.max(this.#settledSeconds, lastSettled(state));
      const faults = endFaults(this.#scenario, state);
      if (faults.length > 0) return { faults, schedule: this.#scheduleTo(index) };
    }
    for (const action of actions) {
      const after = await this.#system.apply(state, action);
      const faults = stepFaults(this.#scenario, state, after, action);
      if (faults.length > 0) return { faults, schedule: [...this.#scheduleTo(index), action] };
      const key = this.#keys.of(after);
      const known = this.#seen.get(key);
      this.#graph.add(index, known ?? this.#seen.size);
      if (known !== undefined) continue;
      this.#cameBy[this.#seen.size] = { from: index, action };
      next.push([this.#seen.size, after]);
      this.#seen.set(key, this.#seen.size);
    }
    return undefined;
  }

  #scheduleTo(index: number): Action[] {
    const actions: Action[] = [];
    for (let at = index; at !== 0; at = this.#cameBy[at]!.from) actions.unshift(this.#cameBy[at]!.action);
    return actions;
  }

  #report(violation: Violation | undefined, began: number): Exploration {
    const exhausted = violation === undefined && this.#layer.length === 0;
    return {
      states: this.#seen.size,
      steps: this.#graph.steps,
      depth: this.#depth,
      schedules: exhausted ? this.#graph.paths(this.#seen.size, this.#ends) : 0,
      settledSeconds: this.#settledSeconds,
      ticksAtOnce: this.#ticksAtOnce,
      met: this.#system.met,
      ms: performance.now() - began,
      exhausted,
      ...(violation && { violation }),
    };
  }
}
