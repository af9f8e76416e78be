/**
 * Virtual time. While it is installed, timers and `Date.now` of the whole process are this clock's: it jumps from one timer
 * to the next as soon as nothing is left to do at the present moment, so hours take seconds and every run is the same.
 */
export class VirtualClock {
  time: number;
  readonly #heap: Timer[] = [];
  #canceled = 0;
  #made = 0;

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  /** Puts the clock in the place of the process's own; answers how to take it out again. */
  install(): () => void {
    const own = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: Date.now };
    const after = (work: () => void, ms = 0) => this.at(this.time + Math.max(0, ms), work);
    const clear = (timer: unknown) => {
      if (timer instanceof Timer) this.#cancel(timer);
      else own.clearTimeout(timer as NodeJS.Timeout);
    };
    Object.assign(globalThis, { setTimeout: after, clearTimeout: clear });
    Date.now = () => this.time;
    return () => {
      Object.assign(globalThis, { setTimeout: own.setTimeout, clearTimeout: own.clearTimeout });
      Date.now = own.now;
    };
  }

  at(time: number, work: () => void): Timer {
    const timer = new Timer(Math.max(this.time, Math.round(time)), this.#made++, work);
    push(this.#heap, timer);
    return timer;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.time + ms, resolve);
    });
  }

  /** Until `until` (epoch ms), or until no timer is left. */
  async run(until = Number.POSITIVE_INFINITY): Promise<void> {
    await settled();
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.time > until) break;
      this.time = first.time;
      while (this.#heap[0]?.time === this.time) this.#fire(pop(this.#heap)!);
      await settled();
    }
    if (Number.isFinite(until)) this.time = Math.max(this.time, until);
  }

  #fire(timer: Timer): void {
    if (timer.work === undefined) {
      this.#canceled--;
      return;
    }
    const { work } = timer;
    timer.work = undefined;
    work();
  }

  /** Most timers are time limits that are called off: left in the heap until they outnumber the others. */
  #cancel(timer: Timer): void {
    if (timer.work === undefined) return;
    timer.work = undefined;
    if (++this.#canceled < 1000 || this.#canceled * 2 < this.#heap.length) return;
    const left = this.#heap.filter(({ work }) => work !== undefined).sort(byTime);
    this.#heap.splice(0, this.#heap.length, ...left);
    this.#canceled = 0;
  }
}

class Timer {
  readonly time: number;
  readonly made: number;
  work: (() => void) | undefined;

  constructor(time: number, made: number, work: () => void) {
    this.time = time;
    this.made = made;
    this.work = work;
  }

  unref(): this {
    return this;
  }
}

/** All promises that can go on have gone on: Node empties its queues of them before it calls an immediate. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Timers of the same moment go off in the order in which they were made. */
function byTime(a: Timer, b: Timer): number {
  return a.time - b.time || a.made - b.made;
}

function push(heap: Timer[], timer: Timer): void {
  let i = heap.length;
  heap.push(timer);
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (byTime(heap[parent]!, timer) <= 0) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || last === first) return first;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && byTime(heap[child + 1]!, heap[child]!) < 0) child++;
    if (byTime(last, heap[child]!) <= 0) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
  return first;
}
