import type { CheckFailure, CheckOutcome } from '../../job/outcome.ts';
import { contradiction, isAbout, type TaskHandle } from './handle.ts';
import { type HistoryQuery, readHistory } from './history.ts';
import { isEntity } from './inventory.ts';
import { type Look, observe } from './look.ts';
import { type MoRef, showMoRef } from './moref.ts';
import { clockAhead } from './server-clock.ts';
import { isExpiry, type Live } from './session.ts';
import { lookFailure } from './soap.ts';
import type { TaskInfo } from './task-info.ts';

/** How far our time of sending may be off on the server's clock: that is measured now, and may have been set since. */
const CLOCK_SKEW_MS = 10 * 60_000;
/** Around the queue time itself: the history may keep fewer digits. */
const ROUNDING_MS = 2000;
/** A restart can make all tasks vanish at once, and each query costs about four calls. The rest waits for the next look. */
const MAX_QUERIES = 25;

/** A look for a task that the server does not have, and how we know. */
export interface Vanished extends Look {
  reason: string;
}

/** What the history said: its rows, that there is none to read, or that it could not be read this time. */
type Told = readonly TaskInfo[] | 'no history' | CheckFailure;

/**
 * Tasks that the live server, asked with a live session, does not have. vCenter forgets a finished task after ten minutes or
 * two hundred others, so its history has the last word; a history row that had not ended when the task vanished is stale.
 */
export async function findVanished(
  live: Live,
  looks: readonly Vanished[],
  now: () => number,
): Promise<Map<string, CheckOutcome>> {
  const outcomes = new Map<string, CheckOutcome>();
  const neverSeen = looks.some(({ handle }) => handle.queueTime === undefined && handle.sentAt !== undefined);
  const ahead = neverSeen ? await clockAhead(live, now) : 0;
  let left = looks;
  let queries = 0;
  for (const group of plan(looks)) {
    const asked = group.filter((look) => left.includes(look));
    if (asked.length === 0) continue;
    const query = queryOf(
      asked.map((it) => it.handle),
      ahead,
    );
    const told = !query ? 'no history' : queries++ < MAX_QUERIES ? await ask(live, query, asked) : LATER;
    for (const look of asked) outcomes.set(look.job.id, outcomeOf(live, look, told));
    left = left.filter((look) => !asked.includes(look) || !rowOf(look.handle, told));
  }
  return outcomes;
}

/**
 * Groups of looks, each for one query; who was found is left out of the later ones. Tasks that vanish together are asked for
 * together, by the keys of their events, and only then one entity after the other.
 */
function plan(looks: readonly Vanished[]): Vanished[][] {
  const chained = looks.filter(({ handle }) => handle.eventChainId !== undefined && handle.queueTime !== undefined);
  const byEntity = Map.groupBy(looks, ({ handle }) => {
    const entity = entityOf(handle);
    return entity ? showMoRef(entity) : handle.task;
  });
  return [...(chained.length > 1 ? [chained] : []), ...byEntity.values()];
}

function entityOf(handle: TaskHandle): MoRef | undefined {
  return handle.entity ?? (handle.target && isEntity(handle.target) ? handle.target : undefined);
}

/** Nothing for a task of which only the id is known: the history cannot be asked for that. */
function queryOf(handles: readonly TaskHandle[], ahead: number): HistoryQuery | undefined {
  const window = windowOf(handles, ahead);
  const [first, ...others] = handles.map(entityOf);
  const entity = first && others.every((it) => it && showMoRef(it) === showMoRef(first)) ? first : undefined;
  const chains = handles.flatMap((it) => it.eventChainId ?? []);
  if (entity) return { entity, ...window };
  if (chains.length === handles.length) return { eventChainIds: chains, ...window };
  return window;
}

/** By the server's clock, which is `ahead` of ours. */
function windowOf(
  handles: readonly TaskHandle[],
  ahead: number,
): { queuedFrom: number; queuedUntil: number } | undefined {
  const around = handles.map(({ queueTime, sentAt }) => {
    if (queueTime !== undefined) return { at: queueTime, slack: ROUNDING_MS };
    return sentAt === undefined ? undefined : { at: sentAt + ahead, slack: CLOCK_SKEW_MS };
  });
  const known = around.filter((it) => it !== undefined);
  if (known.length < handles.length) return undefined;
  return {
    queuedFrom: Math.min(...known.map(({ at, slack }) => at - slack)),
    queuedUntil: Math.max(...known.map(({ at, slack }) => at + slack)),
  };
}

async function ask(live: Live, query: HistoryQuery, looks: readonly Vanished[]): Promise<Told> {
  const found = (rows: readonly TaskInfo[]) =>
    looks.every(({ handle }) => rows.some((row) => isAbout(row, handle.task)));
  try {
    return (await readHistory(live, query, found)) ?? 'no history';
  } catch (error) {
    if (isExpiry(error)) throw error;
    const failure = lookFailure(error);
    const message = `The task is gone, and its history could not be read: ${failure.message}`;
    return { ...failure, kind: 'transient', message };
  }
}

const LATER: CheckFailure = {
  kind: 'transient',
  code: 'HistoryLater',
  message: 'The task is gone; its history is read at the next look',
};

function rowOf(handle: TaskHandle, told: Told): TaskInfo | undefined {
  return Array.isArray(told) ? told.find((row) => contradiction(handle, row) === undefined) : undefined;
}

function outcomeOf(live: Live, { handle, reason }: Vanished, told: Told): CheckOutcome {
  if (typeof told !== 'string' && 'kind' in told) return told;
  const row = rowOf(handle, told);
  if (row && ['success', 'error'].includes(row.state)) return observe(live, handle, row);
  const history = row
    ? `its history ends with ${row.state}`
    : told === 'no history'
      ? 'there is no history to read'
      : 'its history has no row of it';
  return { kind: 'not_found', code: 'ManagedObjectNotFound', message: `${handle.task}: ${reason}, and ${history}` };
}
