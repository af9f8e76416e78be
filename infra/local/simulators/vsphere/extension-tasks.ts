import { child, text, type XmlElement, XSI, xsiType } from '../../../../shared/xml/parse.ts';
import { element, type XmlNode } from '../../../../shared/xml/write.ts';
import type { Context } from './methods.ts';
import { checkOrder, morefIn, notFound, VimFault } from './soap.ts';
import { infoNodes, stateOf, type Task } from './tasks.ts';

/** Tasks that a client makes, moves and ends. Their rules are those of the vim.Task and TaskManager references. */
export function createTask({ world, session, parameters, now }: Context): XmlNode[] {
  const given = (name: string) => parameters.find((it) => it.name === name);
  if (world.options.esxi) throw new VimFault('NotSupported', 'The operation is not supported on the object.');
  const entity = morefIn(given('obj'));
  if (!world.inventory.has(entity)) throw notFound(entity);
  const taskTypeId = given('taskTypeId')!.text;
  if (!world.options.taskTypes.includes(taskTypeId)) {
    throw new VimFault('InvalidArgument', 'A specified parameter was not correct: taskType', [
      element('invalidProperty', {}, 'taskType'),
    ]);
  }
  const task = world.tasks.start(
    {
      method: '',
      descriptionId: taskTypeId,
      entity,
      entityName: world.inventory.vms.get(entity.value)?.name ?? entity.value,
      user: given('initiatedBy')?.text ?? session!.userName,
      queueMs: Number.POSITIVE_INFINITY,
      runMs: Number.POSITIVE_INFINITY,
      cancelable: given('cancelable')!.text === 'true',
      reportsProgress: true,
      driven: { parentTaskKey: given('parentTaskKey')?.text, activationId: given('activationId')?.text },
      finish: () => undefined,
    },
    now,
  );
  return [element('returnval', {}, ...infoNodes(task, now))];
}

export function setTaskState(context: Context): XmlNode[] {
  const task = drivenTask(context);
  const [state, ...more] = context.parameters;
  const result = more.find((it) => it.name === 'result');
  const fault = more.find((it) => it.name === 'fault');
  const to = state!.text;
  if (!['running', 'success', 'error'].includes(to)) throw invalidRequest(`"${to}" is no state that can be set`);
  if (task.end || (result && to !== 'success') || (fault && to !== 'error')) throw invalidState();
  if (to !== 'running') {
    const ended = {
      ...(result && { result: anyType(result) }),
      ...(fault && { fault: faultIn(fault) }),
      failed: to === 'error',
    };
    context.world.tasks.end(task, context.now, ended);
  } else if (!task.started) {
    task.started = true;
    task.startAt = context.now;
  }
  return [];
}

/** Queued counts as not running; what is out of bounds is clamped. */
export function updateProgress(context: Context): XmlNode[] {
  const task = drivenTask(context);
  const percent = context.parameters[0]!.text;
  if (!/^-?\d+$/.test(percent)) throw invalidRequest(`"${percent}" is no int`);
  if (stateOf(task) !== 'running') throw invalidState();
  task.driven.progress = Math.min(100, Math.max(0, Number(percent)));
  return [];
}

/** Documented without a condition on the state. */
export function setTaskDescription(context: Context): XmlNode[] {
  const [description] = context.parameters;
  checkOrder('LocalizableMessage', description!.children, ['key', 'arg*', 'message?']);
  drivenTask(context).driven.description = copyOf(description!);
  return [];
}

/** The reference does not say what becomes of vCenter's own tasks; an extension has no business with them. */
function drivenTask({ world, self }: Context): Task & { driven: NonNullable<Task['driven']> } {
  const task = world.tasks.get(self.value)!;
  if (!task.driven) throw new VimFault('NotSupported', 'The operation is not supported on the object.');
  return task as Task & { driven: NonNullable<Task['driven']> };
}

function anyType(value: XmlElement): XmlNode {
  if (xsiType(value) === undefined) throw invalidRequest(`Required xsi:type is missing from ${value.name}`);
  return copyOf(value);
}

/** Types that are known here and do not descend from VimFault. */
const RUNTIME_FAULTS = new Set(['RequestCanceled', 'NotSupported', 'SystemError', 'InvalidArgument', 'NoPermission']);

/** LocalizedMethodFault. */
function faultIn(value: XmlElement): VimFault {
  checkOrder('LocalizedMethodFault', value.children, ['fault', 'localizedMessage?']);
  const fault = child(value, 'fault')!;
  const type = xsiType(fault);
  if (type === undefined) throw invalidRequest('Required xsi:type is missing from fault');
  if (RUNTIME_FAULTS.has(type)) throw new VimFault('InvalidArgument', 'A specified parameter was not correct: fault');
  if (type === 'ExtendedFault') {
    checkOrder(type, fault.children, ['faultCause?', 'faultMessage*', 'faultTypeId', 'data*']);
  }
  return new VimFault(type, text(value, 'localizedMessage') ?? '', fault.children.map(copyOf));
}

function copyOf(value: XmlElement): XmlNode {
  const attributes = value.attributes.map((it) => [it.ns === XSI ? `xsi:${it.name}` : it.name, it.value] as const);
  return element(value.name, Object.fromEntries(attributes), ...value.children.map(copyOf), value.text || undefined);
}

function invalidState(): VimFault {
  return new VimFault('InvalidState', 'The operation is not allowed in the current state.');
}

function invalidRequest(message: string): VimFault {
  return new VimFault('InvalidRequest', message);
}
