import type { Json, JsonObject, SubmitIntent } from '../../job/job.ts';
import type { CallOptions, FindOutcome } from '../adapter.ts';
import { enriched, type TaskHandle } from './handle.ts';
import { readHistory } from './history.ts';
import { isEntity } from './inventory.ts';
import { isId, isObject, type MoRef, morefOf, sameMoRef, showMoRef } from './moref.ts';
import { retrieve } from './properties.ts';
import type { VsphereRequest } from './request.ts';
import { clockAhead } from './server-clock.ts';
import type { Live, Session } from './session.ts';
import { lookFailure } from './soap.ts';
import { type TaskInfo, taskInfoFromXml } from './task-info.ts';
import { isAboutTask } from './vanishing.ts';

/** How far our estimate of the server's clock may be off; it was measured a moment ago, the submit minutes ago. */
const SKEW_MS = 10_000;
/**
 * A call that was cut off starts late, if at all: two seconds on record. Much later on the same object it is somebody
 * else's, or the next job's.
 */
export const FIND_SECONDS = 180;

/** What is noted before the call is made. */
type Intent = {
  jobId: string;
  operation: string;
  target: MoRef;
  sentAt: number;
  /** CreateTask only. */
  task?: { taskTypeId: string; activationId: string; initiatedBy?: string };
};

export function intentOf(request: VsphereRequest, job: { id: string; createdAt: number }): SubmitIntent {
  const { operation, target, task } = request;
  const intent: Intent = { jobId: job.id, operation, target, sentAt: job.createdAt };
  if (!task) return intent;
  const { taskTypeId, initiatedBy, activationId = ownActivationId(job.id) } = task;
  return { ...intent, task: { taskTypeId, activationId, ...(initiatedBy !== undefined && { initiatedBy }) } };
}

/** The one token that a client can give to a task; only CreateTask takes it. "When provided, it is added to the TaskInfo." */
function ownActivationId(jobId: string): string {
  return `pollux-${jobId}`;
}

/**
 * Looks for the task of a submit that went unanswered: same entity, same method (or type), same user, queued since. In
 * recentTask, which has everything that runs and the last ten minutes, then in the history. A created task shows our token.
 */
export async function findSubmitted(
  session: Session,
  noted: SubmitIntent,
  now: () => number,
  { signal }: CallOptions,
): Promise<FindOutcome> {
  const intent = readIntent(noted);
  if (!intent)
    return { kind: 'permanent', code: 'BadIntent', message: 'What was noted before the submit is not readable' };
  try {
    return await session.run(signal, async (live) => {
      const ahead = await clockAhead(live, now);
      const window = {
        from: intent.sentAt + ahead - SKEW_MS,
        until: intent.sentAt + ahead + (FIND_SECONDS * 1000 + SKEW_MS),
      };
      const ours = (info: TaskInfo) => isCandidate(info, intent, window, live.userName);
      const recent = (await recentTasks(live)).filter(ours);
      const found = recent.length > 0 ? recent : (await olderTasks(live, intent, window)).filter(ours);
      return judge(live, intent, found);
    });
  } catch (error) {
    return lookFailure(error);
  }
}

function judge(live: Live, intent: Intent, candidates: readonly TaskInfo[]): FindOutcome {
  const what = `${intent.operation} on ${showMoRef(intent.target)}`;
  const marked = candidates.filter((it) => it.activationId === ownActivationId(intent.jobId));
  const found = marked.length > 0 ? marked : candidates;
  const [info] = found;
  if (!info) return { kind: 'absent', message: `No task of ${what} by this user since it was sent` };
  const tasks = found.slice(0, 20).map((it): JsonObject => ({ task: it.key, ...(it.entity && { entity: it.entity }) }));
  if (found.length > 1)
    return { kind: 'ambiguous', message: `${found.length} tasks could be ${what}`, details: { tasks } };
  // On a snapshot or a disk the task names another object than the call did: that it is ours cannot be told.
  if (!isEntity(intent.target) && marked.length === 0) {
    return {
      kind: 'ambiguous',
      message: `${info.key} may be ${what}, but does not say on what it was called`,
      details: { tasks },
    };
  }
  const handle: TaskHandle = {
    task: info.key,
    target: intent.target,
    sentAt: intent.sentAt,
    ...(intent.task && { taskTypeId: intent.task.taskTypeId }),
  };
  return {
    kind: 'accepted',
    handle: enriched(handle, info, live.content.instanceUuid) ?? handle,
    platformJobId: info.key,
  };
}

function isCandidate(info: TaskInfo, intent: Intent, window: { from: number; until: number }, user: string): boolean {
  const { task } = intent;
  if (info.queueTime === undefined || !(task ? isOfType(info, task) : info.name === intent.operation)) return false;
  if (isEntity(intent.target) && !(info.entity && sameMoRef(info.entity, intent.target))) return false;
  // Whether the reason names the session's user or the one on whose behalf it was made is not documented.
  if (![user, task?.initiatedBy ?? user].some((name) => sameUser(info.reason?.userName, name))) return false;
  return info.queueTime >= window.from && info.queueTime <= window.until;
}

/** Servers before 6.0 do not show the token, so only another's token speaks against a task. */
function isOfType(info: TaskInfo, { taskTypeId, activationId }: NonNullable<Intent['task']>): boolean {
  return info.descriptionId === taskTypeId && (info.activationId ?? activationId) === activationId;
}

/** `VSPHERE.LOCAL\op` and `op@vsphere.local` are the same user. */
function sameUser(a: string | undefined, b: string): boolean {
  const canonical = (name: string) => {
    const [, domain, user] = /^([^\\]+)\\(.+)$/.exec(name) ?? [];
    return (domain === undefined ? name : `${user}@${domain}`).toLowerCase();
  };
  return a !== undefined && canonical(a) === canonical(b);
}

/** One of them may vanish while they are read, which older servers answer with a fault. The history has them, too. */
async function recentTasks(live: Live): Promise<TaskInfo[]> {
  const manager = live.content.taskManager;
  if (!manager) return [];
  const found = await retrieve(live, {
    type: 'Task',
    paths: ['info'],
    objects: [manager],
    through: { type: 'TaskManager', path: 'recentTask' },
  }).catch((error: unknown) => {
    if (isAboutTask(error)) return [];
    throw error;
  });
  return found.flatMap((it) => {
    const value = it.values.get('info');
    return value ? [taskInfoFromXml(value)] : [];
  });
}

async function olderTasks(
  live: Live,
  { target }: Intent,
  window: { from: number; until: number },
): Promise<TaskInfo[]> {
  const query = { ...(isEntity(target) && { entity: target }), queuedFrom: window.from, queuedUntil: window.until };
  return (await readHistory(live, query, () => false)) ?? [];
}

function readIntent(noted: SubmitIntent): Intent | undefined {
  const { jobId, operation, target, sentAt } = noted;
  const on = morefOf(target);
  if (!isId(jobId) || !isId(operation) || typeof sentAt !== 'number' || !on) return undefined;
  const task = readTask(noted.task);
  return { jobId, operation, target: on, sentAt, ...(task && { task }) };
}

function readTask(noted: Json | undefined): Intent['task'] {
  if (!isObject(noted)) return undefined;
  const { taskTypeId, activationId, initiatedBy } = noted;
  if (typeof taskTypeId !== 'string' || typeof activationId !== 'string') return undefined;
  return { taskTypeId, activationId, ...(typeof initiatedBy === 'string' && { initiatedBy }) };
}
