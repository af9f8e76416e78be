import { HttpFailure } from '../../http/client.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import { type ObjectContent, retrieve } from './properties.ts';
import type { Live } from './session.ts';
import { lookFailure, NotSoap, SoapFault } from './soap.ts';
import { type Fault, type TaskInfo, taskInfoFromXml, taskInfoOf } from './task-info.ts';
import { jsonOf } from './values.ts';
import { vanishedTask } from './vanishing.ts';

/** What a poll learned of one task: its info, why the server withholds it, or why the answer told nothing. */
export type Read = { info: TaskInfo } | { fault: Fault } | { failure: CheckFailure };

/** One call, as a rule. More are needed where one task spoils the answer about all, and each is a round trip. */
const MAX_CALLS = 200;

/**
 * The tasks that exist, by id; one that is absent is gone. All are asked about in one call, but a single task can spoil the
 * answer, and then costs the others nothing:
 *
 * - a result can have megabytes (SearchDatastore_Task): asked for in halves, and a task that still is too large without it;
 * - a text can be unreadable: state and times of all are read property by property, and those that have ended one by one;
 * - a server may answer with a fault that names a task which is gone: the others are asked about without it.
 */
export function readTasks(live: Live, ids: readonly string[]): Promise<Map<string, Read>> {
  return new Reader(live).read(ids, 'info');
}

/** How much of a task is asked for. */
type Share = 'info' | 'without result' | 'state and times';

const STATE_AND_TIMES = [
  'info.key',
  'info.state',
  'info.cancelled',
  'info.cancelable',
  'info.progress',
  'info.queueTime',
  'info.startTime',
  'info.completeTime',
  'info.eventChainId',
];

const PATHS: Readonly<Record<Share, readonly string[]>> = {
  info: ['info'],
  'without result': [...STATE_AND_TIMES, 'info.name', 'info.entity', 'info.error'],
  'state and times': STATE_AND_TIMES,
};

const LESS: Readonly<Record<Share, Share | undefined>> = {
  info: 'without result',
  'without result': 'state and times',
  'state and times': undefined,
};

class Reader {
  readonly #live: Live;
  #calls = 0;

  constructor(live: Live) {
    this.#live = live;
  }

  async read(ids: readonly string[], share: Share): Promise<Map<string, Read>> {
    if (ids.length === 0) return new Map();
    if (++this.#calls > MAX_CALLS) return new Map(ids.map((id) => [id, { failure: LATER }]));
    try {
      const objects = ids.map((value) => ({ type: 'Task', value }));
      return tasksOf(await retrieve(this.#live, { type: 'Task', paths: PATHS[share], objects }), share);
    } catch (error) {
      return this.#readOtherwise(ids, share, error);
    }
  }

  async #readOtherwise(ids: readonly string[], share: Share, error: unknown): Promise<Map<string, Read>> {
    const gone = error instanceof SoapFault ? vanishedTask(error.fault) : undefined;
    if (gone !== undefined) {
      const others = ids.filter((id) => id !== gone);
      if (others.length < ids.length) return this.read(others, share);
      return ids.length === 1 ? new Map() : this.#inHalves(ids, share);
    }
    if (isTooLarge(error)) return ids.length > 1 ? this.#inHalves(ids, share) : this.#less(ids, share, error);
    if (!(error instanceof NotSoap) || !error.unreadable) throw error;
    if (ids.length === 1) return this.#less(ids, share, error);
    if (share === 'state and times') return this.#inHalves(ids, share);
    // Of a task that has not ended nothing else is needed.
    const tasks = await this.read(ids, 'state and times');
    for (const [id, read] of tasks) {
      if (!('info' in read) || !hasEnded(read.info)) continue;
      const whole = (await this.read([id], share)).get(id);
      if (whole) tasks.set(id, whole);
    }
    return tasks;
  }

  async #inHalves(ids: readonly string[], share: Share): Promise<Map<string, Read>> {
    const middle = Math.ceil(ids.length / 2);
    const first = await this.read(ids.slice(0, middle), share);
    return new Map([...first, ...(await this.read(ids.slice(middle), share))]);
  }

  /** Of a single task. What an end leaves out is said. */
  async #less(ids: readonly string[], share: Share, error: unknown): Promise<Map<string, Read>> {
    const less = LESS[share];
    // About this task alone: the others have answers of their own.
    if (less === undefined) return new Map(ids.map((id) => [id, { failure: lookFailure(error) }]));
    const why = error instanceof Error ? error.message : String(error);
    const tasks = await this.read(ids, less);
    return new Map([...tasks].map(([id, read]) => [id, 'info' in read ? { info: withGap(read.info, why) } : read]));
  }
}

function hasEnded({ state }: TaskInfo): boolean {
  return state === 'success' || state === 'error';
}

function withGap(info: TaskInfo, why: string): TaskInfo {
  if (info.state === 'success') return { description: `The result cannot be read: ${why}`, ...info };
  if (info.state !== 'error' || info.error) return info;
  const message = `The task ended in error, and what the server says of it cannot be read: ${why}`;
  return { ...info, error: { type: 'unknown', message, fields: {} } };
}

const LATER: CheckFailure = {
  kind: 'transient',
  code: 'ReadLater',
  message: 'Single tasks spoil the answer about all, and each must be asked about by itself: this one at the next poll',
};

function tasksOf(found: readonly ObjectContent[], share: Share): Map<string, Read> {
  const tasks = new Map<string, Read>();
  for (const it of found) {
    const { type, value } = it.object;
    const faults = [...it.missing.values()];
    if (type !== 'Task' || faults.some((fault) => ['', value].includes(vanishedTask(fault) ?? '-'))) continue;
    const info = infoOf(it, share);
    tasks.set(value, info ? { info } : { fault: faults[0] ?? NO_INFO });
  }
  return tasks;
}

const NO_INFO: Fault = { type: 'NoInfo', fields: {}, message: 'the answer has neither info nor a reason' };

function infoOf({ values }: ObjectContent, share: Share): TaskInfo | undefined {
  if (share === 'info') {
    const value = values.get('info');
    return value && taskInfoFromXml(value);
  }
  const fields = [...values].map(([path, value]) => [path.replace(/^info\./, ''), jsonOf(value)] as const);
  const info = taskInfoOf(Object.fromEntries(fields));
  return info.state === '' ? undefined : info;
}

function isTooLarge(error: unknown): boolean {
  return (error instanceof HttpFailure && error.code === 'too_large') || (error instanceof NotSoap && error.tooLarge);
}
