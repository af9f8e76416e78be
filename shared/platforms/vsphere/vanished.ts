import type { CheckFailure, CheckOutcome } from '../../job/outcome.ts';
import { contradiction, isAbout, type TaskHandle } from './handle.ts';
import { type HistoryQuery, readHistory } from './history.ts';
import { isEntity } from './inventory.ts';
import { type Look, observe } from './look.ts';
import { type MoRef, showMoRef } from './moref.ts';
import { type Live, SessionExpired } from './session.ts';
import { lookFailure, SoapFault } from './soap.ts';
import type { TaskInfo } from './task-info.ts';

/** How far the server's clock may be from ours, where only our own time of sending is known. */
const CLOCK_SKEW_MS = 10 * 60_000;
/** Around the queue time itself: the history may keep fewer digits. */
const ROUNDING_MS = 2000;
/** A restart can make all tasks vanish at once, and each entity costs about four calls. The rest waits for the next look. */
const MAX_ENTITIES = 25;

/**
 * Tasks that the live server, asked with a live session, does not have. vCenter forgets a finished task after ten minutes or
 * two hundred others, so its history has the last word; a history row that had not ended when the task vanished is stale.
 */
export async function findVanished(
  live: Live,
  looks: readonly (Look & { reason: string })[],
): Promise<Map<string, CheckOutcome>> {
  const outcomes = new Map<string, CheckOutcome>();
  let asked = 0;
  for (const group of groups(looks).values()) {
    const query = queryOf(group.map((it) => it.handle));
    const rows = !query
      ? undefined
      : asked++ < MAX_ENTITIES
        ? await rowsOf(
            live,
            query,
            group.map((it) => it.handle),
          )
        : later();
    for (const { job, handle, reason } of group) {
      const row = Array.isArray(rows) ? rows.find((it) => contradiction(handle, it) === undefined) : undefined;
      if (row && hasEnded(row)) outcomes.set(job.id, observe(live, handle, row));
      else outcomes.set(job.id, rows && !Array.isArray(rows) ? rows : notFound(handle, reason, rows, row));
    }
  }
  return outcomes;
}

function groups<T extends { handle: TaskHandle }>(looks: readonly T[]): Map<string, T[]> {
  return Map.groupBy(looks, ({ handle }) => {
    const entity = entityOf(handle);
    return entity
      ? showMoRef(entity)
      : handle.eventChainId !== undefined
        ? `chain ${handle.eventChainId}`
        : handle.task;
  });
}

function entityOf(handle: TaskHandle): MoRef | undefined {
  return handle.entity ?? (handle.target && isEntity(handle.target) ? handle.target : undefined);
}

/** Nothing for a task of which only the id is known: the history cannot be asked for that. */
function queryOf(handles: readonly TaskHandle[]): HistoryQuery | undefined {
  const first = handles[0]!;
  const entity = entityOf(first);
  const windows = handles.map(windowOf);
  const known = windows.filter((it) => it !== undefined);
  const bounded = known.length === windows.length;
  if (!entity && first.eventChainId === undefined && !bounded) return undefined;
  return {
    ...(entity ? { entity } : first.eventChainId !== undefined && { eventChainId: first.eventChainId }),
    ...(bounded && {
      queuedFrom: Math.min(...known.map((it) => it.from)),
      queuedUntil: Math.max(...known.map((it) => it.until)),
    }),
  };
}

function windowOf({ queueTime, sentAt }: TaskHandle): { from: number; until: number } | undefined {
  if (queueTime !== undefined) return { from: queueTime - ROUNDING_MS, until: queueTime + ROUNDING_MS };
  if (sentAt !== undefined) return { from: sentAt - CLOCK_SKEW_MS, until: sentAt + CLOCK_SKEW_MS };
  return undefined;
}

async function rowsOf(
  live: Live,
  query: HistoryQuery,
  handles: readonly TaskHandle[],
): Promise<TaskInfo[] | CheckFailure | undefined> {
  const allFound = (rows: readonly TaskInfo[]) => handles.every(({ task }) => rows.some((row) => isAbout(row, task)));
  try {
    return await readHistory(live, query, allFound);
  } catch (error) {
    if (error instanceof SessionExpired || (error instanceof SoapFault && error.fault.type === 'NotAuthenticated'))
      throw error;
    const failure = lookFailure(error);
    return {
      ...failure,
      kind: 'transient',
      message: `The task is gone, and its history could not be read: ${failure.message}`,
    };
  }
}

function later(): CheckFailure {
  return { kind: 'transient', code: 'HistoryLater', message: 'The task is gone; its history is read at the next look' };
}

function hasEnded(row: TaskInfo): boolean {
  return row.state === 'success' || row.state === 'error';
}

function notFound(
  handle: TaskHandle,
  reason: string,
  rows: TaskInfo[] | undefined,
  row: TaskInfo | undefined,
): CheckFailure {
  const history = row
    ? `its history ends with ${row.state}`
    : rows
      ? 'its history has no row of it'
      : 'there is no history to read';
  return { kind: 'not_found', code: 'ManagedObjectNotFound', message: `${handle.task}: ${reason}, and ${history}` };
}
