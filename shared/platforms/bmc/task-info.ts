import type { Json, JsonObject } from '../../job/job.ts';
import { child, children, text, type XmlElement, xsiType } from '../../xml/parse.ts';
import { type TaskInfo, taskInfoOf } from '../vsphere/task-info.ts';
import { fieldsOf, jsonOf } from '../vsphere/values.ts';
import { faultName } from './vsphere-faults.ts';

/**
 * The adapter's TaskInfo in vSphere's own shape, for the reader that both share. Direct children only, in any order;
 * unknown ones are left out. The adapter bends it: a reference is an element named after its type (`VirtualMachine`) with a
 * display name in it, and the reason one named after its subtype.
 */
export function taskInfoOfAdapter(element: XmlElement): TaskInfo {
  const plain = PLAIN.map((name) => [name, text(element, name)?.trim()] as const);
  const words = WORDS.map((name) => [name, text(element, name)?.trim().toLowerCase()] as const);
  const raw: Record<string, Json | undefined> = {
    ...Object.fromEntries([...plain, ...words]),
    task: referenceOf(child(element, 'Task')),
    description: messageOf(child(element, 'description')),
    entity: referenceOf(element.children.find(isEntity)),
    reason: reasonOf(element.children.find((it) => /^TaskReason|^reason$/.test(it.name))),
    error: faultOf(child(element, 'error')),
    result: resultOf(child(element, 'result')),
  };
  return taskInfoOf(Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined)) as JsonObject);
}

const PLAIN = [
  'key',
  'name',
  'descriptionId',
  'entityName',
  'progress',
  'queueTime',
  'startTime',
  'completeTime',
  'eventChainId',
] as const;
/** Compared, so their case must not matter. */
const WORDS = ['state', 'cancelled', 'cancelable'] as const;

/** The first reference in document order: a running task repeats it for what it has locked. */
function isEntity({ name }: XmlElement): boolean {
  return /^[A-Z]/.test(name) && name !== 'Task' && !name.startsWith('TaskReason');
}

function referenceOf(element: XmlElement | undefined): Json | undefined {
  const value = element?.text.trim();
  return element && value ? { type: element.name, value } : undefined;
}

function messageOf(element: XmlElement | undefined): Json | undefined {
  return element && (element.children.length > 0 ? fieldsOf(element) : element.text.trim());
}

function reasonOf(element: XmlElement | undefined): Json | undefined {
  return element && { ...fieldsOf(element), _typeName: xsiType(element) ?? element.name };
}

function resultOf(element: XmlElement | undefined): Json | undefined {
  return element && (element.children.length > 0 || element.text.trim() !== '') ? jsonOf(element) : undefined;
}

/** Of LocalizedMethodFault itself, and of the plain texts that some versions might write there. */
const NO_FAULTS = new Set(['localizedMessage', 'message', 'faultMessage', 'faultCause']);

/**
 * The layout of an error is not documented. Read are: the fault as an element named after its type beside localizedMessage,
 * the same inside `fault`, vSphere's own `fault` with xsi:type, and a bare text.
 */
function faultOf(element: XmlElement | undefined): Json | undefined {
  if (!element) return undefined;
  const outer = child(element, 'LocalizedMethodFault') ?? element;
  const holder = child(outer, 'fault');
  const typed = [holder, outer].find((it) => it && xsiType(it) !== undefined && xsiType(it) !== 'LocalizedMethodFault');
  const named = (holder ?? outer).children.find((it) => !NO_FAULTS.has(it.name) && /^[A-Z]/.test(it.name));
  const fault = typed ?? named;
  const type = fault && (xsiType(fault) ?? fault.name);
  const own = [outer, holder].map((it) => it && (text(it, 'localizedMessage') ?? text(it, 'message'))?.trim());
  const bare = element.children.length === 0 ? element.text.trim() : undefined;
  const message = own.find((it) => it) ?? (bare || undefined);
  const explanation = explanationOf([outer, holder].filter((it) => it !== undefined));
  if (type === undefined && message === undefined && Object.keys(explanation).length === 0) return undefined;
  const name = type ?? nameIn(message);
  return {
    fault: { ...explanation, ...(fault && fieldsOf(fault)), ...(name !== undefined && { _typeName: faultName(name) }) },
    ...(message !== undefined && { localizedMessage: message }),
  };
}

/** What may stand beside the fault's element instead of inside; a cause is bent as the fault itself. */
function explanationOf(places: readonly XmlElement[]): JsonObject {
  const messages = places.flatMap((it) => children(it, 'faultMessage')).map(jsonOf);
  const cause = places.map((it) => faultOf(child(it, 'faultCause'))).find((it) => it !== undefined);
  return { ...(messages.length > 0 && { faultMessage: messages }), ...(cause !== undefined && { faultCause: cause }) };
}

/** `com.vmware.vim25.InvalidPowerState: …` */
function nameIn(message: string | undefined): string | undefined {
  return /^(?:[\w.]+\.)?([A-Z]\w+):/.exec(message ?? '')?.[1];
}
