import { attribute } from '../../xml/parse.ts';
import { element } from '../../xml/write.ts';
import { callFault } from './faults.ts';
import { type MoRef, morefNode } from './moref.ts';
import type { Live } from './session.ts';
import { SoapFault } from './soap.ts';
import { type TaskInfo, taskInfoFromXml } from './task-info.ts';

/** What the history can be asked for. There is no filter by task id. Times by the server's clock. */
export interface HistoryQuery {
  entity?: MoRef;
  /** Any of these. */
  eventChainIds?: readonly number[];
  queuedFrom?: number;
  queuedUntil?: number;
}

/** At most 1000 are allowed; 100 rows are about 120 KB. */
const PAGE = 100;
/** 5,000 rows: more in one window means that the window is wrong. */
const MAX_PAGES = 50;

/**
 * Rows of vCenter's task history, oldest first, until `enough` says so. `undefined` where there is no history to read (ESXi,
 * a missing privilege). Rows can lag behind the tasks, and a row that is not terminal is no live status.
 */
export async function readHistory(
  live: Live,
  query: HistoryQuery,
  enough: (rows: readonly TaskInfo[]) => boolean,
): Promise<TaskInfo[] | undefined> {
  const collector = await createCollector(live, query);
  if (!collector) return undefined;
  try {
    await live.call('RewindCollector', collector, []);
    const rows: TaskInfo[] = [];
    for (let page = 0; page < MAX_PAGES; page++) {
      const read = await live.call('ReadNextTasks', collector, [element('maxCount', {}, String(PAGE))]);
      rows.push(...read.map(taskInfoFromXml));
      if (read.length === 0 || enough(rows)) break;
    }
    return rows;
  } finally {
    // vCenter allows 32 a session. A failure here must not hide what was read: they die with the session anyway.
    await live.call('DestroyCollector', collector, []).catch(() => undefined);
  }
}

/** Faults of a filter that names an entity which is gone: Destroy_Task's own, for one. Asked again without it. */
const ENTITY_GONE = new Set(['ManagedObjectNotFound', 'InvalidArgument']);

async function createCollector(live: Live, query: HistoryQuery): Promise<MoRef | undefined> {
  const manager = live.content.taskManager;
  if (!manager) return undefined;
  try {
    const [created] = await live.call('CreateCollectorForTasks', manager, [filterNode(query)]);
    return created && { type: attribute(created, 'type') ?? 'TaskHistoryCollector', value: created.text };
  } catch (error) {
    if (!(error instanceof SoapFault)) throw error;
    const { entity, ...rest } = query;
    if (entity && ENTITY_GONE.has(error.fault.type) && Object.keys(rest).length > 0) return createCollector(live, rest);
    // NotSupported, MethodNotFound, NoPermission: asking again would not help. A dead session is for the caller.
    if (error.fault.type !== 'NotAuthenticated' && callFault(error.fault.type).poll === 'permanent') return undefined;
    throw error;
  }
}

/** TaskFilterSpec, all parts ANDed, in wire order. */
function filterNode({ entity, eventChainIds = [], queuedFrom, queuedUntil }: HistoryQuery) {
  const time = (name: string, at: number | undefined) =>
    at === undefined ? undefined : element(name, {}, new Date(at).toISOString());
  const window = queuedFrom !== undefined || queuedUntil !== undefined;
  return element(
    'filter',
    {},
    entity && element('entity', {}, morefNode('entity', entity), element('recursion', {}, 'self')),
    window
      ? element(
          'time',
          {},
          element('timeType', {}, 'queuedTime'),
          time('beginTime', queuedFrom),
          time('endTime', queuedUntil),
        )
      : undefined,
    ...eventChainIds.map((chain) => element('eventChainId', {}, String(chain))),
  );
}
