import { isTerminal } from '../../shared/job/job.ts';
import { KEEP_FINISHED_DAYS } from '../../shared/job/retention.ts';
import type { RemoteJob } from './remote.ts';
import { type Action, type Scenario, START, type State } from './state.ts';
import type { Value } from './table.ts';

/** What must hold after every step, and at every end. Each fault is a sentence; none is what is wanted. */

type Job = Value;

/** The last steps of a job that is over: what may still change, or go. */
const SETTLING = new Set(['rev', 'owed', 'activeSince', 'taskTokens', 'callbackRefusedSince', 'ttl']);

export function stepFaults(scenario: Scenario, before: State, after: State, action: Action): string[] {
  if (after.time > START + scenario.horizon * 1000) return [`after ${scenario.horizon} s something still goes on`];
  const faults: string[] = [];
  if (after.table !== before.table) {
    for (const [name, item] of before.table.items) {
      const now = after.table.items.get(name);
      if (now === item) continue;
      if (name.includes('|job/')) faults.push(...jobFaults(item, now));
      if (name.endsWith('|loop')) faults.push(...loopFaults(item, now!, epochOf(before, action)));
    }
  }
  if (after.remote !== before.remote) {
    for (const [id, { submits }] of after.remote) {
      if (submits > 1) faults.push(`the platform saw ${submits} submits of job ${id}`);
    }
  }
  if (after.told !== before.told) faults.push(...newsFaults(after));
  return faults;
}

/** Of the loop whose tick did it; `undefined` for everybody else. */
function epochOf({ running }: State, action: Action): number | undefined {
  if (action.kind !== 'call' && action.kind !== 'fault') return undefined;
  return running.find(({ process }) => process.program.label === action.process)!.epoch;
}

function jobFaults(before: Job, now: Job | undefined): string[] {
  if (now === undefined) return [`job ${before.id} is gone`];
  const faults: string[] = [];
  if (now.rev !== before.rev + 1) faults.push(`a write of job ${now.id} was not based on its revision ${before.rev}`);
  if (!isTerminal(before.status)) return faults;
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (SETTLING.has(name) || JSON.stringify(before[name]) === JSON.stringify(now[name])) continue;
    faults.push(`job ${now.id} is ${before.status}, and its ${name} was changed`);
  }
  return faults;
}

function loopFaults(before: Job, now: Job, writer: number | undefined): string[] {
  const { epoch = 0, state, version = 0 } = before;
  if (writer === undefined) {
    const own = now.epoch !== before.epoch || now.state !== state;
    return own ? ['epoch or state of the loop were written by somebody who is not its tick'] : [];
  }
  if (epoch > writer) return [`loop ${writer} wrote although loop ${epoch} had taken over`];
  return now.version < version ? ['a signal to the loop was undone'] : [];
}

/** An event tells what is in the table, and always under the same id. */
function newsFaults({ told, table }: State): string[] {
  const faults: string[] = [];
  const ids = new Map<string, string>();
  for (const [jobId = '', eventId = '', status] of told.map((news) => news.split(' '))) {
    if (jobId === 'token') continue;
    if (ids.has(jobId)) faults.push(`job ${jobId} was announced as ${ids.get(jobId)} and as ${eventId}`);
    ids.set(jobId, eventId);
    const job = [...table.items.values()].find(({ id }) => id === jobId);
    if (job?.status !== status) faults.push(`job ${jobId} was announced as ${status}, and is ${job?.status}`);
  }
  return faults;
}

export function endFaults(scenario: Scenario, state: State): string[] {
  const faults: string[] = [];
  for (const { epoch, phase } of state.executions) if (phase !== 'over') faults.push(`execution ${epoch} goes on`);
  for (const [name, value] of state.table.items) {
    if (name.endsWith('|loop') && value.state === 'open')
      faults.push('the loop is open in the table, and nothing runs');
    if (name.includes('|job/')) faults.push(...endOfJob(value, state));
  }
  for (const [caller, said] of state.answers) {
    const id = /"id":"(\w+)"/.exec(said)?.[1];
    const known = id === undefined || [...state.table.items.values()].some((item) => item.id === id);
    if (!known) faults.push(`${caller} was answered with job ${id}, which nobody knows`);
  }
  const settled = lastSettled(state);
  if (settled > scenario.settledWithin) faults.push(`a job was settled after ${settled} s`);
  return [...faults, ...(scenario.end?.(state) ?? [])];
}

/** Seconds from the start until the last job was let go. */
export function lastSettled({ table }: State): number {
  const kept = [...table.items.values()].map(({ ttl, status }) =>
    status && ttl ? ttl - KEEP_FINISHED_DAYS * 86_400 : 0,
  );
  return Math.max(0, ...kept.map((at) => at - START / 1000));
}

function endOfJob(job: Job, { told, remote }: State): string[] {
  const { id, status } = job;
  if (!isTerminal(status)) return [`job ${id} is ${status} for ever: no loop looks after it`];
  const faults: string[] = [];
  for (const name of ['activeSince', 'owed', 'taskTokens']) {
    if (job[name] !== undefined) faults.push(`job ${id} is ${status}, and its ${name} stays`);
  }
  const announced = told.filter((news) => news.startsWith(`${id} `)).length;
  const { ends, events } = expected(job, remote.get(id));
  if (!ends.includes(status)) faults.push(`job ${id} ended ${status} instead of ${ends.join(' or ')}`);
  else if (announced !== events(status)) faults.push(`job ${id} is ${status} and has ${announced} events`);
  return faults;
}

/** What the job's life at the platform may become here. */
function expected(job: Job, remote: RemoteJob | undefined): { ends: string[]; events(status: string): number } {
  const one = () => 1;
  const late = job.deadline - job.createdAt < 3_600_000 ? ['TIMED_OUT'] : [];
  if (remote === undefined || remote.does === 'lost') return { ends: ['LOST', ...late], events: one };
  // It was never accepted: the caller has the answer, there is no event. Unless nobody lived to write that down.
  if (remote.does === 'refused' || remote.does === 'unavailable') {
    return { ends: ['FAILED', 'LOST', ...late], events: (status) => (status === 'FAILED' ? 0 : 1) };
  }
  if (remote.canceledAt !== undefined) return { ends: ['CANCELED', ...late], events: one };
  return { ends: ['SUCCEEDED', ...late], events: one };
}
