import type { Handle } from '../../job/job.ts';
import { isId, type MoRef, morefOf, sameMoRef, showMoRef } from './moref.ts';
import type { TaskInfo } from './task-info.ts';

/**
 * What identifies a task. The id alone does not: `task-42` exists on every vCenter and may be given out again after a
 * restore. What was not known at the submit is learned from the first look, because the history cannot be asked by task id.
 */
export type TaskHandle = {
  task: string;
  /** Which vCenter made it; ESXi has none. */
  instanceUuid?: string;
  /** Submits only: on what it was called, and when, by our own clock. */
  target?: MoRef;
  sentAt?: number;
  /** Only where Pollux made the task with CreateTask, so that it is reported on: the type it was made with. */
  taskTypeId?: string;
  /** From TaskInfo: its entity, when it was queued by the server's clock, and the key of its events. */
  entity?: MoRef;
  queueTime?: number;
  eventChainId?: number;
};

export function readHandle(handle: Handle): TaskHandle | undefined {
  if (!isId(handle.task)) return undefined;
  const target = morefOf(handle.target);
  const entity = morefOf(handle.entity);
  return {
    task: handle.task,
    ...(isId(handle.instanceUuid) && { instanceUuid: handle.instanceUuid }),
    ...(target && { target }),
    ...(isNumber(handle.sentAt) && { sentAt: handle.sentAt }),
    ...(isId(handle.taskTypeId) && { taskTypeId: handle.taskTypeId }),
    ...(entity && { entity }),
    ...(isNumber(handle.queueTime) && { queueTime: handle.queueTime }),
    ...(isNumber(handle.eventChainId) && { eventChainId: handle.eventChainId }),
  };
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** The handle with what this look told for the first time, or nothing if it told nothing new. */
export function enriched(handle: TaskHandle, info: TaskInfo, instanceUuid: string | undefined): TaskHandle | undefined {
  const seen = { instanceUuid, entity: info.entity, queueTime: info.queueTime, eventChainId: info.eventChainId };
  const news = Object.entries(seen).filter(
    ([name, value]) => value !== undefined && handle[name as keyof TaskHandle] === undefined,
  );
  return news.length === 0 ? undefined : { ...handle, ...Object.fromEntries(news) };
}

/** The history may keep times with fewer digits than the live task. */
const SAME_TIME_MS = 2000;

/** On ESXi it is not documented that the key of a task is the value of its reference. */
export function isAbout(info: TaskInfo, task: string): boolean {
  return info.key === task || info.task?.value === task;
}

/** Why this cannot be the task of the handle, or nothing. */
export function contradiction(handle: TaskHandle, info: TaskInfo): string | undefined {
  if (!isAbout(info, handle.task)) return `the answer is about ${info.key || 'no task'}`;
  if (handle.entity && info.entity && !sameMoRef(handle.entity, info.entity)) {
    return `it works on ${showMoRef(info.entity)}, ours on ${showMoRef(handle.entity)}`;
  }
  const { queueTime } = handle;
  if (queueTime !== undefined && info.queueTime !== undefined && Math.abs(queueTime - info.queueTime) > SAME_TIME_MS) {
    return `it was queued at ${new Date(info.queueTime).toISOString()}, ours at ${new Date(queueTime).toISOString()}`;
  }
  return undefined;
}
