import type { Observation } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import { observationOf, STATUS_TABLE } from '../vsphere/mapping.ts';
import type { TaskInfo } from '../vsphere/task-info.ts';
import { adapterFault } from './adapter-errors.ts';
import type { AdapterResponse } from './adapter-response.ts';
import { callFault, type Fault } from './errors.ts';
import { taskInfoOfAdapter } from './task-info.ts';

/** What the adapter leaves out of a TaskInfo, or writes otherwise. The rest is vSphere's own table. */
interface Supplement {
  observation: string;
  when(info: TaskInfo): boolean;
  status: 'CANCELED';
  note: string;
  supplied(info: TaskInfo): TaskInfo['error'] & {};
}

export const SUPPLEMENTS: readonly Supplement[] = [
  {
    observation: 'error, cancelled=true, no fault in the answer',
    when: (info) => info.state === 'error' && info.cancelled && info.error === undefined,
    status: 'CANCELED',
    note: 'assumed: the adapter may leave the fault out',
    supplied: () => ({
      type: 'RequestCanceled',
      message: 'A cancel was requested, and the task ended in error without a fault',
      fields: { assumed: true },
    }),
  },
  {
    observation: 'error with a text "canceled by a user"',
    when: ({ state, error }) =>
      state === 'error' && NAMELESS.has(error?.type ?? '') && /cancell?ed by (a|the) user/i.test(error?.message ?? ''),
    status: 'CANCELED',
    note: 'the text stands in for the name of the fault',
    supplied: ({ error }) => ({ ...error, type: 'RequestCanceled', fields: {} }),
  },
];

const NAMELESS = new Set(['unknown', 'MethodFault']);

/** The last row of vSphere's table is for newer words; behind an adapter such a word is no state at all. */
const STATES = new Set(['queued', 'running', 'success', 'error']);

export const STATES_FOR_DOCS = [...SUPPLEMENTS, ...STATUS_TABLE.filter((row) => row.observation !== 'any other state')];

/** A task's info, or why there is none: then the answer says nothing about the task. */
export type Told =
  | { kind: 'info'; info: TaskInfo }
  | { kind: 'fault'; fault: Fault }
  | { kind: 'absent'; message: string };

/** In the order of the layers: could the adapter ask; is there a task in the answer; is it the one asked for. */
export function taskOf(response: AdapterResponse, task: string, call: string): Told {
  const { status, explanation, infos, tasks } = response;
  // `warning` exists in other adapters of the family: a failure, unless it comes with what was asked for.
  const asked = status === 'success' || (status !== 'error' && infos.length > 0);
  if (!asked) return { kind: 'fault', fault: adapterFault(explanation || `status ${status || 'absent'}`, call, task) };
  const own = infos.find(({ ids }) => ids.length > 0 && ids.every((id) => id === task));
  // Its id may stand beside the TaskInfo only.
  if (own) return { kind: 'info', info: { ...supplement(taskInfoOfAdapter(own.element)), key: task } };
  const others = [...new Set([...infos.flatMap(({ ids }) => ids), ...tasks])].filter((id) => id !== task);
  if (infos.length > 0 || others.length > 0) {
    const about = others.length > 0 ? others.slice(0, 5).join(', ') : 'a task without an id';
    return { kind: 'fault', fault: callFault('OtherTask', call, `asked for ${task}, the answer is about ${about}`) };
  }
  if (!response.isTaskStatus) return { kind: 'fault', fault: callFault('NotATaskStatus', call) };
  return { kind: 'absent', message: `${call}: vCenter has nothing to tell about ${task}` };
}

function supplement(info: TaskInfo): TaskInfo {
  const row = SUPPLEMENTS.find((it) => it.when(info));
  return row ? { ...info, error: row.supplied(info) } : info;
}

/** Without the handle. */
export function outcomeOf(info: TaskInfo, call: string): Observation | Fault {
  if (!STATES.has(info.state)) return callFault('UnknownState', call, shortened(info.state, 40));
  const observation = observationOf(info);
  const cancelRequested = info.state === 'running' && info.cancelled && observation.message === undefined;
  return cancelRequested ? { ...observation, message: 'A cancel was requested' } : observation;
}
