import type { JobError, JsonObject } from '../../job/job.ts';
import type { Observation } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import { isObject, morefOf } from './moref.ts';
import { type Items, itemsOf, itemText, partsOf } from './partial-success.ts';
import { tellsOfRestart } from './restart-words.ts';
import { BULK_FAULTS, faultClass, NOTHING_BEGAN, RETRYABLE, UNCERTAIN_FAULTS } from './task-faults.ts';
import { type Fault, faultChain, type TaskInfo } from './task-info.ts';

export interface Row {
  /** The row's condition in words, for the docs. */
  observation: string;
  when(info: TaskInfo, items: Items): boolean;
  status: Observation['status'];
  note: string;
}

const canceled = (fault: Fault | undefined) => fault?.type === 'RequestCanceled';

/** TaskInfo to status, first match wins. `cancelled` says that a cancel was requested, not that it happened. */
export const STATUS_TABLE: readonly Row[] = [
  {
    observation: 'queued',
    when: (info) => info.state === 'queued',
    status: 'QUEUED',
    note: 'no progress',
  },
  {
    observation: 'running',
    when: (info) => info.state === 'running',
    status: 'RUNNING',
    note: 'progress clamped to 0..100, absent where the task reports none',
  },
  {
    observation: 'success, and every item of the result failed',
    when: (info, items) => info.state === 'success' && items.failed.length > 0 && items.worked.length === 0,
    status: 'FAILED',
    note: 'the failed items are the parts',
  },
  {
    observation: 'success, and some items of the result failed',
    when: (info, items) => info.state === 'success' && items.failed.length > 0,
    status: 'PARTIALLY_SUCCEEDED',
    note: 'the items are the parts',
  },
  {
    observation: 'success',
    when: (info) => info.state === 'success',
    status: 'SUCCEEDED',
    note: 'even with cancelled=true (it finished first) or an error element',
  },
  {
    observation: 'error RequestCanceled',
    when: (info) => info.state === 'error' && canceled(info.error),
    status: 'CANCELED',
    note: 'whether or not cancelled=true',
  },
  {
    observation: 'error, cancelled=true, RequestCanceled among the causes',
    when: (info) => info.state === 'error' && info.cancelled && faultChain(info.error).some(canceled),
    status: 'CANCELED',
    note: '',
  },
  {
    observation: 'error',
    when: (info) => info.state === 'error',
    status: 'FAILED',
    note: 'whatever the fault, and without one',
  },
  {
    observation: 'any other state',
    when: () => true,
    status: 'RUNNING',
    note: 'not terminal; the message names the state',
  },
];

/** Methods of which an error leaves something behind: a VM without a result, half customised. */
const LEAVES_REMAINS = new Set(['CloneVM_Task', 'InstantClone_Task', 'CustomizeVM_Task']);

function leavesRemains(fault: Fault, method: string | undefined): boolean {
  return LEAVES_REMAINS.has(method ?? '') && !NOTHING_BEGAN.has(fault.type);
}

/** Never throws, always tells a status. Without the handle. */
export function observationOf(info: TaskInfo): Observation {
  const items = info.state === 'success' ? itemsOf(info) : { failed: [], worked: [] };
  const { status } = STATUS_TABLE.find((row) => row.when(info, items))!;
  const known = ['queued', 'running', 'success', 'error'].includes(info.state);
  const progress = status === 'SUCCEEDED' ? 100 : info.state === 'running' || !known ? clamp(info.progress) : undefined;
  const message = known ? info.description : `The server reports the task state "${info.state}", which is not known`;
  const parts = partsOf(items);
  const created = status === 'SUCCEEDED' ? morefOf(info.result) : undefined;
  const error = errorOf(status, info, items);
  const { queueTime, startTime, completeTime } = info;
  return {
    kind: 'observed',
    status,
    ...(progress !== undefined && { progress }),
    ...(message !== undefined && { message }),
    ...(parts.length > 0 && { parts }),
    ...(created && { resource: { type: created.type, id: created.value } }),
    ...(info.state === 'success' && info.result !== undefined && { result: info.result }),
    ...(error && { error }),
    ...(startTime !== undefined && { startedAt: startTime }),
    ...(completeTime !== undefined && { completedAt: completeTime }),
    ...(completeTime !== undefined && queueTime !== undefined && { tookSeconds: (completeTime - queueTime) / 1000 }),
  };
}

/** From -5 to 150 has been seen; the API promises 0 to 100. */
function clamp(progress: number | undefined): number | undefined {
  return progress === undefined ? undefined : Math.min(100, Math.max(0, Math.round(progress)));
}

function errorOf(status: Observation['status'], info: TaskInfo, items: Items): JobError | undefined {
  if (items.failed.length > 0) return itemsError(items);
  return status === 'FAILED' || status === 'CANCELED' ? faultError(info.error, info.name) : undefined;
}

/** A few are named, all of them are parts. */
function itemsError({ failed, worked }: Items): JobError {
  const first = failed[0]!;
  const shown = failed.slice(0, 20).map(({ id, fault }) => ({ id, code: fault.type, message: itemText(fault) }));
  return {
    code: first.fault.type,
    message: `${failed.length} of ${failed.length + worked.length} items failed; the first: ${first.fault.message ?? first.fault.type}`,
    details: { failedItems: shown },
  };
}

/** A task's fault, or a fault thrown instead of a task, as the job's error. */
export function faultError(fault: Fault | undefined, method?: string): JobError {
  if (!fault) return { code: 'unknown', message: 'The task ended in error without saying why' };
  const kind = faultClass(fault);
  const retryable = RETRYABLE[kind];
  const bulk = BULK_FAULTS.has(fault.type);
  const types = faultChain(fault).map((it) => it.type);
  const causes = types.slice(1);
  const uncertain = bulk || types.some((it) => UNCERTAIN_FAULTS.has(it)) || leavesRemains(fault, method);
  const isEndUnseen = (uncertain && kind !== 'canceled') || tellsOfRestart(fault.message ?? '');
  const details: JsonObject = {
    ...smallFields(fault.fields),
    ...(bulk && { partialEffects: true }),
    ...(causes.length > 0 && { causes }),
    ...(alreadyThere(fault) && { alreadyInDesiredState: true }),
  };
  return {
    code: fault.type,
    message: fault.message ?? `The task ended with ${fault.type}`,
    ...(retryable !== undefined && { retryable }),
    ...(isEndUnseen && { outcomeUncertain: true }),
    ...(Object.keys(details).length > 0 && { details }),
  };
}

/** Several clients take this for success. We do not: the platform said error, and somebody else may have done it. */
function alreadyThere({ type, fields }: Fault): boolean {
  return (
    type === 'InvalidPowerState' &&
    fields.requestedState !== undefined &&
    fields.requestedState === fields.existingState
  );
}

/** Scalars and references; of the rest of a bulk fault the count, for its items can be thousands. */
function smallFields(fields: JsonObject): JsonObject {
  const small = Object.entries(fields)
    .slice(0, 20)
    .map(([name, value]) => {
      if (Array.isArray(value)) return [name, { count: value.length }] as const;
      if (typeof value === 'string') return [name, shortened(value, 500)] as const;
      return [name, isObject(value) ? (morefOf(value) ?? null) : value] as const;
    });
  return Object.fromEntries(small.filter(([, value]) => value !== null));
}
