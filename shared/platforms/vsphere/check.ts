import type { CheckFailure, CheckOutcome } from '../../job/outcome.ts';
import type { CallOptions, JobRef } from '../adapter.ts';
import { adviceOn, callFault } from './faults.ts';
import { contradiction, readHandle, type TaskHandle } from './handle.ts';
import { type Look, observe, strangerOf } from './look.ts';
import { proveAlive } from './properties.ts';
import { readTasks } from './read-tasks.ts';
import { isExpiry, type Live, type Session } from './session.ts';
import { lookFailure } from './soap.ts';
import type { Fault } from './task-info.ts';
import { findVanished, type Vanished } from './vanished.ts';

/** One call asks about all. An answer has 1 to 2 KB a task and we read 8 MiB at most, so above this there is a second call. */
const TASKS_PER_CALL = 1000;

/** One outcome for each job. */
export async function check(
  session: Session,
  jobs: readonly JobRef[],
  now: () => number,
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
      const told = await session.run(signal, (live) => checkSome(live, some, now));
      for (const [id, outcome] of told) outcomes.set(id, outcome);
    } catch (error) {
      const failure = lookFailure(error);
      for (const { job } of some) outcomes.set(job.id, failure);
    }
  }
  return outcomes;
}

async function checkSome(live: Live, looks: readonly Look[], now: () => number): Promise<Map<string, CheckOutcome>> {
  const outcomes = new Map<string, CheckOutcome>();
  if (looks.some(({ handle }) => strangerOf(live, handle))) await live.reread().catch(() => false);
  const here = looks.filter(({ job, handle }) => {
    const stranger = strangerOf(live, handle);
    if (stranger) outcomes.set(job.id, stranger);
    return !stranger;
  });
  if (here.length === 0) return outcomes;

  const tasks = await readTasks(live, [...new Set(here.map(({ handle }) => handle.task))]);
  const vanished: Vanished[] = [];
  for (const look of here) {
    const { job, handle } = look;
    const task = tasks.get(handle.task);
    const stranger = task && 'info' in task ? contradiction(handle, task.info) : undefined;
    if (task === undefined) vanished.push({ ...look, reason: 'the server does not know it' });
    else if (stranger !== undefined) vanished.push({ ...look, reason: `the id is another task's now: ${stranger}` });
    else if ('info' in task) outcomes.set(job.id, observe(live, handle, task.info));
    else outcomes.set(job.id, 'fault' in task ? withheld(handle, task.fault) : task.failure);
  }
  if (vanished.length === 0) return outcomes;

  for (const [id, outcome] of await lookBack(live, vanished, now)) outcomes.set(id, outcome);
  return outcomes;
}

/** What goes wrong here must not cost what was learned about the others, unless the session is dead: then nothing was. */
async function lookBack(
  live: Live,
  vanished: readonly Vanished[],
  now: () => number,
): Promise<Map<string, CheckOutcome>> {
  try {
    await proveAlive(live);
    return await findVanished(live, vanished, now);
  } catch (error) {
    if (isExpiry(error)) throw error;
    const failure = lookFailure(error);
    return new Map(vanished.map(({ job }) => [job.id, failure]));
  }
}

/** The server has it and does not show it, as to a user that may not see what the task works on. */
function withheld(handle: TaskHandle, fault: Fault): CheckFailure {
  const said = [fault.type, fault.message].filter(Boolean).join(': ');
  const advice = adviceOn(fault);
  return {
    kind: callFault(fault.type).poll,
    code: fault.type,
    message: `${handle.task} exists, but its info cannot be read: ${said}${advice ? ` (${advice})` : ''}`,
  };
}
