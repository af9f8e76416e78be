import { HttpFailure } from '../http/client.ts';

/**
 * For work that several callers wait for, as a login: it goes on when one of them gives up, and that one is told that its
 * own call has not begun.
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new HttpFailure('aborted', false, 'The time for this call was over before it began'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
