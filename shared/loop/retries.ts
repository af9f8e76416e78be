import type { ActiveJob } from '../job/job.ts';
import { Looks, type PackedLooks } from '../job/soft-state.ts';

const FIRST_SECONDS = 5;
/** Longest gap between two tries of what could not be written, published or called back. */
export const RETRY_MAX_SECONDS = 300;
/** And of a cancel that the platform has not taken. */
export const CANCEL_MAX_SECONDS = 60;

/**
 * What failed for single jobs, and when it is tried again: after 5 s, and then after twice as long each time. Carried in the
 * loop's state, in the records in which looks are; lost with an execution, it costs one early try.
 */
export class Retries {
  readonly #records: Looks;
  readonly #maxSeconds: number;

  constructor(packed: PackedLooks | undefined, now: number, maxSeconds: number) {
    this.#records = Looks.unpack(packed, now);
    this.#maxSeconds = maxSeconds;
  }

  /** When the last try failed; `undefined`: nothing did. */
  failedAt(jobId: string): number | undefined {
    return this.#records.get(jobId)?.at;
  }

  /** When the next try is due (epoch ms). */
  dueAt(jobId: string): number | undefined {
    const record = this.#records.get(jobId);
    return record && record.at + record.waitSeconds * 1000;
  }

  isDue(jobId: string, now: number): boolean {
    return now >= (this.dueAt(jobId) ?? 0);
  }

  failed(jobId: string, now: number): void {
    const before = this.#records.get(jobId);
    const waitSeconds = Math.min(this.#maxSeconds, before ? before.waitSeconds * 2 : FIRST_SECONDS);
    this.#records.set(jobId, { at: now, waitSeconds, count: (before?.count ?? 0) + 1 });
  }

  done(jobId: string): void {
    this.#records.forget(jobId);
  }

  /** The records of these jobs, at most `room` of them. */
  pack(jobIds: Iterable<string>, room: number): PackedLooks {
    return this.#records.pack(jobIds, room);
  }
}

/** When to end it as TIMED_OUT: at its deadline, or when a write that failed after it is due again. */
export function deadlineAt(job: ActiveJob, retries: Retries): number {
  const failedAt = retries.failedAt(job.id);
  return failedAt === undefined || failedAt < job.deadline ? job.deadline : retries.dueAt(job.id)!;
}
