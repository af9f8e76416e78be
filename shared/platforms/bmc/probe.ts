import type { CheckFailure } from '../../job/outcome.ts';
import type { CallOptions } from '../adapter.ts';
import type { BmcContext } from './context.ts';
import { checkFailure } from './errors.ts';
import { placeOf } from './handle.ts';
import type { Looker } from './look.ts';

/** vCenter counts its tasks from 1. */
const NO_TASK = 'task-0';

/**
 * Asks about a task that there cannot be. That goes the whole way of a look: login, process, adapter, vCenter; and "no such
 * task" is vCenter's own answer.
 */
export async function probe(
  looker: Looker,
  { options, now }: BmcContext,
  call: CallOptions,
): Promise<CheckFailure | undefined> {
  const handle = { ...placeOf(options), task: NO_TASK };
  const { outcome, fault } = await looker.look({ id: NO_TASK, operation: 'probe', handle, createdAt: now() }, call);
  if (fault) return checkFailure(fault);
  return outcome.kind === 'observed' || outcome.kind === 'not_found' ? undefined : outcome;
}
