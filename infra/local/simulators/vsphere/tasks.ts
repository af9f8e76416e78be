import { element, type XmlNode } from '../../../../shared/xml/write.ts';
import { localizedFault, type MoRef, moref, notFound, VimFault } from './soap.ts';

/** What a method that returns a task is about to do. Times in milliseconds. */
export interface Work {
  method: string;
  descriptionId: string;
  entity: MoRef;
  entityName: string;
  user: string;
  queueMs: number;
  /** Infinity: until it is canceled. */
  runMs: number;
  cancelable: boolean;
  reportsProgress: boolean;
  /** Made by CreateTask: a client moves it, the time does not. */
  driven?: Driven;
  /** Carries the work out at its end. Throws the `VimFault` that the task ends with, else returns its result. */
  finish(): XmlNode | undefined;
}

/** What a client has said of its task. */
export interface Driven {
  parentTaskKey?: string | undefined;
  activationId?: string | undefined;
  progress?: number;
  description?: XmlNode;
}

export interface Task extends Work {
  id: string;
  chain: number;
  queuedAt: number;
  startAt: number;
  endAt: number;
  canceled: boolean;
  started: boolean;
  end?: End & { at: number };
}

/** How a task ended. A client may say that its task failed without saying why. */
interface End {
  result?: XmlNode | undefined;
  fault?: VimFault;
  failed?: boolean;
}

/** Time from CancelTask to the end of the task. */
const CANCEL_MS = 50;
/** Rows of the history that are kept. */
const HISTORY = 50_000;

/** Tasks whose state is a function of the time: no timers, so thousands cost nothing while nobody looks. */
export class Tasks {
  readonly #tasks = new Map<string, Task>();
  readonly #open = new Set<Task>();
  readonly #history: Task[] = [];
  readonly #retainMs: number;
  #lastId = 500;
  #finished: Task[] = [];

  constructor(retainMs: number) {
    this.#retainMs = retainMs;
  }

  start(work: Work, now: number): Task {
    const id = `task-${++this.#lastId}`;
    const task: Task = {
      ...work,
      id,
      chain: this.#lastId * 10,
      queuedAt: now,
      startAt: now + work.queueMs,
      endAt: now + work.queueMs + work.runMs,
      canceled: false,
      started: false,
    };
    this.#tasks.set(id, task);
    this.#open.add(task);
    this.#history.push(task);
    if (this.#history.length > HISTORY) this.#history.shift();
    return task;
  }

  get(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  /** A task that has not ended and works on this entity. */
  busyOn(entity: MoRef): Task | undefined {
    for (const task of this.#open) if (task.entity.value === entity.value && !task.driven) return task;
    return undefined;
  }

  recent(): Task[] {
    return [...this.#tasks.values()];
  }

  history(): readonly Task[] {
    return this.#history;
  }

  /** The row of the history stays as it is: a task that was running is stale there for ever. */
  forget(id: string): void {
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    if (task) this.#open.delete(task);
  }

  cancel(id: string, now: number): void {
    const task = this.#tasks.get(id);
    if (!task) throw notFound({ type: 'Task', value: id });
    if (task.end) throw new VimFault('InvalidState', 'The operation is not allowed in the current state.');
    if (!task.cancelable) throw new VimFault('NotSupported', 'The operation is not supported on the object.');
    task.canceled = true;
    // The client that moves the task must notice.
    if (task.driven) return;
    task.endAt = Math.min(task.endAt, now + CANCEL_MS);
  }

  /** Ends a task that a client moves. */
  end(task: Task, now: number, end: End): void {
    task.end = { at: now, ...end };
    this.#open.delete(task);
    this.#finished.push(task);
  }

  /** Brings all tasks up to date, in the order in which they end, and drops those that have been over for long. */
  settle(now: number): void {
    const due: Task[] = [];
    for (const task of this.#open) {
      if (task.driven) continue;
      if (now >= task.startAt && !task.canceled) task.started = true;
      if (now >= task.endAt) due.push(task);
    }
    for (const task of due.sort((a, b) => a.endAt - b.endAt)) {
      task.end = { at: task.endAt, ...outcome(task) };
      this.#open.delete(task);
      this.#finished.push(task);
    }
    const kept = this.#finished.findIndex((task) => task.end!.at + this.#retainMs > now);
    const gone = this.#finished.splice(0, kept < 0 ? this.#finished.length : kept);
    for (const task of gone) this.#tasks.delete(task.id);
  }
}

function outcome(task: Task): End {
  if (task.canceled) return { fault: new VimFault('RequestCanceled', 'The task was canceled by a user.') };
  try {
    return { result: task.finish() };
  } catch (error) {
    if (error instanceof VimFault) return { fault: error };
    throw error;
  }
}

export function stateOf(task: Task): string {
  if (task.end) return task.end.fault || task.end.failed ? 'error' : 'success';
  return task.started ? 'running' : 'queued';
}

/** Steps of five, as vCenter's tasks move; never 100 before the end. */
function progressOf(task: Task, now: number): number | undefined {
  if (task.driven) return stateOf(task) === 'queued' ? undefined : task.driven.progress;
  if (!task.reportsProgress || stateOf(task) !== 'running') return undefined;
  if (task.runMs === Number.POSITIVE_INFINITY) return 50;
  const share = (now - task.startAt) / Math.max(1, task.endAt - task.startAt);
  return Math.min(95, Math.max(0, Math.floor(share * 20) * 5));
}

/** With nine fraction digits, as real servers may send. */
function dateTime(name: string, at: number): XmlNode {
  return element(name, {}, new Date(at).toISOString().replace('Z', '123456Z'));
}

function optional(name: string, value: string | undefined): XmlNode | undefined {
  return value === undefined ? undefined : element(name, {}, value);
}

/** The properties of TaskInfo in wire order. */
export function infoNodes(task: Task, now: number): XmlNode[] {
  const state = stateOf(task);
  const progress = progressOf(task, now);
  const { end, driven } = task;
  const nodes: (XmlNode | undefined)[] = [
    element('key', {}, task.id),
    moref('task', { type: 'Task', value: task.id }),
    driven?.description,
    driven ? undefined : element('name', {}, task.method),
    element('descriptionId', {}, task.descriptionId),
    moref('entity', task.entity),
    element('entityName', {}, task.entityName),
    state === 'running' && !driven ? moref('locked', task.entity) : undefined,
    element('state', {}, state),
    element('cancelled', {}, String(task.canceled)),
    element('cancelable', {}, String(task.cancelable)),
    end?.fault && localizedFault('error', end.fault),
    end?.result,
    progress === undefined ? undefined : element('progress', {}, String(progress)),
    element('reason', { 'xsi:type': 'TaskReasonUser' }, element('userName', {}, task.user)),
    dateTime('queueTime', task.queuedAt),
    task.started ? dateTime('startTime', task.startAt) : undefined,
    end && dateTime('completeTime', end.at),
    element('eventChainId', {}, String(task.chain)),
    optional('parentTaskKey', driven?.parentTaskKey),
    optional('activationId', driven?.activationId),
  ];
  return nodes.filter((node) => node !== undefined);
}
