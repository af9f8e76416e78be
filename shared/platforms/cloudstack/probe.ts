import type { CheckFailure } from '../../job/outcome.ts';
import type { CallOptions } from '../adapter.ts';
import type { Call } from './call.ts';
import { queryJob } from './query.ts';

/** No server gives it out: it is the id of nothing (RFC 9562, 5.9). */
const NIL_ID = '00000000-0000-0000-0000-000000000000';

/** Asks about a job that there cannot be: "I do not know it" is the answer to a call whose signature was good. */
export async function probe(call: Call, options: CallOptions): Promise<CheckFailure | undefined> {
  const { outcome } = await queryJob(call, NIL_ID, options);
  return outcome.kind === 'observed' || outcome.kind === 'not_found' ? undefined : outcome;
}
