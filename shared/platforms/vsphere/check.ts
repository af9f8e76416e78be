import { HttpFailure } from '../../http/client.ts';
import type { CheckFailure, CheckOutcome } from '../../job/outcome.ts';
import type { CallOptions, JobRef } from '../adapter.ts';
import { contradiction, readHandle, type TaskHandle } from './handle.ts';
import { type Look, observe, otherServer } from './look.ts';
import { type ObjectContent, proveAlive, retrieve } from './properties.ts';
import { isExpiry, type Live, type Session } from './session.ts';
import { lookFailure, NotSoap } from './soap.ts';
import { type Fault, type TaskInfo, taskInfoFromXml, taskInfoOf } from './task-info.ts';
import { jsonOf } from './values.ts';
import { findVanished, type Vanished } from './vanished.ts';

/** One call asks about all. An answer has 1 to 2 KB a task and we read 8 MiB at most, so above this there is a second call. */
const TASKS_PER_CALL = 1000;

/** One outcome for each job. */
export async function check(
  session: Session,
  jobs: readonly JobRef[],
  { signal }: CallOptions,
): Promise<Map<string, CheckOutcome>> {
  const outcomes = new Map<string, CheckOutcome>();
  const looks: Look[] = [];
  for (const job of jobs) {
    const handle = readHandle(job.handle);
    if (handle) looks.push({ job, handle });
    else outcomes.set(job.id, { kind: 'permanent', code: 'BadHandle', message: "The job's handle names no task" });
  }
  for (let at = 0; at < looks.length; at += TASKS_PER_CALL) {
    const some = looks.slice(at, at + TASKS_PER_CALL);
    try {
      const told = await session.run(signal, (live) => checkSome(live, some));
      for (const [id, outcome] of told) outcomes.set(id, outcome);
    } catch (error) {
      const failure = lookFailure(error);
      for (const { job } of some) outcomes.set(job.id, failure);
    }
  }
  return outcomes;
}

async function checkSome(live: Live, looks: readonly Look[]): Promise<Map<string, CheckOutcome>> {
  const outcomes = new Map<string, CheckOutcome>();
  const here = looks.filter(({ job, handle }) => {
    const stranger = otherServer(live, handle);
    if (stranger) outcomes.set(job.id, stranger);
    return !stranger;
  });
  if (here.length === 0) return outcomes;

  const tasks = await readTasks(live, [...new Set(here.map(({ handle }) => handle.task))]);
  const vanished: Vanished[] = [];
  for (const look of here) {
    const task = tasks.get(look.handle.task);
    const stranger = task && 'info' in task ? contradiction(look.handle, task.info) : undefined;
    if (task === undefined) vanished.push({ ...look, reason: 'the server does not know it' });
    else if (stranger !== undefined) vanished.push({ ...look, reason: `the id is another task's now: ${stranger}` });
    else
      outcomes.set(
        look.job.id,
        'info' in task ? observe(live, look.handle, task.info) : unreadable(look.handle, task.fault),
      );
  }
  if (vanished.length === 0) return outcomes;

  for (const [id, outcome] of await lookBack(live, vanished)) outcomes.set(id, outcome);
  return outcomes;
}

/** What goes wrong here must not cost what was learned about the others, unless the session is dead: then nothing was. */
async function lookBack(live: Live, vanished: readonly Vanished[]): Promise<Map<string, CheckOutcome>> {
  try {
    await proveAlive(live);
    return await findVanished(live, vanished);
  } catch (error) {
    if (isExpiry(error)) throw error;
    const failure = lookFailure(error);
    return new Map(vanished.map(({ job }) => [job.id, failure]));
  }
}

function unreadable(handle: TaskHandle, fault: Fault): CheckFailure {
  const security = ['NoPermission', 'InvalidProperty', 'SecurityError'].includes(fault.type);
  return {
    kind: security ? 'permanent' : 'transient',
    code: fault.type,
    message: `${handle.task} exists, but its info cannot be read: ${fault.message ?? fault.type}`,
  };
}

type Read = { info: TaskInfo } | { fault: Fault };

/**
 * The tasks that exist, by id. A result can have megabytes (SearchDatastore_Task): an answer that is too large is asked for
 * in halves, and a single task that still is too large is read without its result.
 */
async function readTasks(live: Live, ids: readonly string[]): Promise<Map<string, Read>> {
  try {
    return tasksOf(await readPaths(live, ids, ['info']), (it) => {
      const value = it.values.get('info');
      return value && taskInfoFromXml(value);
    });
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    if (ids.length === 1) return tasksOf(await readPaths(live, ids, WITHOUT_RESULT), infoFromPaths);
    const middle = Math.ceil(ids.length / 2);
    const first = await readTasks(live, ids.slice(0, middle));
    return new Map([...first, ...(await readTasks(live, ids.slice(middle)))]);
  }
}

function readPaths(live: Live, ids: readonly string[], paths: readonly string[]): Promise<ObjectContent[]> {
  return retrieve(live, { type: 'Task', paths, objects: ids.map((value) => ({ type: 'Task', value })) });
}

function tasksOf(
  found: readonly ObjectContent[],
  read: (it: ObjectContent) => TaskInfo | undefined,
): Map<string, Read> {
  const tasks = new Map<string, Read>();
  for (const it of found) {
    if (it.object.type !== 'Task') continue;
    const info = read(it);
    const fault = [...it.missing.values()][0] ?? {
      type: 'NoInfo',
      fields: {},
      message: 'the answer has neither info nor a reason',
    };
    tasks.set(it.object.value, info ? { info } : { fault });
  }
  return tasks;
}

const WITHOUT_RESULT = [
  'key',
  'name',
  'entity',
  'state',
  'cancelled',
  'cancelable',
  'error',
  'progress',
  'queueTime',
  'startTime',
  'completeTime',
  'eventChainId',
].map((name) => `info.${name}`);

function infoFromPaths(it: ObjectContent): TaskInfo | undefined {
  const fields = [...it.values].map(([path, value]) => [path.replace(/^info\./, ''), jsonOf(value)] as const);
  return fields.length === 0 ? undefined : taskInfoOf(Object.fromEntries(fields));
}

function isTooLarge(error: unknown): boolean {
  return (error instanceof HttpFailure && error.code === 'too_large') || (error instanceof NotSoap && error.tooLarge);
}
