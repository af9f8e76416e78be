import type { Json, JsonObject } from '../../job/job.ts';
import { shortened } from '../../secrets/conceal.ts';
import { parseDateTime } from '../../xml/date-time.ts';
import type { XmlElement } from '../../xml/parse.ts';
import { faultText, messageOf, ownText } from './fault-text.ts';
import { isObject, type MoRef, morefOf } from './moref.ts';
import { jsonOf, unboxed } from './values.ts';

/**
 * vim.TaskInfo as a plain value, whether it came as SOAP, as VI/JSON or through another product that speaks its vocabulary.
 * Reading is lenient: one odd field must not make a task unreadable. Times are epoch milliseconds of the server's clock.
 */
export interface TaskInfo {
  /** Equals the value of the task's reference on vCenter. */
  key: string;
  /** Its reference; the server's word for the task where the key is another. */
  task?: MoRef;
  /** WSDL name of the method; absent for tasks of extensions, a short form in simulators. Never for logic alone. */
  name?: string;
  descriptionId?: string;
  /** What the task is doing right now; changes during the task. */
  description?: string;
  entity?: MoRef;
  entityName?: string;
  /** queued, running, success or error; whatever else a newer server says. */
  state: string;
  /** A cancel was requested. Not an outcome. */
  cancelled: boolean;
  cancelable: boolean;
  error?: Fault;
  result?: Json;
  /** As sent: -5 and 150 have been seen. */
  progress?: number;
  /** Who or what started it: `TaskReasonUser` with its userName, `TaskReasonSystem`, … */
  reason?: { type: string; userName?: string };
  queueTime?: number;
  startTime?: number;
  completeTime?: number;
  /** Ties events to the task; 0 means none. */
  eventChainId?: number;
  /** The client's own token; whoever called CreateTask or an `*_Task` method may have given one. */
  activationId?: string;
}

/** A fault with the chain of its causes. Only the leaf type travels on the wire. */
export interface Fault {
  type: string;
  /** All that the fault says of why, its causes included; of a cause, its own words. Localized and optional: for people, never for logic. */
  message?: string;
  fields: JsonObject;
  cause?: Fault;
}

export function taskInfoFromXml(element: XmlElement): TaskInfo {
  return taskInfoOf(jsonOf(element));
}

/** From VI/JSON, or from what `jsonOf` makes of SOAP. */
export function taskInfoOf(value: Json): TaskInfo {
  const raw = isObject(value) ? value : {};
  const task = morefOf(raw.task);
  return {
    key: text(raw.key) ?? task?.value ?? '',
    state: text(raw.state) ?? '',
    cancelled: flag(raw.cancelled),
    cancelable: flag(raw.cancelable),
    ...present({
      task,
      name: text(raw.name),
      descriptionId: text(raw.descriptionId),
      description: text(messageOf(raw.description)),
      entity: morefOf(raw.entity),
      entityName: text(raw.entityName),
      error: raw.error === undefined || raw.error === null ? undefined : faultOf(raw.error),
      result: raw.result === undefined || raw.result === null ? undefined : unboxed(raw.result),
      progress: number(raw.progress),
      reason: reasonOf(raw.reason),
      queueTime: time(raw.queueTime),
      startTime: time(raw.startTime),
      completeTime: time(raw.completeTime),
      eventChainId: number(raw.eventChainId) || undefined,
      activationId: text(raw.activationId),
    }),
  };
}

/**
 * Accepts the wrapper `{ fault, localizedMessage }` (SOAP, govmomi's JSON) and the bare fault (VI/JSON 8.0.3), at the top
 * and for every cause.
 */
export function faultOf(value: Json | undefined, depth = 0): Fault {
  const outer = isObject(value) ? value : {};
  const wrapped = isObject(outer.fault);
  const inner = wrapped ? (outer.fault as JsonObject) : outer;
  const {
    _typeName,
    faultCause,
    faultMessage: _told,
    faultstring: _stack,
    localizedMessage: _message,
    ...rest
  } = inner;
  const cause = isObject(faultCause) && depth < 20 ? faultOf(faultCause, depth + 1) : undefined;
  const fields = wrapped || _typeName !== undefined ? (unboxed(rest) as JsonObject) : {};
  return {
    ...(extendedFault(_typeName, fields) ?? { type: text(_typeName) ?? 'unknown', fields }),
    ...present({
      message: depth === 0 ? faultText(value) : ownText(outer),
      cause,
    }),
  };
}

/** The container in which an extension sends a fault of its own: the id inside is the fault's type. */
function extendedFault(typeName: Json | undefined, { faultTypeId, data }: JsonObject): Fault | undefined {
  const type = typeName === 'ExtendedFault' ? text(faultTypeId) : undefined;
  if (type === undefined) return undefined;
  // A single KeyValue looks like one value, not like a list.
  const pairs = (Array.isArray(data) ? data : [data]).filter(isObject);
  return { type, fields: Object.fromEntries(pairs.map(({ key, value }) => [text(key) ?? '', value ?? null])) };
}

/** The fault and its causes, outermost first. */
export function faultChain(fault: Fault | undefined): Fault[] {
  return fault ? [fault, ...faultChain(fault.cause)] : [];
}

function reasonOf(value: Json | undefined): TaskInfo['reason'] {
  if (!isObject(value)) return undefined;
  return { type: text(value._typeName) ?? 'unknown', ...present({ userName: text(value.userName) }) };
}

/** Texts of a peer are shown and stored, so they are bounded. */
const MAX_TEXT = 2000;

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? shortened(value, MAX_TEXT) : undefined;
}

function flag(value: Json | undefined): boolean {
  return value === true || value === 'true' || value === '1';
}

function number(value: Json | undefined): number | undefined {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined;
}

function time(value: Json | undefined): number | undefined {
  return typeof value === 'string' ? parseDateTime(value) : undefined;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
