import type { CallOptions, CancelOutcome, JobRef } from '../adapter.ts';
import { callFault } from './faults.ts';
import { readHandle } from './handle.ts';
import { otherServer } from './look.ts';
import type { Session } from './session.ts';
import { lookFailure, NotSoap, SoapFault } from './soap.ts';
import { vanishedTask } from './vanishing.ts';

/**
 * CancelTask. An empty answer means that the request is noted, not that the task has ended; several requests are one.
 * InvalidState is good news (it has ended: look at it), NotSupported says that this task cannot be canceled.
 */
export async function cancel(session: Session, job: JobRef, { signal }: CallOptions): Promise<CancelOutcome> {
  const handle = readHandle(job.handle);
  if (!handle) return { kind: 'permanent', code: 'BadHandle', message: "The job's handle names no task" };
  try {
    return await session.run(signal, async (live): Promise<CancelOutcome> => {
      const stranger = await otherServer(live, handle);
      if (stranger) return stranger;
      await live.call('CancelTask', { type: 'Task', value: handle.task }, []);
      return { kind: 'accepted' };
    });
  } catch (error) {
    const failure = lookFailure(error);
    const meaning = meaningOf(error, handle.task, failure.kind);
    if (meaning === 'over') return { kind: 'over' };
    if (meaning !== 'refused') return { ...failure, kind: meaning };
    const message = `The platform says that this task cannot be canceled: ${failure.message}`;
    return { kind: 'refused', error: { code: failure.code, message, retryable: false } };
  }
}

function meaningOf<Other>(error: unknown, task: string, other: Other) {
  if (error instanceof SoapFault) {
    const { cancel } = callFault(error.fault.type);
    // What is gone may be another object than the task; then nothing is known of the task's end.
    const isOtherGone =
      error.fault.type === 'ManagedObjectNotFound' && !['', task].includes(vanishedTask(error.fault) ?? '-');
    return isOtherGone ? 'transient' : cancel;
  }
  return error instanceof NotSoap ? error.cancel : other;
}
