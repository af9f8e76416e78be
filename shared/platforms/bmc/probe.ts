import type { CheckFailure } from '../../job/outcome.ts';
import type { CallOptions } from '../adapter.ts';
import type { Carrier } from './carrier.ts';
import type { BmcContext } from './context.ts';
import { checkFailure } from './errors.ts';
import { placeOf } from './handle.ts';
import { Looker } from './look.ts';

/** vCenter counts its tasks from 1. */
const NO_TASK = 'task-0';

/**
 * Asks about a task that there cannot be. That goes the whole way of a look: login, process, adapter, vCenter; and "no such
 * task" is vCenter's own answer. The carrier is one of its own, for a session that is still alive proves no password; its
 * session is given back, whatever came of it.
 */
export async function probe(
  carrier: Carrier,
  context: BmcContext,
  call: CallOptions,
): Promise<CheckFailure | undefined> {
  const handle = { ...placeOf(context.options), task: NO_TASK };
  const job = { id: NO_TASK, operation: 'probe', handle, createdAt: context.now() };
  try {
    const { outcome, fault } = await new Looker(carrier, context).look(job, call);
    if (fault) return checkFailure(fault);
    return outcome.kind === 'observed' || outcome.kind === 'not_found' ? undefined : outcome;
  } finally {
    await carrier.close?.();
  }
}
