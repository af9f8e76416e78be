import type { Json, JsonObject } from '../../job/job.ts';
import { XmlError } from '../../xml/error.ts';
import { element, type XmlNode } from '../../xml/write.ts';
import { isMoRef, isObject } from './moref.ts';
import {
  ANY_TYPE_PROPERTIES,
  DECLARED_TYPES,
  entry,
  METHOD_ORDERS,
  PROPERTY_ORDERS,
  parameterNames,
} from './orders.ts';

/** Arguments that cannot be sent. The message names the place: `spec.extraConfig[0].value`. */
export class ArgumentsError extends Error {
  override readonly name = 'ArgumentsError';
}

/** Deeper than any argument of the API; a snapshot tree is never an argument. */
const MAX_DEPTH = 64;

/**
 * A method's arguments in VI/JSON's shape as SOAP parameters:
 *
 * - `{ _typeName: T, … }` gets `xsi:type="T"`; without it the declared type is meant;
 * - `{ type, value }` is a managed object reference;
 * - `{ _typeName: "string", _value: … }` is a boxed scalar, `{ _typeName: "ArrayOfString", _value: […] }` a boxed array;
 * - an array is a repeated element, null is left out;
 * - the order is that of `orders.ts`, else the caller's. A parameter younger than the table goes last, as the API grows.
 *
 * @throws {ArgumentsError}
 */
export function encodeArguments(method: string, args: JsonObject): XmlNode[] {
  const order = entry(METHOD_ORDERS, method);
  return properties(args, '', order ? parameterNames(order) : [], (name, value, place) =>
    slot(name, value, { place, method, depth: 1 }),
  );
}

/**
 * One value where the API declares anyType: a scalar, or an object that names its type with `_typeName`.
 *
 * @throws {ArgumentsError}
 */
export function encodeAnyType(name: string, value: Json): XmlNode {
  return one(name, value, { place: name, depth: 1, anyType: true });
}

interface Place {
  place: string;
  /** Set at the top only, where a parameter's own order may be known. */
  method?: string;
  depth: number;
  anyType?: boolean;
}

/** The elements of one property: none, one, or one per item. */
function slot(name: string, value: Json, at: Place): XmlNode[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) return [one(name, value, at)];
  if (at.anyType)
    throw new ArgumentsError(`${at.place} needs the type of its array: { "_typeName": "ArrayOf…", "_value": […] }`);
  return repeated(name, value, at);
}

function repeated(name: string, items: Json[], at: Place): XmlNode[] {
  return items.flatMap((item, index) => {
    const place = `${at.place}[${index}]`;
    if (Array.isArray(item)) throw new ArgumentsError(`${place} is an array inside an array, which SOAP does not have`);
    return item === null ? [] : [one(name, item, { ...at, place })];
  });
}

function one(name: string, value: Json, at: Place): XmlNode {
  if (at.depth > MAX_DEPTH) throw new ArgumentsError(`${at.place} is nested deeper than ${MAX_DEPTH} levels`);
  if (!isObject(value)) {
    return element(name, { 'xsi:type': at.anyType ? guessedType(value) : undefined }, scalar(value, at.place));
  }
  if (isMoRef(value)) {
    const typed = at.anyType || value._typeName !== undefined;
    return element(name, { 'xsi:type': typed ? 'ManagedObjectReference' : undefined, type: value.type }, value.value);
  }
  if ('_value' in value) return boxed(name, value, at);
  return dataObject(name, value, at);
}

function dataObject(name: string, value: JsonObject, at: Place): XmlNode {
  const type = typeName(value, at.place);
  if (at.anyType && type === undefined)
    throw new ArgumentsError(`${at.place} needs a _typeName: any type may stand there`);
  const declared = type ?? entry(DECLARED_TYPES, name);
  const anyTypes = declared ? (entry(ANY_TYPE_PROPERTIES, declared) ?? []) : [];
  const order = at.method ? (entry(PROPERTY_ORDERS, `${at.method}/${name}`) ?? []) : [];
  const { _typeName, ...rest } = value;
  const inner = properties(rest, at.place, order, (key, item, place) =>
    slot(key, item, { place, depth: at.depth + 1, anyType: anyTypes.includes(key) }),
  );
  return element(name, { 'xsi:type': type }, ...inner);
}

function boxed(name: string, value: JsonObject, at: Place): XmlNode {
  const type = typeName(value, at.place);
  const content = value._value!;
  if (type === undefined) throw new ArgumentsError(`${at.place} has a _value without a _typeName`);
  if (!Array.isArray(content)) {
    if (isObject(content) || content === null)
      throw new ArgumentsError(`${at.place}._value must be a scalar or an array`);
    return element(name, { 'xsi:type': entry(XSD_TYPES, type) ?? type }, scalar(content, `${at.place}._value`));
  }
  if (!type.startsWith('ArrayOf'))
    throw new ArgumentsError(`${at.place} has an array as _value, so its _typeName must be ArrayOf…`);
  const itemType = type.slice('ArrayOf'.length);
  const itemName = XSD_ITEMS.has(itemType) ? itemType.charAt(0).toLowerCase() + itemType.slice(1) : itemType;
  const inside = { place: `${at.place}._value`, depth: at.depth + 1, anyType: itemType === 'AnyType' };
  return element(name, { 'xsi:type': type }, ...repeated(itemName, content, inside));
}

/** VI/JSON's names of scalars in the xsd namespace. What is not here and has a `_value` is an enumeration. */
const XSD_TYPES: Readonly<Record<string, string>> = {
  string: 'xsd:string',
  boolean: 'xsd:boolean',
  byte: 'xsd:byte',
  short: 'xsd:short',
  int: 'xsd:int',
  long: 'xsd:long',
  float: 'xsd:float',
  double: 'xsd:double',
  dateTime: 'xsd:dateTime',
  binary: 'xsd:base64Binary',
  anyURI: 'xsd:anyURI',
};

/** `ArrayOfString` has `<string>` items, `ArrayOfVirtualDevice` has `<VirtualDevice>` items. */
const XSD_ITEMS = new Set([
  'String',
  'Boolean',
  'Byte',
  'Short',
  'Int',
  'Long',
  'Float',
  'Double',
  'DateTime',
  'AnyURI',
  'AnyType',
]);

/** Only for a bare value in an anyType slot. int and long matter to the receiver: a box says which. */
function guessedType(value: Json): string {
  if (typeof value === 'boolean') return 'xsd:boolean';
  if (typeof value !== 'number') return 'xsd:string';
  if (!Number.isInteger(value)) return 'xsd:double';
  return Math.abs(value) <= 0x7fffffff ? 'xsd:int' : 'xsd:long';
}

function scalar(value: Json, place: string): string {
  if (
    typeof value === 'number' &&
    (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
  ) {
    throw new ArgumentsError(`${place} is a number that JSON cannot carry exactly: give it as a string`);
  }
  return String(value);
}

function typeName(value: JsonObject, place: string): string | undefined {
  const type = value._typeName;
  if (type === undefined) return undefined;
  if (typeof type !== 'string' || !NAME.test(type)) throw new ArgumentsError(`${place}._typeName is no name of a type`);
  return type;
}

const NAME = /^[A-Za-z][A-Za-z0-9]*$/;

/** The properties in wire order. `_this` and markup in a name are no properties. */
function properties(
  object: JsonObject,
  parent: string,
  order: readonly string[],
  encode: (name: string, value: Json, place: string) => XmlNode[],
): XmlNode[] {
  const given = Object.keys(object);
  const names = [
    ...order.filter((name) => Object.hasOwn(object, name)),
    ...given.filter((name) => !order.includes(name)),
  ];
  return names.flatMap((name) => {
    const place = parent ? `${parent}.${name}` : name;
    if (!NAME.test(name)) throw new ArgumentsError(`${JSON.stringify(place).slice(0, 200)} is no name of a property`);
    return encode(name, object[name]!, place);
  });
}

/** Both ways in which arguments turn out to be impossible: while encoding, and while writing the XML. */
export function isArgumentsError(error: unknown): error is Error {
  return error instanceof ArgumentsError || error instanceof XmlError;
}
