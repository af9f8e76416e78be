/** What waiting takes: a clock, and a way to let time pass. */
export interface Patience {
  now(): number;
  pause(ms: number): Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 4_000;

/** Answers of DynamoDB that a minute does not change: an operator must act, or the item must be another. */
const LASTING = new Set([
  'ValidationException',
  'ItemCollectionSizeLimitExceededException',
  'AccessDeniedException',
  'ResourceNotFoundException',
]);

/** Whether the same write may succeed a moment later: throttling, a 5xx, a time-out, a broken connection. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof Error && LASTING.has(error.name));
}

/** The pauses between the tries of something that must not be lost, doubling, for as long as they end before `until`. */
export async function* pausesUntil({ now, pause }: Patience, until: number): AsyncGenerator<void> {
  for (let ms = FIRST_PAUSE_MS; now() + ms < until; ms = Math.min(MAX_PAUSE_MS, ms * 2)) {
    await pause(ms);
    yield;
  }
}

/**
 * Does it, and again after errors that may pass, as long as there is time: what a platform says once lives in this process
 * alone until it is written. Throws the last error.
 */
export async function patiently<T>(patience: Patience, until: number, work: () => Promise<T>): Promise<T> {
  let last: unknown;
  const attempt = async (): Promise<{ value: T } | undefined> => {
    try {
      return { value: await work() };
    } catch (error) {
      if (!mayPass(error)) throw error;
      last = error;
      return undefined;
    }
  };
  let done = await attempt();
  if (done) return done.value;
  for await (const _ of pausesUntil(patience, until)) {
    done = await attempt();
    if (done) return done.value;
  }
  throw last;
}

/** What a function that answers a request has: the time until its answer must be on its way. */
export interface RequestPatience extends Patience {
  /** Epoch ms; ten seconds from now unless told. */
  endBy?: number;
}

const UNTOLD_MS = 10_000;

export function endOf({ endBy, now }: RequestPatience): number {
  return endBy ?? now() + UNTOLD_MS;
}

/** Of the process: real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
