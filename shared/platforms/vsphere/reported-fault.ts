import type { Json, JsonObject } from '../../job/job.ts';
import { element, type XmlNode } from '../../xml/write.ts';
import type { Report } from '../adapter.ts';
import { ArgumentsError, encodeAnyType } from './arguments.ts';

/**
 * A worker's fault as a LocalizedMethodFault. SetTaskState takes faults that descend from VimFault only, with types that the
 * server knows, so:
 *
 * - details with a `_typeName` are the fault itself, in VI/JSON's shape: `{ "_typeName": "TaskInProgress", "task": { … } }`;
 * - every other code travels as the id inside an ExtendedFault, "the container for faults logged by extensions", and the
 *   details as its data; a look opens it again (`task-info.ts`);
 * - so does RequestCanceled, a RuntimeFault; it is the cause as well, where a cause may be any fault, for other readers.
 *
 * @throws {ArgumentsError}
 */
export function faultNode({ code, message, details = {} }: NonNullable<Report['fault']>): XmlNode {
  const canceled = code === 'RequestCanceled';
  const fault = '_typeName' in details && !canceled ? native(details) : extended(code, details, canceled);
  return element('fault', {}, fault, element('localizedMessage', {}, message));
}

/** Names of the RuntimeFault branch that look as if they could be a worker's; a server may refuse more. */
const RUNTIME_FAULTS: ReadonlySet<Json | undefined> = new Set([
  'RuntimeFault',
  'RequestCanceled',
  'NotSupported',
  'NotImplemented',
  'ManagedObjectNotFound',
  'HostCommunication',
  'HostNotConnected',
  'HostNotReachable',
  'InvalidArgument',
  'InvalidRequest',
  'InvalidType',
  'MethodNotFound',
  'SystemError',
  'UnexpectedFault',
  'MethodDisabled',
  'DatabaseError',
  'VAppOperationInProgress',
  'NotEnoughLicenses',
  'SecurityError',
  'NoPermission',
  'NotAuthenticated',
]);

function native(details: JsonObject): XmlNode {
  const { _typeName: type } = details;
  if (RUNTIME_FAULTS.has(type)) {
    throw new ArgumentsError(
      `fault.details._typeName: ${String(type)} is a RuntimeFault, and SetTaskState takes faults of the VimFault branch only`,
    );
  }
  return encodeAnyType('fault', details);
}

/** The base type's properties first: MethodFault's faultCause, then faultTypeId, then data. */
function extended(code: string, details: JsonObject, canceled: boolean): XmlNode {
  const cause = canceled
    ? element('faultCause', {}, element('fault', { 'xsi:type': 'RequestCanceled' }), element('localizedMessage', {}))
    : undefined;
  const data = Object.entries(details).map(([key, value]) =>
    element('data', {}, element('key', {}, key), element('value', {}, textOf(value))),
  );
  return element('fault', { 'xsi:type': 'ExtendedFault' }, cause, element('faultTypeId', {}, code), ...data);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
