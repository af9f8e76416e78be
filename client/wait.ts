import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '../shared/job/job.ts';
import { jobPath } from './names.ts';
import { isTemporary, type Send } from './transport.ts';
import type { Job, JobReference } from './types.ts';

export interface WaitOptions {
  /** Called with the first state, and with each that differs. */
  onChange?(job: Job, before: Job | undefined): void;
  /** Ends the waiting, not the job. */
  signal?: AbortSignal;
}

/** A short job is seen to end at once, a long one costs a request every quarter of a minute. */
const FIRST_GAP_MS = 1_000;
const LAST_GAP_MS = 15_000;
const GAP_OF_AGE = 1 / 20;
/** So long a network may be away before a wait is given up: the job does not mind. */
const MAX_OUTAGE_MS = 5 * 60_000;

/** Resolves with the job when it is over, however it ended. A question about a job that did not change is answered with 304. */
export async function waitFor(send: Send, reference: JobReference, options: WaitOptions): Promise<Job> {
  const { onChange, signal } = options;
  const begun = Date.now();
  let etag: string | null = null;
  let job: Job | undefined;
  let answeredAt = begun;
  for (;;) {
    let asked = 0;
    try {
      const answer = await send({
        method: 'GET',
        path: jobPath(reference),
        ...(etag !== null && { headers: { 'if-none-match': etag } }),
        repeat: 'always',
        signal,
      });
      answeredAt = Date.now();
      asked = Number(answer.header('retry-after') ?? 0) * 1000;
      if (answer.status !== 304) {
        const before = job;
        job = answer.body as Job;
        etag = answer.header('etag');
        onChange?.(job, before);
        if (isTerminal(job.status)) return job;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTemporary(error) || Date.now() - answeredAt > MAX_OUTAGE_MS) throw error;
    }
    await sleep(Math.max(asked, gapAt(Date.now() - begun)), undefined, { signal });
  }
}

export function gapAt(ageMs: number): number {
  return Math.min(LAST_GAP_MS, Math.max(FIRST_GAP_MS, ageMs * GAP_OF_AGE));
}
