import type { SubmitIntent } from '../../job/job.ts';
import { element, type XmlNode } from '../../xml/write.ts';
import type { CallOptions, SubmitOutcome } from '../adapter.ts';
import { isArgumentsError } from './arguments.ts';
import { enriched, type TaskHandle } from './handle.ts';
import { isObject, type MoRef, morefNode } from './moref.ts';
import type { NewTask } from './request.ts';
import type { Session } from './session.ts';
import { envelope, SoapFault } from './soap.ts';
import { submitFailure } from './submit.ts';
import { taskInfoFromXml } from './task-info.ts';

const METHOD = 'CreateTask';

/**
 * TaskManager.CreateTask, once: a queued task that the caller's worker reports on. It answers with a TaskInfo, not with a
 * reference, and refuses (InvalidArgument) a type that no extension has registered.
 */
export async function createTask(
  session: Session,
  target: MoRef,
  task: NewTask,
  intent: SubmitIntent | undefined,
  sentAt: number,
  { signal }: CallOptions,
): Promise<SubmitOutcome> {
  const parameters = parametersOf(target, task, intent);
  try {
    // Written once before anything is sent, for a forbidden character is found only then.
    envelope(METHOD, target, parameters);
  } catch (error) {
    if (!isArgumentsError(error)) throw error;
    return { kind: 'refused', error: { code: 'InvalidArguments', message: error.message, retryable: false } };
  }
  try {
    return await session.run(signal, async (live): Promise<SubmitOutcome> => {
      const { taskManager, instanceUuid } = live.content;
      if (!taskManager) return NO_TASK_MANAGER;
      const [returned] = await live.call(METHOD, taskManager, parameters, {
        fresh: true,
        ...(typeof intent?.jobId === 'string' && { operationId: `pollux-${intent.jobId}` }),
      });
      const info = returned && taskInfoFromXml(returned);
      if (!info?.key) return NO_TASK;
      const handle: TaskHandle = { task: info.key, taskTypeId: task.taskTypeId, target, sentAt };
      return {
        kind: 'accepted',
        handle: enriched(handle, info, instanceUuid) ?? handle,
        platformJobId: info.key,
      };
    });
  } catch (error) {
    const outcome = submitFailure(error, METHOD, target);
    if (outcome.kind !== 'refused' || !isUnknownType(error)) return outcome;
    const message = `${outcome.error.message}: no extension of this vCenter has registered the task type "${task.taskTypeId}"`;
    return { ...outcome, error: { ...outcome.error, message } };
  }
}

/** In declared order. The intent's token is the one by which a lost task is found again. */
function parametersOf(target: MoRef, task: NewTask, intent: SubmitIntent | undefined): XmlNode[] {
  const { taskTypeId, initiatedBy, cancelable = false, parentTaskKey } = task;
  const noted = isObject(intent?.task) ? intent.task.activationId : undefined;
  const activationId = typeof noted === 'string' ? noted : task.activationId;
  const optional = (name: string, value: string | undefined) => (value === undefined ? [] : [element(name, {}, value)]);
  return [
    morefNode('obj', target),
    element('taskTypeId', {}, taskTypeId),
    ...optional('initiatedBy', initiatedBy),
    element('cancelable', {}, String(cancelable)),
    ...optional('parentTaskKey', parentTaskKey),
    ...optional('activationId', activationId),
  ];
}

/** Servers name the parameter (`taskType`) or nothing; `obj` would be another mistake. */
function isUnknownType(error: unknown): boolean {
  if (!(error instanceof SoapFault) || error.fault.type !== 'InvalidArgument') return false;
  const { invalidProperty } = error.fault.fields;
  return typeof invalidProperty !== 'string' || /taskType/i.test(invalidProperty);
}

const NO_TASK_MANAGER: SubmitOutcome = {
  kind: 'refused',
  error: { code: 'NotSupported', message: 'This server has no TaskManager, so no task can be made', retryable: false },
};

const NO_TASK: SubmitOutcome = {
  kind: 'unknown',
  error: { code: 'NoTask', message: `${METHOD} was answered without a task`, outcomeUncertain: true },
};
