import type { Handle } from '../../job/job.ts';

/** All that is known of a task beside what its job shows. */
export interface TaskHandle {
  state: 'queued' | 'running';
  cancelable: boolean;
  heartbeatSeconds?: number;
  /** Epoch ms of the last report, or of the submit. */
  heartbeatAt: number;
}

export function writeHandle({ state, cancelable, heartbeatSeconds, heartbeatAt }: TaskHandle): Handle {
  return { state, cancelable, heartbeatAt, ...(heartbeatSeconds !== undefined && { heartbeatSeconds }) };
}

/** Written by this adapter only, so its shape is known. */
export function readHandle(handle: Handle): TaskHandle {
  return handle as unknown as TaskHandle;
}

/** By when the next report must have come; `undefined` where none is asked for. */
export function heartbeatBy({ heartbeatSeconds, heartbeatAt }: TaskHandle): number | undefined {
  return heartbeatSeconds === undefined ? undefined : heartbeatAt + heartbeatSeconds * 1000;
}
