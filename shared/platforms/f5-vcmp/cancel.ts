import { isTerminal } from '../../job/job.ts';
import type { CallOptions, CancelOutcome, JobRef } from '../adapter.ts';
import type { Call } from './call.ts';
import { BAD_HANDLE, type Look } from './check.ts';
import { checkFailure, errorOf, type Fault, rowOf } from './faults.ts';
import { formerState, type GuestsHandle, readHandle } from './handle.ts';
import { deleteGuests, getGuestState, setGuestState } from './methods.ts';
import { type Facts, outcomeOf } from './outcome.ts';
import { isGuestState } from './words.ts';

/**
 * There is no cancel: the former state is asked for, which supersedes the request of the job. What is under way (an install)
 * need not stop at once, so the job is followed until the former state is reached, and only then CANCELED. A guest that the
 * job created is deleted.
 *
 * Asking for a state twice does no harm, so a cancel without an answer is simply repeated; one that has arrived is
 * recognised by the wish.
 */
export async function cancel(
  call: Call,
  look: Look,
  job: JobRef,
  now: () => number,
  options: CallOptions,
): Promise<CancelOutcome> {
  const handle = readHandle(job.handle);
  if (!handle) return BAD_HANDLE;
  if (handle.canceling) return { kind: 'accepted', handle };
  const facts = await look([handle], options);
  const { outcome } = outcomeOf(handle, facts, now());
  if (outcome.kind !== 'observed') return outcome;

  const canceling: GuestsHandle = {
    guests: handle.guests,
    wanted: handle.wanted,
    before: handle.before ?? [],
    canceling: true,
  };
  const todo = steps(handle, facts);
  const obstacle = obstacleOf(handle, todo);
  if (!obstacle && (await arrived(call, todo, options))) return { kind: 'accepted', handle: canceling };
  if (isTerminal(outcome.status)) return { kind: 'over' };
  if (obstacle) return { kind: 'refused', error: { code: 'CannotPutBack', message: obstacle, retryable: false } };
  const fault = await putBack(call, todo, options);
  return fault ? failureOf(fault) : { kind: 'accepted', handle: canceling };
}

interface Step {
  guest: string;
  former: string;
  there: boolean;
}

/** The guests that have something to be put back. What somebody else has asked for since is left as it is. */
function steps(handle: GuestsHandle, facts: ReadonlyMap<string, Facts>): Step[] {
  return handle.guests.flatMap((guest, index) => {
    const former = formerState(handle, index);
    const { reading, wish } = facts.get(guest)!;
    const isTheirs = isGuestState(wish) && wish !== handle.wanted && wish !== former;
    return former === undefined || isTheirs ? [] : [{ guest, former, there: reading.kind === 'records' }];
  });
}

function obstacleOf(handle: GuestsHandle, todo: readonly Step[]): string | undefined {
  if (handle.wanted === 'ABSENT') return 'A guest that is being deleted cannot be brought back';
  if (handle.before === undefined || handle.before.includes(null)) {
    return 'What the guests were before is not known, as the job was adopted or its submit went unanswered: ask for the state that they shall have by a job of its own';
  }
  if (todo.length === 0) return 'The guests had this state before, so there is nothing to put back';
  return undefined;
}

/** Whether every guest has its former wish already: an earlier cancel got through, and its answer was lost. */
async function arrived(call: Call, todo: readonly Step[], options: CallOptions): Promise<boolean> {
  const there = todo.filter((step) => step.there);
  if (there.some((step) => step.former === 'ABSENT')) return false;
  if (todo.some((step) => !step.there && step.former !== 'ABSENT')) return false;
  if (there.length === 0) return true;
  const wishes = await getGuestState(
    call,
    there.map((step) => step.guest),
    options,
  );
  return wishes.ok && there.every((step, index) => wishes.value[index] === step.former);
}

async function putBack(call: Call, todo: readonly Step[], options: CallOptions): Promise<Fault | undefined> {
  const there = todo.filter((step) => step.there);
  const deleted = there.filter((step) => step.former === 'ABSENT').map((step) => step.guest);
  const reset = there.flatMap(({ guest, former }) => (isGuestState(former) ? [{ guest, former }] : []));
  const replies = [
    deleted.length > 0 ? await deleteGuests(call, deleted, options) : undefined,
    reset.length > 0
      ? await setGuestState(
          call,
          reset.map((step) => step.guest),
          reset.map((step) => step.former),
          options,
        )
      : undefined,
  ];
  const failed = replies.find((reply) => reply !== undefined && !reply.ok);
  return failed && !failed.ok ? failed.fault : undefined;
}

function failureOf(fault: Fault): CancelOutcome {
  if (fault.sent && rowOf(fault.code).submit === 'refused') return { kind: 'refused', error: errorOf(fault) };
  const failure = checkFailure(fault);
  return failure.kind === 'not_found' ? { ...failure, kind: 'transient' } : failure;
}
