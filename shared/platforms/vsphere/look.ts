import type { CheckFailure, CheckOutcome, Observation } from '../../job/outcome.ts';
import type { JobRef } from '../adapter.ts';
import { structureIn } from './any-type.ts';
import { enriched, type TaskHandle } from './handle.ts';
import { observationOf } from './mapping.ts';
import type { Live } from './session.ts';
import type { TaskInfo } from './task-info.ts';

/** A job whose task is to be looked at. */
export interface Look {
  job: JobRef;
  handle: TaskHandle;
}

export function observe(live: Live, handle: TaskHandle, info: TaskInfo): CheckOutcome {
  const news = enriched(handle, info, live.content.instanceUuid);
  const seen = observationOf(info);
  return { ...seen, ...(handle.taskTypeId !== undefined && asReported(seen, info)), ...(news && { handle: news }) };
}

/**
 * A task that a worker carries out: nobody but the worker can end it, so it must see that a cancel was requested, in the
 * vSphere client too. A result that was no scalar went out as JSON text.
 */
function asReported(seen: Observation, info: TaskInfo): Partial<Observation> {
  const asked = info.cancelled && (seen.status === 'QUEUED' || seen.status === 'RUNNING');
  const result = typeof seen.result === 'string' ? structureIn(seen.result) : undefined;
  return {
    ...(asked && { message: seen.message === undefined ? CANCEL_REQUESTED : `${CANCEL_REQUESTED}: ${seen.message}` }),
    ...(result !== undefined && { result }),
  };
}

const CANCEL_REQUESTED = 'Cancel requested';

/**
 * The same id at another vCenter is a stranger's task: nothing is asked about it, for the answer would look valid. But the
 * url may lead to its own vCenter again, so a fact that we hold is not trusted for long.
 */
export async function otherServer(live: Live, handle: TaskHandle): Promise<CheckFailure | undefined> {
  const stranger = strangerOf(live, handle);
  if (!stranger || !(await live.reread())) return stranger;
  return strangerOf(live, handle);
}

/** The same of a handle, by what we hold. */
export function strangerOf(live: Live, handle: TaskHandle): CheckFailure | undefined {
  const { instanceUuid } = live.content;
  if (handle.instanceUuid === undefined || handle.instanceUuid === instanceUuid) return undefined;
  const here = instanceUuid ?? 'a host without an instanceUuid';
  return {
    kind: 'permanent',
    code: 'OtherServer',
    message: `${handle.task} was made by the vCenter ${handle.instanceUuid}, but the connection's url leads to ${here}`,
  };
}
