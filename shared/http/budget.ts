/**
 * One connection's budget of calls: so many a second, so many at once. Callers queue in order of arrival. It holds within
 * one process; a connection has one wait-loop, and so one caller that polls.
 */
export class CallBudget {
  readonly #gapMs: number;
  readonly #atOnce: number;
  #running = 0;
  #nextStart = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: { perSecond: number; atOnce: number }) {
    this.#gapMs = 1000 / limits.perSecond;
    this.#atOnce = limits.atOnce;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      const now = Date.now();
      const start = Math.max(now, this.#nextStart);
      this.#nextStart = start + this.#gapMs;
      if (start - now >= 1) await new Promise((resolve) => setTimeout(resolve, start - now));
      return await work();
    } finally {
      // The place goes to the next in line as it is; only without one does it become free.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
