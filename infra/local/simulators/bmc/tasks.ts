import { element, type XmlNode } from '../../../../shared/xml/write.ts';

/** A vSphere fault as the adapter shows it: an element named after its type. */
export interface TaskFault {
  type: string;
  message: string;
  fields?: Record<string, string>;
}

export interface Work {
  /** WSDL name of the vSphere method: `PowerOffVM_Task`. */
  method: string;
  descriptionId: string;
  /** Display name: the adapter does not show the id. */
  vm: string;
  queueMs: number;
  /** Infinity: for ever. */
  runMs: number;
  fault?: TaskFault;
}

interface Task extends Work {
  id: string;
  queuedAt: number;
  cancelRequested: boolean;
  /** Where a cancel took effect. */
  canceledAt?: number;
  /** The adapter leaves the fault of a canceled task out. */
  withoutFault?: boolean;
}

/** vCenter's tasks. Their state is a function of the time, so thousands cost nothing while nobody looks. */
export function taskTable(now: () => number) {
  const tasks = new Map<string, Task>();
  let lastId = 700;

  const endOf = (task: Task) => task.canceledAt ?? task.queuedAt + task.queueMs + task.runMs;
  const stateOf = (task: Task) => {
    if (now() >= endOf(task)) return task.canceledAt !== undefined || task.fault ? 'error' : 'success';
    return now() >= task.queuedAt + task.queueMs ? 'running' : 'queued';
  };

  return {
    start(work: Work): string {
      const id = `task-${++lastId}`;
      tasks.set(id, { ...work, id, queuedAt: now(), cancelRequested: false });
      return id;
    },
    forget(id: string): void {
      tasks.delete(id);
    },
    /** Somebody cancels the task at vCenter. `takesEffect` false: a request only, as with a task that cannot be canceled. */
    cancel(id: string, { takesEffect = true, withoutFault = false } = {}): void {
      const task = tasks.get(id);
      if (!task) return;
      task.cancelRequested = true;
      task.withoutFault = withoutFault;
      if (takesEffect) task.canceledAt = now();
    },
    /** TaskInfo as the adapter writes it; nothing for a task that vCenter does not know (any more). */
    describe(id: string): XmlNode | undefined {
      const task = tasks.get(id);
      return task && infoNode(task, stateOf(task), now(), endOf(task));
    },
  };
}

export type TaskTable = ReturnType<typeof taskTable>;

function infoNode(task: Task, state: string, now: number, endsAt: number): XmlNode {
  const startedAt = task.queuedAt + task.queueMs;
  const over = state === 'success' || state === 'error';
  const progress = task.runMs === Number.POSITIVE_INFINITY ? 50 : Math.floor(((now - startedAt) / task.runMs) * 20) * 5;
  const fault: TaskFault | undefined =
    task.canceledAt !== undefined
      ? { type: 'RequestCanceled', message: 'The task was canceled by a user.' }
      : task.fault;
  return element(
    'TaskInfo',
    {},
    element('key', {}, task.id),
    element('Task', {}, task.id),
    element('name', {}, task.method),
    element('descriptionId', {}, task.descriptionId),
    element('VirtualMachine', {}, task.vm),
    element('entityName', {}, task.vm),
    // What is locked repeats the entity, and only while it runs.
    state === 'running' ? element('VirtualMachine', {}, task.vm) : undefined,
    element('state', {}, state),
    element('cancelled', {}, String(task.cancelRequested)),
    element('cancelable', {}, String(!over)),
    state === 'error' && fault && !task.withoutFault ? errorNode(fault) : undefined,
    state === 'running' ? element('progress', {}, String(Math.min(95, Math.max(0, progress)))) : undefined,
    element('TaskReasonUser', {}, element('userName', {}, 'bmc')),
    element('queueTime', {}, new Date(task.queuedAt).toISOString()),
    state === 'queued' ? undefined : element('startTime', {}, new Date(startedAt).toISOString()),
    over ? element('completeTime', {}, new Date(endsAt).toISOString()) : undefined,
    element('eventChainId', {}, '801'),
  );
}

function errorNode({ type, message, fields = {} }: TaskFault): XmlNode {
  const inner = Object.entries(fields).map(([name, value]) => element(name, {}, value));
  return element('error', {}, element(type, {}, ...inner), element('localizedMessage', {}, message));
}
