/** The steps between numbered states that an exploration has found; state 0 is the start. */
export class StateGraph {
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  get steps(): number {
    return this.#from.length;
  }

  add(from: number, to: number): void {
    this.#from.push(from);
    this.#to.push(to);
  }

  /** How many ways lead from the start to any of `ends`. Throws where one of them never gets there. */
  paths(states: number, ends: readonly number[]): number {
    const { first, next } = this.#successors(states);
    const incoming = new Int32Array(states);
    for (const to of this.#to) incoming[to]!++;
    const paths = new Float64Array(states);
    paths[0] = 1;
    const ready = [0];
    let done = 0;
    for (let state = ready.pop(); state !== undefined; state = ready.pop()) {
      done++;
      for (let i = first[state]!; i < first[state + 1]!; i++) {
        const to = next[i]!;
        paths[to]! += paths[state]!;
        if (--incoming[to]! === 0) ready.push(to);
      }
    }
    if (done !== states) throw new Error('there are schedules that never end');
    return ends.reduce((sum, end) => sum + paths[end]!, 0);
  }

  /** Those of state `s` are `next[first[s]]` to `next[first[s + 1] - 1]`. */
  #successors(states: number): { first: Int32Array; next: Int32Array } {
    const first = new Int32Array(states + 1);
    for (const from of this.#from) first[from + 1]!++;
    for (let state = 0; state < states; state++) first[state + 1]! += first[state]!;
    const next = new Int32Array(this.#to.length);
    const free = first.slice();
    for (const [i, from] of this.#from.entries()) next[free[from]!++] = this.#to[i]!;
    return { first, next };
  }
}
