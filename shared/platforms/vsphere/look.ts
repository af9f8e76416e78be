import type { CheckFailure, CheckOutcome } from '../../job/outcome.ts';
import type { JobRef } from '../adapter.ts';
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
  return { ...observationOf(info), ...(news && { handle: news }) };
}

/** The same id at another vCenter is a stranger's task. Nothing is asked: the answer would look valid. */
export function otherServer(live: Live, handle: TaskHandle): CheckFailure | undefined {
  const { instanceUuid } = live.content;
  if (handle.instanceUuid === undefined || handle.instanceUuid === instanceUuid) return undefined;
  const here = instanceUuid ?? 'a host without an instanceUuid';
  return {
    kind: 'permanent',
    code: 'OtherServer',
    message: `${handle.task} was made by the vCenter ${handle.instanceUuid}, but the connection's url leads to ${here}`,
  };
}
