import type { Json } from '../../job/job.ts';
import type { XmlNode } from '../../xml/write.ts';
import { encodeAnyType } from './arguments.ts';
import { isObject } from './moref.ts';

/**
 * A worker's value where the API declares anyType. Scalars go by their own type, an object with a `_typeName` as the API's
 * type of that name; every other structure as JSON text, for the server knows no type that it could be.
 *
 * @throws {ArgumentsError}
 */
export function anyTypeOf(name: string, value: Json): XmlNode {
  const structure = typeof value === 'object' && !(isObject(value) && typeof value._typeName === 'string');
  return encodeAnyType(name, structure ? JSON.stringify(value) : value);
}

/** The structure that was sent as text, if this text is one. */
export function structureIn(text: string): Json | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
