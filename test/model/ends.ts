import type { LoopOutput } from '../../shared/loop/soft-state.ts';
import type { Execution, Running, State } from './state.ts';
import { fromText } from './text.ts';

/** How functions and executions end, well or not, and what an execution does then. */

/** Step Functions' waits between tries of a tick: 2, 4, 8, 16 s with full jitter, here half of each. */
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];

export function spent(state: State, what: keyof State['budget']): State {
  return { ...state, budget: { ...state.budget, [what]: state.budget[what] - 1 } };
}

export function runningOf(state: State, label: string): Running {
  return state.running.find(({ process }) => process.program.label === label)!;
}

export function inOrder(running: readonly Running[]): Running[] {
  return running.toSorted((a, b) => (a.process.program.label < b.process.program.label ? -1 : 1));
}

/** A function that answers is over; a tick's answer is a step of its own, because its execution waits for it. */
export function replaced(state: State, before: Running, after: Running): State {
  const { end, program } = after.process;
  const others = state.running.filter((running) => running !== before);
  if (end === undefined || after.kind === 'tick') return { ...state, running: inOrder([...others, after]) };
  if (after.kind === 'reconcile') return { ...state, running: others };
  const said = 'error' in end ? end.error : end.value;
  const answers = new Map([...state.answers, [program.label, said] as const].sort());
  return { ...state, running: others, answers };
}

export function returned(state: State, running: Running): State {
  const end = running.process.end!;
  if ('error' in end) return died(state, running);
  const rest = { ...state, running: state.running.filter((other) => other !== running) };
  if (running.orphan) return rest;
  const answer = fromText(end.value) as LoopOutput;
  return withExecution(rest, running.epoch!, (execution) => {
    if (answer.next === 'done') return { ...execution, phase: 'over' };
    return { ...execution, phase: 'waiting', at: state.time + answer.waitSeconds * 1000, input: end.value, retries: 0 };
  });
}

/** The process is no more; a tick is tried again by its execution. */
export function died(state: State, running: Running): State {
  const rest = { ...state, running: state.running.filter((other) => other !== running) };
  if (running.kind !== 'tick' || running.orphan) return rest;
  return withExecution(rest, running.epoch!, (execution) => {
    const wait = RETRY_MS[execution.retries];
    if (wait === undefined) return { ...execution, phase: 'over' };
    return { ...execution, phase: 'waiting', at: state.time + wait, retries: execution.retries + 1 };
  });
}

/** An execution ends from outside. That does not stop the function that it has called, but whatever did it may. */
export function aborted(state: State, epoch: number, tickToo: boolean): State {
  const mine = (running: Running) => running.epoch === epoch && !running.orphan;
  const running = tickToo
    ? state.running.filter((other) => !mine(other))
    : state.running.map((other) => (mine(other) ? { ...other, orphan: true } : other));
  return withExecution({ ...state, running }, epoch, (execution) => ({ ...execution, phase: 'over' }));
}

export function blackedOut(state: State): State {
  return { ...state, running: [], executions: state.executions.map((one) => ({ ...one, phase: 'over' })) };
}

export function withExecution(state: State, epoch: number, change: (execution: Execution) => Execution): State {
  const executions = state.executions.map((one) => (one.epoch === epoch ? change(one) : one));
  return { ...state, executions };
}
