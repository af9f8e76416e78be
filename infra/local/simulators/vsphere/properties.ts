import { child, children, text, type XmlElement } from '../../../../shared/xml/parse.ts';
import { element, type XmlNode } from '../../../../shared/xml/write.ts';
import type { Session } from './sessions.ts';
import { type MoRef, moref, morefIn, notAuthenticated, notFound, VimFault } from './soap.ts';
import { infoNodes } from './tasks.ts';
import type { World } from './world.ts';

/** RetrievePropertiesEx: readable without a session, but then every property is withheld. */
export function retrieveProperties(
  world: World,
  session: Session | undefined,
  parameters: readonly XmlElement[],
  now: number,
): XmlNode[] {
  const objects = parameters.filter((it) => it.name === 'specSet').flatMap((it) => readSpec(world, session, it, now));
  const asked = Number(text(parameters.at(-1)!, 'maxObjects') ?? Number.POSITIVE_INFINITY);
  return page(session, objects, Math.min(asked, world.pageSize));
}

export function continueRetrieval(world: World, session: Session, token: string): XmlNode[] {
  const rest = session.pages.get(token) as XmlNode[] | undefined;
  if (!rest) throw new VimFault('InvalidArgument', 'A specified parameter was not correct: token');
  session.pages.delete(token);
  return page(session, rest, world.pageSize);
}

function page(session: Session | undefined, objects: XmlNode[], size: number): XmlNode[] {
  if (objects.length <= size || !session) return [element('returnval', {}, ...objects)];
  const token = String(session.pages.size + 1);
  session.pages.set(token, objects.slice(size));
  return [element('returnval', {}, element('token', {}, token), ...objects.slice(0, size))];
}

function readSpec(world: World, session: Session | undefined, spec: XmlElement, now: number): XmlNode[] {
  const paths = new Map(
    children(spec, 'propSet').map((it) => [text(it, 'type') ?? '', children(it, 'pathSet').map((path) => path.text)]),
  );
  const tolerant = text(spec, 'reportMissingObjectsInResults') === 'true';
  return children(spec, 'objectSet').flatMap((entry) => {
    const object = morefIn(child(entry, 'obj'));
    if (!exists(world, object)) {
      const { goneAs } = world.options;
      if (!tolerant || goneAs === 'fault') throw notFound(object);
      if (goneAs === 'absent') return [];
      const withheld = (paths.get(object.type) ?? []).map((path) => missing(path, notFound(object)));
      return [element('objects', {}, moref('obj', object), ...withheld)];
    }
    const selected = [
      ...(text(entry, 'skip') === 'true' ? [] : [object]),
      ...(session ? children(entry, 'selectSet').flatMap((it) => through(world, object, it)) : []),
    ];
    return selected.map((it) => contentOf(world, session, it, paths.get(it.type) ?? [], now));
  });
}

function through(world: World, object: MoRef, traversal: XmlElement): MoRef[] {
  if (object.type !== 'TaskManager' || text(traversal, 'path') !== 'recentTask') return [];
  return world.tasks.recent().map((task) => ({ type: 'Task', value: task.id }));
}

function exists(world: World, object: MoRef): boolean {
  if (object.type === 'Task') return world.tasks.get(object.value) !== undefined;
  return world.isSingleton(object) || world.inventory.has(object);
}

function contentOf(
  world: World,
  session: Session | undefined,
  object: MoRef,
  paths: readonly string[],
  now: number,
): XmlNode {
  const properties = paths.map((path) => {
    if (!session) return missing(path, notAuthenticated(object));
    const value = property(world, session, object, path, now);
    return value && element('propSet', {}, element('name', {}, path), value);
  });
  return element('objects', {}, moref('obj', object), ...properties);
}

function missing(path: string, fault: VimFault): XmlNode {
  return element(
    'missingSet',
    {},
    element('path', {}, path),
    element('fault', {}, element('fault', { 'xsi:type': fault.type }, ...fault.fields)),
  );
}

function property(world: World, session: Session, object: MoRef, path: string, now: number): XmlNode | undefined {
  const name = `${object.type}.${path}`;
  if (object.type === 'Task') return taskProperty(world, object, path, now);
  if (name === 'SessionManager.currentSession') {
    return element(
      'val',
      { 'xsi:type': 'UserSession' },
      element('key', {}, session.key),
      element('userName', {}, session.userName),
    );
  }
  if (name === 'TaskManager.recentTask') {
    const tasks = world.tasks.recent().map((task) => moref('ManagedObjectReference', { type: 'Task', value: task.id }));
    return element('val', { 'xsi:type': 'ArrayOfManagedObjectReference' }, ...tasks);
  }
  const vm = world.inventory.vms.get(object.value);
  if (vm && path === 'name') return element('val', { 'xsi:type': 'xsd:string' }, vm.name);
  if (vm && path === 'runtime.powerState')
    return element('val', { 'xsi:type': 'VirtualMachinePowerState' }, vm.powerState);
  throw new VimFault('InvalidProperty', `The property ${path} is not one of ${object.type}`, [
    element('name', {}, path),
  ]);
}

/** The types that a narrow path's value carries; text without one is what the API declares as a string. */
const NARROW: Readonly<Record<string, string>> = {
  state: 'TaskInfoState',
  cancelled: 'xsd:boolean',
  cancelable: 'xsd:boolean',
  progress: 'xsd:int',
  eventChainId: 'xsd:int',
  queueTime: 'xsd:dateTime',
  startTime: 'xsd:dateTime',
  completeTime: 'xsd:dateTime',
  error: 'LocalizedMethodFault',
  entity: 'ManagedObjectReference',
};

/** Narrow paths that are unset are left out, as real servers are thought to do. */
function taskProperty(world: World, { value: id }: MoRef, path: string, now: number): XmlNode | undefined {
  const nodes = infoNodes(world.tasks.get(id)!, now);
  if (path === 'info') return element('val', { 'xsi:type': 'TaskInfo' }, ...nodes);
  const [root, name] = path.split('.');
  if (root !== 'info' || !name)
    throw new VimFault('InvalidProperty', `The property ${path} is not one of Task`, [element('name', {}, path)]);
  const node = nodes.find((it) => it.name === name);
  return node && { ...node, name: 'val', attributes: { 'xsi:type': NARROW[name] ?? 'xsd:string', ...node.attributes } };
}
