import { child, children, text, type XmlElement } from '../../xml/parse.ts';
import { element, type XmlNode } from '../../xml/write.ts';
import { type MoRef, morefNode, morefOf } from './moref.ts';
import { type Live, SessionExpired } from './session.ts';
import { type Fault, faultOf } from './task-info.ts';
import { jsonOf } from './values.ts';

/** What the property collector told about one object. */
export interface ObjectContent {
  object: MoRef;
  values: ReadonlyMap<string, XmlElement>;
  /** Properties that could not be read, and why. */
  missing: ReadonlyMap<string, Fault>;
}

export interface PropertySpec {
  type: string;
  paths: readonly string[];
  objects: readonly MoRef[];
  /** Follow this property to the objects that are meant, instead of the objects themselves. */
  through?: { type: string; path: string };
}

/** A server pages by policy; more pages than tasks would mean that it goes in circles. */
const MAX_PAGES = 2000;

/**
 * One RetrievePropertiesEx for all objects, and its further pages. Objects that do not exist are absent from the answer:
 * without reportMissingObjectsInResults a single one fails the whole call. The order of the answer is not promised.
 *
 * @throws {SessionExpired} when a property is withheld for want of a session, which comes as an HTTP 200
 */
export async function retrieve(live: Live, spec: PropertySpec): Promise<ObjectContent[]> {
  const collector = live.content.propertyCollector;
  const found: ObjectContent[] = [];
  let [page] = await live.call('RetrievePropertiesEx', collector, [filterSpec(spec), element('options', {})]);
  for (let pages = 1; page; pages++) {
    found.push(...children(page, 'objects').map(objectContent));
    const token = text(page, 'token');
    if (!token) break;
    if (pages >= MAX_PAGES) throw new Error(`RetrievePropertiesEx did not end within ${MAX_PAGES} pages`);
    [page] = await live.call('ContinueRetrievePropertiesEx', collector, [element('token', {}, token)]);
  }
  const withheld = found.find((it) => [...it.missing.values()].some((fault) => fault.type === 'NotAuthenticated'));
  if (withheld)
    throw new SessionExpired(
      `The properties of ${withheld.object.type}:${withheld.object.value} were withheld: NotAuthenticated`,
    );
  return found;
}

function filterSpec({ type, paths, objects, through }: PropertySpec): XmlNode {
  const traversal =
    through &&
    element(
      'selectSet',
      { 'xsi:type': 'TraversalSpec' },
      element('name', {}, 'through'),
      element('type', {}, through.type),
      element('path', {}, through.path),
      element('skip', {}, 'false'),
    );
  return element(
    'specSet',
    {},
    element('propSet', {}, element('type', {}, type), ...paths.map((path) => element('pathSet', {}, path))),
    ...objects.map((object) =>
      element('objectSet', {}, morefNode('obj', object), traversal && element('skip', {}, 'true'), traversal),
    ),
    element('reportMissingObjectsInResults', {}, 'true'),
  );
}

function objectContent(entry: XmlElement): ObjectContent {
  const reference = child(entry, 'obj');
  const values = new Map<string, XmlElement>();
  for (const property of children(entry, 'propSet')) {
    const value = child(property, 'val');
    if (value) values.set(text(property, 'name') ?? '', value);
  }
  const missing = new Map(
    children(entry, 'missingSet').map((it) => {
      const fault = child(it, 'fault');
      return [text(it, 'path') ?? '', faultOf(fault && jsonOf(fault))] as const;
    }),
  );
  return { object: (reference && morefOf(jsonOf(reference))) ?? { type: '', value: '' }, values, missing };
}

/**
 * An unknown object and a dead session look the same: an empty answer. Reads the session itself to tell them apart.
 *
 * @throws {SessionExpired}
 */
export async function proveAlive(live: Live): Promise<void> {
  const [session] = await retrieve(live, {
    type: 'SessionManager',
    paths: ['currentSession'],
    objects: [live.content.sessionManager],
  });
  const current = session?.values.get('currentSession');
  if (!current || current.children.length === 0) throw new SessionExpired('There is no current session');
}
