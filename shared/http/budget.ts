import { setTimeout as sleep } from 'node:timers/promises';

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

  /** Rejects with the signal's reason if it is aborted before the work has begun; its turn goes to the next. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#place(signal);
    try {
      await this.#gap(signal);
      return await work();
    } finally {
      // The place goes to the next in line as it is; only without one does it become free.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  async #place(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#running < this.#atOnce) {
      this.#running++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
      reject(signal!.reason);
    };
    this.#waiting.push(resolve);
    signal?.addEventListener('abort', leave, { once: true });
    await promise;
    signal?.removeEventListener('abort', leave);
  }

  async #gap(signal?: AbortSignal): Promise<void> {
    const now = Date.now();
    const start = Math.max(now, this.#nextStart);
    this.#nextStart = start + this.#gapMs;
    if (start - now < 1) return;
    try {
      await sleep(start - now, undefined, { signal });
    } catch (error) {
      this.#nextStart -= this.#gapMs;
      throw error;
    }
  }
}
