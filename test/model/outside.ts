import type { BusEvent } from '../../shared/events/bus.ts';
import { LAB } from '../support/world.ts';
import type { Answer, Call } from './process.ts';
import { callRemote } from './remote.ts';
import { type Execution, type Fault, type Scenario, START, type State } from './state.ts';
import { newStore, Tables } from './table.ts';
import { fromText, toText } from './text.ts';

interface Effect {
  text: string;
  after: State;
  /** The epoch of an execution that was started. */
  started?: number;
}

interface Answered extends Effect, Pick<Answer, 'failed'> {}

/** The services behind the ports: each call has its effect at once, and alone. */
export class Outside {
  readonly #scenario: Scenario;
  readonly #tables: Tables;
  readonly met = new Set<string>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#tables = new Tables(scenario.sabotage?.store);
  }

  async before(): Promise<Pick<State, 'table' | 'executions' | 'remote'>> {
    const store = newStore();
    const there = (await this.#scenario.before?.(store, START)) ?? { executions: [], remote: new Map() };
    return { table: this.#tables.of(store), ...there };
  }

  async answer(state: State, call: Call, fault?: Fault): Promise<Answered> {
    if (fault === undefined) {
      const effect = await this.#effect(state, call);
      this.met.add(`${call.port}.${call.method} ${/^[[{]/.test(effect.text) ? 'a value' : effect.text}`);
      return { ...effect, failed: false };
    }
    if (fault === 'repeated') {
      const first = await this.#effect(state, call);
      const second = await this.#effect(first.after, call);
      return { ...first, ...second, failed: false };
    }
    const effect = fault === 'answer lost' ? await this.#effect(state, call) : { text: '', after: state };
    // The bus never rejects: it answers that it has not taken the events.
    if (call.port !== 'bus') return { ...effect, text: fault, failed: true };
    const [events] = fromText(call.args) as [unknown[]];
    return { ...effect, text: toText(events.map(() => false)), failed: false };
  }

  async #effect(state: State, { port, method, args }: Call): Promise<Effect> {
    if (port === 'store') {
      const { text, table } = await this.#tables.call(state, method, args);
      return { text, after: table === state.table ? state : { ...state, table } };
    }
    const given = fromText(args);
    switch (port) {
      case 'executions':
        return callExecutions(state, method, given[1]);
      case 'bus':
        return publish(state, given[0]);
      case 'callbacks':
        return { text: 'undefined', after: tell(state, [`token ${given[0]}`]) };
      case 'platform': {
        const { value, remote } = callRemote(state.remote, method, given, state.time, START);
        return { text: toText(value), after: { ...state, remote } };
      }
    }
  }
}

/** As Step Functions has it: a name is used once, and a repeated start of one that runs is the same start. */
function callExecutions(state: State, method: string, epoch: number): Effect {
  const there = state.executions.find((execution) => execution.epoch === epoch);
  const runs = there !== undefined && there.phase !== 'over';
  if (method === 'runningSince') return { text: toText(runs ? there.since : undefined), after: state };
  if (method !== 'start') throw new Error(`the executions of the model have no ${method}`);
  if (there) return { text: toText(runs ? 'running' : 'used-up'), after: state };
  const input = toText({ ...LAB, epoch });
  const execution: Execution = { epoch, phase: 'ticking', since: state.time, at: state.time, input, retries: 0 };
  const executions = [...state.executions, execution].sort((a, b) => a.epoch - b.epoch);
  return { text: toText('running'), after: { ...state, executions }, started: epoch };
}

function publish(state: State, events: BusEvent[]): Effect {
  const told = events.map(({ resource, detail }) => `${resource.split('/')[2]} ${detail.eventId} ${detail.status}`);
  return { text: toText(events.map(() => true)), after: tell(state, told) };
}

function tell(state: State, news: string[]): State {
  return { ...state, told: [...new Set([...state.told, ...news])].sort() };
}
