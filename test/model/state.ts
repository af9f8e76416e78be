import type { Store } from '../../shared/store/store.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import type { Process, Program } from './process.ts';
import type { Remote } from './remote.ts';
import type { Table } from './table.ts';

/** Virtual time begins here (epoch ms). */
export const START = Date.UTC(2026, 0, 1);

/** A snapshot of everything outside of the processes, and where each process stands. Never changed, only replaced. */
export interface State {
  time: number;
  table: Table;
  executions: readonly Execution[];
  running: readonly Running[];
  remote: Remote;
  /** What the bus took, as `<job id> <event id> <status>`, and completed task tokens, as `token <token>`; sorted. */
  told: readonly string[];
  /** Names of actors that have not begun. */
  waiting: readonly string[];
  /** What the callers were answered, by the actor's name. */
  answers: ReadonlyMap<string, string>;
  /** When reconcile runs next. */
  reconcileAt: number | undefined;
  budget: Budget;
}

export interface Execution {
  epoch: number;
  phase: 'ticking' | 'waiting' | 'over';
  since: number;
  /** When its next tick, or the repetition of one, comes. */
  at: number;
  /** Of its next tick, as text. */
  input: string;
  retries: number;
}

export interface Running {
  process: Process;
  kind: 'actor' | 'reconcile' | 'tick';
  /** A tick's loop. */
  epoch?: number;
  /** A tick whose execution was ended under it: it goes on, and nobody takes its answer. */
  orphan?: boolean;
}

/** How much may go wrong in one run. */
export interface Budget {
  /** A process, or an execution, dies. */
  crashes: number;
  /** Time passes while a process is in the midst of something. */
  delays: number;
  /** A call fails or is repeated. */
  faults: number;
}

export interface Actor {
  name: string;
  /** Seconds after the start: it begins no sooner, and no later. */
  from: number;
  until: number;
  /** `undefined`: not yet, what it needs is not there. */
  program(state: State): Program | undefined;
}

export interface Scenario {
  name: string;
  actors: readonly Actor[];
  budget: Budget;
  /** Whether reconcile runs every minute. Without it nothing is repaired, so nothing may need to be. */
  reconcile: boolean;
  /** Whether the event arrives by which Step Functions tells that an execution has failed. Without it the minutes repair. */
  failuresTold?: boolean;
  /** Virtual seconds within which every job has to be settled. */
  settledWithin: number;
  /** And within which everything has to be over, old executions that sleep included. */
  horizon: number;
  /** Puts what was there before into the table; answers what there was outside of it. */
  before?(store: MemoryStore, start: number): Promise<Pick<State, 'executions' | 'remote'>>;
  /** What else must hold at every end. */
  end?(state: State): string[];
  /** A planted defect. */
  sabotage?: Sabotage;
}

export interface Sabotage {
  store?(store: MemoryStore): Store;
  program?(program: Program): Program;
}

/**
 * What may become of a call: it fails without effect; it fails although it took effect; or the client repeats it, because
 * the first answer was lost, and the answer is that of the second.
 */
export type Fault = 'without effect' | 'answer lost' | 'repeated';

/** `process`: its label; no two that run have the same. */
export type Action =
  | { kind: 'begin'; actor: string }
  | { kind: 'call'; process: string; call: number }
  | { kind: 'fault'; process: string; call: number; how: Fault }
  | { kind: 'return'; process: string }
  | { kind: 'time' }
  | { kind: 'crash'; process: string }
  | { kind: 'abort'; epoch: number; tickToo: boolean }
  | { kind: 'oversleep'; epoch: number }
  /** Everything that runs is gone: the table, the bus and the platform remain. */
  | { kind: 'blackout' };
