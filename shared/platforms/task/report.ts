import type { Observation } from '../../job/outcome.ts';
import type { Report, ReportedJob, ReportOutcome } from '../adapter.ts';
import { heartbeatBy, readHandle, type TaskHandle, writeHandle } from './handle.ts';

interface Rule {
  /** In words, for the docs and the refusal. */
  rule: string;
  breaks(report: Report, state: TaskHandle['state']): boolean;
}

/** What vim.Task's UpdateProgress and SetTaskState refuse with InvalidState. Source: vSphere API reference, Task. */
export const RULES: readonly Rule[] = [
  {
    rule: 'progress may be reported only while the task is running: report the state "running" first, or with it',
    breaks: ({ progress, state: reported }, state) => progress !== undefined && (reported ?? state) !== 'running',
  },
  {
    rule: 'a result goes with the state "success" only',
    breaks: ({ result, state }) => result !== undefined && state !== 'success',
  },
  {
    rule: 'a fault goes with the state "error" only',
    breaks: ({ fault, state }) => fault !== undefined && state !== 'error',
  },
];

/** The report as what a look would have seen. Every report is a sign of life. */
export function report(job: ReportedJob, told: Report, now: number): ReportOutcome {
  const before = readHandle(job.handle);
  const broken = RULES.find(({ breaks }) => breaks(told, before.state));
  if (broken) return { kind: 'refused', error: { code: 'InvalidState', message: `${broken.rule}.` } };

  if (told.state === 'success') return { ...said(told), kind: 'observed', status: 'SUCCEEDED' };
  if (told.state === 'error') return ended(told);
  const state = told.state ?? before.state;
  const handle: TaskHandle = { ...before, state, heartbeatAt: now };
  const lookBy = heartbeatBy(handle);
  return {
    ...said(told),
    kind: 'observed',
    status: state === 'running' ? 'RUNNING' : 'QUEUED',
    handle: writeHandle(handle),
    ...(lookBy !== undefined && { lookBy }),
    ...(state === 'running' && before.state === 'queued' && { startedAt: now }),
  };
}

function ended(told: Report): Observation {
  const fault = told.fault ?? { code: 'unknown', message: 'The worker reported an error without saying which.' };
  // As vCenter has it: the state error with this one fault is a cancellation.
  const status = fault.code === 'RequestCanceled' ? 'CANCELED' : 'FAILED';
  const { code, message, details } = fault;
  return { ...said(told), kind: 'observed', status, error: { code, message, ...(details && { details }) } };
}

function said({ progress, description, result }: Report): Partial<Observation> {
  return {
    ...(progress !== undefined && { progress: Math.min(100, Math.max(0, Math.round(progress))) }),
    ...(description !== undefined && { message: description }),
    ...(result !== undefined && { result }),
  };
}
