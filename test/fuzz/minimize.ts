import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from './target.ts';

const MAX_TRIES = 600;

/**
 * The shortest case found that still fails: pieces of the bytes are left out, halves first, single bytes last (the idea of
 * delta debugging). Bounded in tries and in time.
 */
export async function minimize(input: Case, fails: (input: Case) => Promise<boolean>, ms: number): Promise<Case> {
  const until = Date.now() + ms;
  let best = input;
  let tries = 0;
  for (let size = Math.ceil(best.bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.bytes.length; ) {
      if (++tries > MAX_TRIES || Date.now() > until) return best;
      const shorter = {
        ...best,
        bytes: Buffer.concat([best.bytes.subarray(0, from), best.bytes.subarray(from + size)]),
      };
      if (await fails(shorter)) best = shorter;
      else from += size;
      // Timers of the case before have their turn.
      if (tries % 50 === 0) await sleep(0);
    }
  }
  return best;
}
