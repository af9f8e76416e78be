import type { State } from './state.ts';

/** Short names of states: the same name for the same state, and only then. Nothing is hashed, so nothing collides. */
export class StateKeys {
  readonly #numbers = new Map<string, number>();
  /** Most parts of a state are those of the state before. */
  readonly #known = new WeakMap<object, number>();

  of(state: State): string {
    const { time, reconcileAt = 0, budget, table, running } = state;
    const { executions, remote, told, waiting, answers } = state;
    const numbers = [
      table.id,
      this.#number(executions, () =>
        executions.map((e) => (e.phase === 'over' ? e.epoch : Object.values(e).join(' '))),
      ),
      this.#number(remote, () => [...remote].map(([id, job]) => `${id} ${JSON.stringify(job)}`)),
      this.#number(told, () => told),
      this.#number(waiting, () => waiting),
      this.#number(answers, () => [...answers].flat()),
      this.#number(budget, () => Object.values(budget)),
      time,
      reconcileAt,
    ];
    for (const { process, orphan } of running) numbers.push(orphan ? -process.id : process.id);
    return numbers.join();
  }

  #number(part: object, textOf: () => readonly unknown[]): number {
    const known = this.#known.get(part);
    if (known !== undefined) return known;
    const text = textOf().join('\n');
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    this.#known.set(part, number);
    return number;
  }
}
