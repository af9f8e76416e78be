import { LAB } from '../support/world.ts';
import { aborted, blackedOut, died, inOrder, replaced, returned, runningOf, spent, withExecution } from './ends.ts';
import { Outside } from './outside.ts';
import { type Process, Processes } from './process.ts';
import { failureProgram, reconcileProgram, tickProgram } from './programs.ts';
import { type Action, type Execution, type Fault, type Running, type Scenario, START, type State } from './state.ts';

const MINUTE = 60_000;
const OVERSLEEP_MS = 600_000;

/**
 * All that can happen next in a state, and what then is. The processes are the product's own functions; around them are a
 * table with single-item semantics, executions as Step Functions keeps them, a bus, a platform, and virtual time.
 *
 * A call and its answer are one step: that a process is told later is the same as that it asks later. Dying after an effect
 * and before its answer is dying before the next call.
 */
export class System {
  readonly scenario: Scenario;
  readonly processes = new Processes();
  readonly #outside: Outside;

  /** Which kinds of answers the services gave, as `store.endTick "superseded"`: what a model never met, it did not check. */
  get met(): ReadonlySet<string> {
    return this.#outside.met;
  }

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.#outside = new Outside(scenario);
  }

  async initial(): Promise<State> {
    const { actors, reconcile, budget } = this.scenario;
    const state: State = {
      time: START,
      ...(await this.#outside.before()),
      running: [],
      told: [],
      waiting: actors.map(({ name }) => name),
      answers: new Map(),
      reconcileAt: reconcile ? START + MINUTE : undefined,
      budget,
    };
    return this.#fire(state);
  }

  /** What can happen next. Nothing: the run is over. */
  actions(state: State): Action[] {
    const actions: Action[] = [];
    for (const { process } of state.running) {
      if (process.end) actions.push({ kind: 'return', process: process.program.label });
      for (const { n } of process.calls) actions.push({ kind: 'call', process: process.program.label, call: n });
    }
    for (const actor of this.scenario.actors) {
      if (this.#canBegin(state, actor.name)) actions.push({ kind: 'begin', actor: actor.name });
    }
    if (this.#nextTime(state) !== undefined) actions.push({ kind: 'time' });
    return [...actions, ...mishaps(state)];
  }

  async apply(state: State, action: Action): Promise<State> {
    const next = await this.#applied(state, action);
    return this.scenario.failuresTold ? this.#tellFailures(state, next, action) : next;
  }

  /** What EventBridge does with executions that this step has ended against their will. */
  async #tellFailures(before: State, after: State, action: Action): Promise<State> {
    if (after.executions === before.executions) return after;
    const stopped = action.kind === 'abort' || action.kind === 'blackout';
    const failed = before.executions.filter(({ epoch, phase }) => {
      if (phase === 'over' || after.executions.find((one) => one.epoch === epoch)!.phase !== 'over') return false;
      const tick = before.running.find((running) => running.epoch === epoch && !running.orphan);
      return action.kind !== 'return' || (tick?.process.end !== undefined && 'error' in tick.process.end);
    });
    let next = after;
    for (const execution of failed) {
      const program = failureProgram(execution, after.time, stopped ? 'ABORTED' : 'FAILED');
      next = await this.#spawn(next, { kind: 'reconcile' }, program);
    }
    return next;
  }

  async #applied(state: State, action: Action): Promise<State> {
    switch (action.kind) {
      case 'begin':
        return this.#begin(state, action.actor);
      case 'call':
        return this.#call(state, runningOf(state, action.process), action.call);
      case 'fault':
        return this.#call(state, runningOf(state, action.process), action.call, action.how);
      case 'return':
        return returned(state, runningOf(state, action.process));
      case 'time':
        return this.#advance(state);
      case 'crash':
        return died(spent(state, 'crashes'), runningOf(state, action.process));
      case 'abort':
        return aborted(spent(state, 'crashes'), action.epoch, action.tickToo);
      case 'oversleep': {
        const slept = (execution: Execution) => ({ ...execution, at: execution.at + OVERSLEEP_MS });
        return withExecution(spent(state, 'crashes'), action.epoch, slept);
      }
      case 'blackout':
        return blackedOut(spent(state, 'crashes'));
    }
  }

  #canBegin(state: State, name: string): boolean {
    const { program, from } = this.scenario.actors.find((actor) => actor.name === name)!;
    return state.waiting.includes(name) && state.time >= START + from * 1000 && program(state) !== undefined;
  }

  async #begin(state: State, name: string): Promise<State> {
    const program = this.scenario.actors.find((actor) => actor.name === name)!.program(state)!;
    const waiting = state.waiting.filter((other) => other !== name);
    return this.#spawn({ ...state, waiting }, { kind: 'actor' }, program);
  }

  async #spawn(state: State, running: Omit<Running, 'process'>, program: Process['program']): Promise<State> {
    const sabotaged = this.scenario.sabotage?.program?.(program) ?? program;
    const process = await this.processes.start(sabotaged, state.time);
    return { ...state, running: inOrder([...state.running, { ...running, process }]) };
  }

  async #call(state: State, running: Running, n: number, fault?: Fault): Promise<State> {
    const { process } = running;
    const call = process.calls.find((one) => one.n === n)!;
    const budgeted = fault ? spent(state, 'faults') : state;
    const { after, started, ...answer } = await this.#outside.answer(budgeted, call, fault);
    const told = await this.processes.answer(process, { call: n, at: state.time, ...answer });
    const next = replaced(after, running, { ...running, process: told });
    return started === undefined ? next : this.#startTick(next, started);
  }

  /** The next moment at which something happens by itself; `undefined` where time does not pass before something else. */
  #nextTime(state: State): number | undefined {
    if (isQuiet(state) || (state.running.length > 0 && state.budget.delays === 0)) return undefined;
    const { actors } = this.scenario;
    const idle = actors.filter(({ name }) => state.waiting.includes(name));
    const timers = [
      ...state.executions.filter(({ phase }) => phase === 'waiting').map(({ at }) => at),
      ...idle.map(({ from }) => START + from * 1000),
      ...(state.reconcileAt === undefined ? [] : [state.reconcileAt]),
    ].filter((at) => at > state.time);
    const next = Math.min(...timers);
    const late = idle.some(({ name, until }) => next > START + until * 1000 && this.#canBegin(state, name));
    return timers.length === 0 || late ? undefined : next;
  }

  async #advance(state: State): Promise<State> {
    const time = this.#nextTime(state)!;
    const late = state.running.length > 0 ? spent(state, 'delays') : state;
    const tooOld = state.running.filter(({ process }) => time > process.startedAt + process.program.lifeMs);
    const waiting = state.waiting.filter((name) => {
      const { until } = this.scenario.actors.find((actor) => actor.name === name)!;
      return time <= START + until * 1000;
    });
    return this.#fire(tooOld.reduce(died, { ...late, time, waiting }));
  }

  /** Starts what is due now. */
  async #fire(state: State): Promise<State> {
    let next = state;
    for (const { phase, at, epoch } of state.executions) {
      if (phase === 'waiting' && at <= state.time) next = await this.#startTick(next, epoch);
    }
    if (state.reconcileAt === undefined || state.reconcileAt > state.time) return next;
    next = { ...next, reconcileAt: state.reconcileAt + MINUTE };
    return this.#spawn(next, { kind: 'reconcile' }, reconcileProgram(LAB, state.time));
  }

  #startTick(state: State, epoch: number): Promise<State> {
    const ticking = withExecution(state, epoch, (execution) => ({ ...execution, phase: 'ticking' }));
    const { input, retries } = ticking.executions.find((execution) => execution.epoch === epoch)!;
    return this.#spawn(ticking, { kind: 'tick', epoch }, tickProgram(input, retries, state.time));
  }
}

/** Nothing will ever happen here any more. */
export function isQuiet({ running, waiting, executions, table }: State): boolean {
  if (running.length > 0 || waiting.length > 0 || executions.some(({ phase }) => phase !== 'over')) return false;
  return [...table.items.values()].every((item) => item.activeSince === undefined && item.state !== 'open');
}

function mishaps({ running, executions, budget }: State): Action[] {
  const actions: Action[] = [];
  for (const { process } of budget.crashes > 0 ? running : [])
    actions.push({ kind: 'crash', process: process.program.label });
  for (const { epoch, phase } of budget.crashes > 0 ? executions : []) {
    if (phase === 'over') continue;
    actions.push({ kind: 'abort', epoch, tickToo: false });
    if (phase === 'ticking') actions.push({ kind: 'abort', epoch, tickToo: true });
    else actions.push({ kind: 'oversleep', epoch });
  }
  if (budget.crashes > 0 && running.length > 0) actions.push({ kind: 'blackout' });
  for (const { process } of budget.faults > 0 ? running : []) {
    for (const { n, port } of process.calls) {
      // Adapters do not repeat what is not known to have failed.
      const faults: Fault[] = [
        'without effect',
        'answer lost',
        ...(port === 'platform' ? [] : (['repeated'] as const)),
      ];
      for (const how of faults) actions.push({ kind: 'fault', process: process.program.label, call: n, how });
    }
  }
  return actions;
}
