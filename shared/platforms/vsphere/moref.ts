import type { Json, JsonObject } from '../../job/job.ts';
import { element, type XmlNode } from '../../xml/write.ts';

/**
 * Managed object reference: the name of an object at one vCenter. A third attribute, `serverGuid`, appears in linked mode
 * and is left out of every comparison: govmomi's waiter missed updates until it did so too (2024).
 */
export type MoRef = { type: string; value: string };

export function sameMoRef(a: MoRef, b: MoRef): boolean {
  return a.type === b.type && a.value === b.value;
}

export function showMoRef(reference: MoRef): string {
  return `${reference.type}:${reference.value}`;
}

export function morefNode(name: string, reference: MoRef): XmlNode {
  return element(name, { type: reference.type }, reference.value);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Has the shape of a reference: `type`, `value` and nothing that a reference does not have. */
export function isMoRef(value: Json | undefined): value is MoRef & JsonObject {
  if (!isObject(value) || typeof value.type !== 'string' || typeof value.value !== 'string') return false;
  if (value._typeName !== undefined && value._typeName !== 'ManagedObjectReference') return false;
  return Object.keys(value).every((key) => ['type', 'value', '_typeName', 'serverGuid'].includes(key));
}

/**
 * The value of a reference, or its type. Bounded, as handles hold several and travel in every tick; and of characters that
 * XML can carry, or one handle would spoil the question about a hundred tasks.
 */
const ID = /^[^\p{Cc}\p{Cs}\uFFFE\uFFFF]{1,500}$/u;

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

export function morefOf(value: Json | undefined): MoRef | undefined {
  return isMoRef(value) && isId(value.type) && isId(value.value) ? { type: value.type, value: value.value } : undefined;
}
