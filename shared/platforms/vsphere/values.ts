import type { Json, JsonObject } from '../../job/job.ts';
import { attribute, type XmlElement, XSI, xsiType } from '../../xml/parse.ts';
import { isObject, morefOf } from './moref.ts';

/**
 * SOAP values as plain JSON, in the shape of VI/JSON but without its boxes:
 *
 * | SOAP | JSON |
 * | --- | --- |
 * | managed object reference | `{ type, value }` |
 * | value with an xsi:type of a number or boolean | number or boolean; an integer beyond 2^53 and a non-finite number stay text |
 * | `ArrayOf…`, a repeated element, a name in `LISTS` | array |
 * | data object | object, with `_typeName` where the answer carries the type |
 * | anything else | text: without the type, "1024" may be a name as well as a size |
 */
export function jsonOf(element: XmlElement): Json {
  if (attribute(element, 'nil', XSI) === 'true') return null;
  const type = xsiType(element);
  const target = attribute(element, 'type');
  if (target !== undefined && element.children.length === 0) return { type: target, value: element.text };
  if (type?.startsWith('ArrayOf')) return element.children.map(jsonOf);
  if (element.children.length > 0) return { ...(type && { _typeName: type }), ...fieldsOf(element) };
  return type === undefined ? element.text : scalar(type, element.text);
}

/** The children of an element by name. */
export function fieldsOf(element: XmlElement): JsonObject {
  const fields = new Map<string, Json[]>();
  for (const inner of element.children) {
    const values = fields.get(inner.name);
    if (values) values.push(jsonOf(inner));
    else fields.set(inner.name, [jsonOf(inner)]);
  }
  // fromEntries defines what it is given, `__proto__` too, and so cannot touch a prototype.
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length > 1 || LISTS.has(name) ? values : values[0]!]),
  );
}

const NUMBERS = new Set(['byte', 'short', 'int', 'long', 'float', 'double', 'integer', 'decimal']);
const TEXTS = new Set(['string', 'dateTime', 'base64Binary', 'anyURI']);

function scalar(type: string, text: string): Json {
  if (type === 'boolean') return text.trim() === 'true' || text.trim() === '1';
  if (NUMBERS.has(type)) {
    const number = Number(text);
    const exact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
    return exact && text.trim() !== '' ? number : text;
  }
  // An empty element with a type of its own is a data object without properties, as most faults are.
  return text === '' && !TEXTS.has(type) ? { _typeName: type } : text;
}

/**
 * Properties that are arrays by declaration, where an answer with one item looks like one value. Those of the results
 * that can hide failures, and of faults.
 */
const LISTS = new Set([
  'faultMessage',
  'attempted',
  'notAttempted',
  'recommendations',
  'volumeResults',
  'placementResults',
  'placementFaults',
  'hostsAddedToCluster',
  'hostsFailedInventoryAdd',
  'hostsFailedMoveToCluster',
  'addedHosts',
  'failedHosts',
  'configuredHosts',
  'diskResult',
  'failedVmFile',
  'failedVmConfigFile',
  'succeededVmConfigFile',
  'rescan',
  'diskConfigurationResult',
  'hostFault',
  'importFaults',
  'objectFault',
]);

/** A VI/JSON value in the same shape: boxes opened, references reduced to `{ type, value }`. */
export function unboxed(value: Json, depth = 0): Json {
  if (depth > 100) return null;
  if (Array.isArray(value)) return value.map((inner) => unboxed(inner, depth + 1));
  if (!isObject(value)) return value;
  const reference = morefOf(value);
  if (reference) return reference;
  if (typeof value._typeName === 'string' && value._value !== undefined) return unboxed(value._value, depth + 1);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unboxed(inner, depth + 1)]));
}
