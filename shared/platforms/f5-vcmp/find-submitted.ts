import type { SubmitIntent } from '../../job/job.ts';
import type { CallOptions, FindOutcome } from '../adapter.ts';
import type { Call } from './call.ts';
import { checkFailure } from './faults.ts';
import { readHandle } from './handle.ts';
import { accepted, statesOfListed } from './submit.ts';

/**
 * Whether the wish has arrived is read from the host. Repeating `set_guest_state` would do no harm at the moment of the
 * submit; minutes later it could undo what somebody else asked for since, so it is not a way to find out. The same wish of
 * somebody else cannot be told from ours, and counts as ours.
 *
 * What the guests were before is not known any more, so such a job cannot be canceled.
 */
export async function findSubmitted(call: Call, intent: SubmitIntent, options: CallOptions): Promise<FindOutcome> {
  const handle = readHandle(intent);
  if (!handle) return { kind: 'permanent', code: 'BadIntent', message: 'The note about this submit names no guests' };
  const { guests, wanted } = handle;
  const { states, fault } = await statesOfListed(call, guests, options);
  if (fault) {
    const failure = checkFailure(fault);
    return failure.kind === 'not_found' ? { ...failure, kind: 'transient' } : failure;
  }
  const arrived = guests.filter((guest) => states.get(guest) === wanted);
  if (arrived.length === guests.length) return accepted({ guests, wanted });
  const shown = guests.map((guest) => `${guest} is ${states.get(guest) ?? 'VCMP_GUEST_STATE_UNKNOWN'}`).join(', ');
  const created = intent.operation === 'create' && guests.some((guest) => states.get(guest) !== 'ABSENT');
  if (arrived.length === 0 && !created) return { kind: 'absent', message: `${wanted} was asked for, ${shown}` };
  const message = created
    ? `${shown}: created, it seems, but ${wanted} has not been asked for. Ask for it by set_guest_state.`
    : `${wanted} was asked for, ${shown}: some may have had that state before`;
  return { kind: 'ambiguous', message, details: { states: Object.fromEntries(states) } };
}
