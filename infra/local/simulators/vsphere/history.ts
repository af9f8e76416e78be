import { child, children, text, type XmlElement } from '../../../../shared/xml/parse.ts';
import { element, type XmlNode } from '../../../../shared/xml/write.ts';
import type { Context } from './methods.ts';
import { type Collector, MAX_COLLECTORS } from './sessions.ts';
import { checkOrder, moref, morefIn, notFound, VimFault } from './soap.ts';
import { infoNodes, type Task } from './tasks.ts';
import type { World } from './world.ts';

export function collectorOf({ session, self }: Context): Collector {
  return session!.collectors.get(self.value)!;
}

export function createCollector({ world, session, parameters }: Context): XmlNode[] {
  if (world.options.esxi) throw new VimFault('NotSupported', 'The operation is not supported on the object.');
  if (session!.collectors.size >= MAX_COLLECTORS) throw new VimFault('InvalidState', 'Too many history collectors.');
  const matches = filterOf(world, parameters[0]!);
  const id = `session[${session!.key}]52${session!.collectors.size}${Math.random().toString(16).slice(2, 10)}`;
  session!.collectors.set(id, { id, rows: () => world.tasks.history().filter(matches), position: 0 });
  return [moref('returnval', { type: 'TaskHistoryCollector', value: id })];
}

const FILTER_ORDER = [
  'entity?',
  'time?',
  'userName?',
  'activationId*',
  'state*',
  'alarm?',
  'scheduledTask?',
  'eventChainId*',
  'tag*',
  'parentTaskKey*',
  'rootTaskKey*',
];

function filterOf(world: World, filter: XmlElement): (task: Task) => boolean {
  checkOrder('TaskFilterSpec', filter.children, FILTER_ORDER);
  const entityFilter = child(filter, 'entity');
  if (entityFilter) checkOrder('TaskFilterSpecByEntity', entityFilter.children, ['entity', 'recursion']);
  const time = child(filter, 'time');
  if (time) checkOrder('TaskFilterSpecByTime', time.children, ['timeType', 'beginTime?', 'endTime?']);
  const entity = entityFilter && morefIn(child(entityFilter, 'entity'));
  if (entity && !world.inventory.has(entity)) throw notFound(entity);
  const from = Date.parse((time && text(time, 'beginTime')) ?? '') || Number.NEGATIVE_INFINITY;
  const until = Date.parse((time && text(time, 'endTime')) ?? '') || Number.POSITIVE_INFINITY;
  const chains = children(filter, 'eventChainId').map((it) => Number(it.text));
  return (task) =>
    (!entity || (task.entity.type === entity.type && task.entity.value === entity.value)) &&
    task.queuedAt >= from &&
    task.queuedAt <= until &&
    (chains.length === 0 || chains.includes(task.chain));
}

export function readNextTasks(context: Context): XmlNode[] {
  const maxCount = Number(context.parameters[0]!.text);
  if (!Number.isInteger(maxCount) || maxCount < 1 || maxCount > 1000) {
    throw new VimFault('InvalidArgument', 'A specified parameter was not correct: maxCount');
  }
  const collector = collectorOf(context);
  const rows = collector.rows().slice(collector.position, collector.position + maxCount);
  collector.position += rows.length;
  return rows.map((task) => element('returnval', {}, ...infoNodes(task, context.now)));
}
