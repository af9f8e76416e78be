import type { XmlElement } from '../../../../shared/xml/parse.ts';
import { element, type XmlNode } from '../../../../shared/xml/write.ts';
import { createTask, setTaskDescription, setTaskState, updateProgress } from './extension-tasks.ts';
import { collectorOf, createCollector, readNextTasks } from './history.ts';
import type { Vm } from './inventory.ts';
import { continueRetrieval, retrieveProperties } from './properties.ts';
import type { Session } from './sessions.ts';
import { type Call, checkOrder, type MoRef, moref, notAuthenticated, notFound, VimFault } from './soap.ts';
import { TASK_METHODS } from './task-methods.ts';
import type { Task } from './tasks.ts';
import type { World } from './world.ts';

export interface Answer {
  values: XmlNode[];
  setCookie?: string;
}

interface Method {
  on: string;
  order: readonly string[];
  /** May be called without a session. */
  open?: true;
  run(context: Context): XmlNode[] | Answer;
}

export interface Context {
  world: World;
  /** Present in every method that is not `open`. */
  session: Session | undefined;
  self: MoRef;
  parameters: readonly XmlElement[];
  now: number;
}

/** @throws {VimFault} */
export function perform(world: World, call: Call, session: Session | undefined, now: number): Answer {
  world.tasks.settle(now);
  const method = METHODS[call.method] ?? (TASK_METHODS[call.method] && taskMethod(call.method));
  if (!method) {
    throw new VimFault('MethodNotFound', `The method ${call.method} is not known`, [
      moref('receiver', call.self),
      element('method', {}, call.method),
    ]);
  }
  if (!session && !method.open) throw notAuthenticated(call.self);
  if (method.on !== call.self.type || !exists(world, session, call.self)) throw notFound(call.self);
  checkOrder(call.method, call.parameters, method.order);
  const answer = method.run({ world, session, self: call.self, parameters: call.parameters, now });
  return Array.isArray(answer) ? { values: answer } : answer;
}

function exists(world: World, session: Session | undefined, self: MoRef): boolean {
  if (self.type === 'Task') return world.tasks.get(self.value) !== undefined;
  if (self.type === 'TaskHistoryCollector') return session?.collectors.has(self.value) === true;
  return world.isSingleton(self) || world.inventory.has(self);
}

const METHODS: Readonly<Record<string, Method>> = {
  RetrieveServiceContent: { on: 'ServiceInstance', order: [], open: true, run: ({ world }) => [serviceContent(world)] },
  CurrentTime: {
    on: 'ServiceInstance',
    order: [],
    run: ({ now }) => [element('returnval', {}, new Date(now).toISOString())],
  },
  Login: { on: 'SessionManager', order: ['userName', 'password', 'locale?'], open: true, run: login },
  Logout: {
    on: 'SessionManager',
    order: [],
    run: ({ world, session }) => {
      world.sessions.close(session!);
      return [];
    },
  },
  RetrievePropertiesEx: {
    on: 'PropertyCollector',
    order: ['specSet*', 'options'],
    open: true,
    run: ({ world, session, parameters, now }) => retrieveProperties(world, session, parameters, now),
  },
  ContinueRetrievePropertiesEx: {
    on: 'PropertyCollector',
    order: ['token'],
    run: ({ world, session, parameters }) => continueRetrieval(world, session!, parameters[0]!.text),
  },
  CancelTask: {
    on: 'Task',
    order: [],
    run: ({ world, self, now }) => {
      world.tasks.cancel(self.value, now);
      return [];
    },
  },
  CreateTask: {
    on: 'TaskManager',
    order: ['obj', 'taskTypeId', 'initiatedBy?', 'cancelable', 'parentTaskKey?', 'activationId?'],
    run: createTask,
  },
  SetTaskState: { on: 'Task', order: ['state', 'result?', 'fault?'], run: setTaskState },
  UpdateProgress: { on: 'Task', order: ['percentDone'], run: updateProgress },
  SetTaskDescription: { on: 'Task', order: ['description'], run: setTaskDescription },
  CreateCollectorForTasks: { on: 'TaskManager', order: ['filter'], run: createCollector },
  RewindCollector: {
    on: 'TaskHistoryCollector',
    order: [],
    run: (context) => {
      collectorOf(context).position = 0;
      return [];
    },
  },
  ReadNextTasks: { on: 'TaskHistoryCollector', order: ['maxCount'], run: readNextTasks },
  DestroyCollector: {
    on: 'TaskHistoryCollector',
    order: [],
    run: ({ session, self }) => {
      session!.collectors.delete(self.value);
      return [];
    },
  },
};

function serviceContent({ singletons, options, instanceUuid }: World): XmlNode {
  const singleton = (name: string, type: string) => moref(name, { type, value: singletons[type]! });
  return element(
    'returnval',
    {},
    moref('rootFolder', { type: 'Folder', value: 'group-d1' }),
    singleton('propertyCollector', 'PropertyCollector'),
    element(
      'about',
      {},
      element('name', {}, options.esxi ? 'VMware ESXi' : 'VMware vCenter Server'),
      element('apiType', {}, options.esxi ? 'HostAgent' : 'VirtualCenter'),
      element('apiVersion', {}, options.apiVersion),
      options.esxi ? undefined : element('instanceUuid', {}, instanceUuid),
    ),
    singleton('sessionManager', 'SessionManager'),
    singleton('taskManager', 'TaskManager'),
  );
}

/** Over a live session it is refused, as on vCenter. */
function login({ world, session, parameters, now }: Context): Answer {
  const [userName, password, locale] = parameters.map((it) => it.text);
  const { options } = world;
  if (session || userName !== options.username || password !== options.password) {
    throw new VimFault('InvalidLogin', 'Cannot complete login due to an incorrect user name or password.');
  }
  if (locale !== undefined && !/^en/.test(locale)) throw new VimFault('InvalidLocale', 'The locale is not supported.');
  const opened = world.sessions.open(world.userName, now);
  const values = [
    element(
      'returnval',
      {},
      element('key', {}, opened.session.key),
      element('userName', {}, world.userName),
      element('loginTime', {}, new Date(now).toISOString()),
      element('locale', {}, 'en'),
    ),
  ];
  return { values, setCookie: opened.setCookie };
}

function taskMethod(name: string): Method {
  const method = TASK_METHODS[name]!;
  return { on: method.on, order: method.order, run: (context) => startTask(name, context) };
}

function startTask(name: string, { world, session, self, parameters, now }: Context): XmlNode[] {
  const task = beginTask(world, name, self, parameters, session!.userName, now);
  return [moref('returnval', { type: 'Task', value: task.id })];
}

/** Two tasks do not work on one VM at once: the second one ends with TaskInProgress. */
export function beginTask(
  world: World,
  name: string,
  self: MoRef,
  parameters: readonly XmlElement[],
  user: string,
  now: number,
): Task {
  const method = TASK_METHODS[name]!;
  const { inventory, tasks, options } = world;
  const vm: Vm | undefined = inventory.vms.get(inventory.snapshots.get(self.value) ?? self.value);
  const entity = vm ? { type: 'VirtualMachine', value: vm.id } : self;
  const busy = vm && tasks.busyOn(entity);
  const preset = vm?.preset;
  if (vm) delete vm.preset;
  return tasks.start(
    {
      method: name,
      descriptionId: method.descriptionId,
      entity,
      entityName: vm?.name ?? self.value,
      user,
      queueMs: options.queueSeconds * 1000,
      runMs: busy ? 0 : (preset?.runMs ?? (options.taskSeconds ?? method.seconds) * 1000),
      cancelable: method.cancelable,
      reportsProgress: method.reportsProgress,
      finish: () => {
        if (busy) {
          throw new VimFault('TaskInProgress', 'Another task is already in progress.', [
            moref('task', { type: 'Task', value: busy.id }),
          ]);
        }
        if (preset?.fault) throw preset.fault;
        return method.finish(inventory, vm, parameters, options.drs);
      },
    },
    now,
  );
}
