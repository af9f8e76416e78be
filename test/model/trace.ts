import type { Action, Scenario, State } from './state.ts';
import { START } from './state.ts';
import { System } from './system.ts';

const MAX_ANSWER = 110;

/** A schedule as people read it: one line a step, with the moment, who did what, and what it was answered. */
export async function trace(scenario: Scenario, schedule: readonly Action[]): Promise<string[]> {
  const system = new System(scenario);
  const lines: string[] = [];
  let state = await system.initial();
  for (const [i, action] of schedule.entries()) {
    const after = await system.apply(state, action);
    const seconds = `${((state.time - START) / 1000).toFixed(0)} s`;
    lines.push(`${String(i + 1).padStart(3)} ${seconds.padStart(6)}  ${named(describe(state, after, action), after)}`);
    state = after;
  }
  return lines;
}

function describe(before: State, after: State, action: Action): string {
  switch (action.kind) {
    case 'begin':
      return `${action.actor} begins`;
    case 'time':
      return `time passes to ${(after.time - START) / 1000} s${before.running.length > 0 ? ', with functions under way' : ''}`;
    case 'abort':
      return `THE EXECUTION of loop ${action.epoch} ENDS${action.tickToo ? ', and its tick' : ''}`;
    case 'oversleep':
      return `THE EXECUTION of loop ${action.epoch} SLEEPS 10 minutes longer`;
    case 'blackout':
      return 'EVERYTHING THAT RUNS IS GONE';
  }
  const { process } = before.running.find((one) => one.process.program.label === action.process)!;
  const who = process.program.label;
  if (action.kind === 'crash') {
    return `${who} DIES before ${process.calls.map(({ port, method }) => `${port}.${method}`).join(', ') || 'it answers'}`;
  }
  if (action.kind === 'return') return `${who} ends: ${cut(JSON.stringify(process.end))}`;
  const { port, method } = process.calls.find(({ n }) => n === action.call)!;
  const next = after.running.find((one) => one.process.program.label === who);
  const answer = next?.process.answers.at(-1)?.text ?? after.answers.get(who) ?? '';
  const lost = action.kind === 'fault' ? ` GOES WRONG: ${action.how}` : '';
  return `${who}: ${port}.${method}${lost} -> ${cut(answer)}`;
}

function cut(text: string): string {
  return text.length <= MAX_ANSWER ? text : `${text.slice(0, MAX_ANSWER)} ...`;
}

/** Jobs by who submitted them. */
export function named(text: string, { table }: State): string {
  let shown = text;
  for (const { id, submitter } of table.items.values())
    if (submitter) shown = shown.replaceAll(id, `<job of ${submitter}>`);
  return shown;
}
