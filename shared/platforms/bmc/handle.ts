import type { Handle } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import type { BmcOptions } from './options.ts';

/** Which vCenter: ids of tasks are unique for one only, and are given out anew after it was rebuilt. */
export type Place = { adapter: string; soapUrl?: string };

/** A vCenter task. `queueTime`, by the server's clock, is learned from the first look and tells it from a later namesake. */
export type TaskHandle = Place & { task: string; queueTime?: number };

/** A workflow that is to start the task and has not ended yet. */
export type WorkflowHandle = Place & { workflow: string };

export function placeOf({ adapter, soapUrl }: BmcOptions): Place {
  return { adapter, ...(soapUrl !== undefined && { soapUrl }) };
}

/** The id of a vCenter task, as the adapter writes it. */
export const TASK_ID = /^[\w:.-]{1,200}$/;
/** As the platform gave it; it becomes a part of an address. */
const WORKFLOW_ID = /^[^\p{Cc}\p{Cs}]{1,300}$/u;

export function readHandle(handle: Handle): TaskHandle | WorkflowHandle | undefined {
  const { adapter, soapUrl, task, workflow, queueTime } = handle;
  if (typeof adapter !== 'string') return undefined;
  const place: Place = { adapter, ...(typeof soapUrl === 'string' && { soapUrl }) };
  if (typeof task === 'string' && TASK_ID.test(task))
    return { ...place, task, ...(typeof queueTime === 'number' && Number.isFinite(queueTime) && { queueTime }) };
  return typeof workflow === 'string' && WORKFLOW_ID.test(workflow) ? { ...place, workflow } : undefined;
}

/** The same id at another vCenter is a stranger's task. Nothing is asked: the answer would look valid. */
export function elsewhere(handle: Place, here: Place): CheckFailure | undefined {
  if (handle.adapter === here.adapter && handle.soapUrl === here.soapUrl) return undefined;
  const show = ({ adapter, soapUrl }: Place) =>
    (soapUrl === undefined ? adapter : `${adapter} for ${soapUrl}`).slice(0, 300);
  return {
    kind: 'permanent',
    code: 'OtherServer',
    message: `The job was started through ${show(handle)}, but the connection now names ${show(here)}: its task ids mean other tasks there`,
  };
}
