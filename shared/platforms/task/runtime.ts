import type { AdapterRuntime } from '../adapter.ts';
import { check } from './check.ts';
import { heartbeatBy, readHandle, type TaskHandle, writeHandle } from './handle.ts';
import type { TaskOptions } from './options.ts';
import { report } from './report.ts';
import type { TaskRequest } from './request.ts';

/** Jobs without a remote: a worker reports on them, with the semantics of vim.Task. */
export const runtime: AdapterRuntime<TaskOptions, TaskRequest> = {
  platform: 'task',
  capabilities: { cancel: true, batchCheck: true, report: true },
  bounds: {
    maxGapSeconds: 86_400,
    // A look learns nothing but that a heartbeat is missing, and `lookBy` says when that can be.
    minGapSeconds: 86_400,
    // The job is the task: it cannot be unknown.
    creationGraceSeconds: 0,
    notFoundGraceSeconds: 0,
    findSubmittedSeconds: 0,
  },
  connect: ({ now }) => ({
    intent: () => undefined,
    async submit({ cancelable = false, heartbeatSeconds }) {
      const task: TaskHandle = {
        state: 'queued',
        cancelable,
        heartbeatAt: now(),
        ...(heartbeatSeconds !== undefined && { heartbeatSeconds }),
      };
      const lookBy = heartbeatBy(task);
      return { kind: 'accepted', handle: writeHandle(task), ...(lookBy !== undefined && { lookBy }) };
    },
    adopt() {
      throw new Error('a task cannot be adopted: its schema refuses that');
    },
    check: async (jobs) => check(jobs, now()),
    // The request is recorded with the job, where the worker sees it.
    async cancel({ handle }) {
      if (readHandle(handle).cancelable) return { kind: 'accepted' };
      return {
        kind: 'refused',
        error: { code: 'NotSupported', message: 'The task was submitted without "cancelable": true.' },
      };
    },
    report: async (job, told, { now: at }) => report(job, told, at),
    // Nobody to ask.
    probe: async () => undefined,
  }),
};
