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

/** Without a time there is no heartbeat to wait for. */
export function readHandle({ state, cancelable, heartbeatSeconds, heartbeatAt }: Handle): TaskHandle {
  const beats = Number.isFinite(heartbeatAt) && Number.isFinite(heartbeatSeconds);
  return {
    state: state === 'running' ? 'running' : 'queued',
    cancelable: cancelable === true,
    heartbeatAt: Number.isFinite(heartbeatAt) ? Number(heartbeatAt) : 0,
    ...(beats && { heartbeatSeconds: Number(heartbeatSeconds) }),
  };
}

/** By when the next report must have come; `undefined` where none is asked for. */
export function heartbeatBy({ heartbeatSeconds, heartbeatAt }: TaskHandle): number | undefined {
  return heartbeatSeconds === undefined ? undefined : heartbeatAt + heartbeatSeconds * 1000;
}
