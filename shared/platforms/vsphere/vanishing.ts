import { morefOf } from './moref.ts';
import { SoapFault } from './soap.ts';
import type { Fault } from './task-info.ts';

/** ESXi writes the object into the sentence: `The object 'vim.Task:haTask-42-…' has already been deleted or …`. */
const NAMED = /\bvim\.Task:([^'"\s]+)/;

/**
 * The id of the task that a ManagedObjectNotFound is about; '' where it names no object, so that it may be about any of
 * those asked for; `undefined` for another fault, and for one about another object (a singleton, an entity).
 */
export function vanishedTask({ type, fields, message = '' }: Fault): string | undefined {
  if (type !== 'ManagedObjectNotFound') return undefined;
  const object = morefOf(fields.obj);
  if (object) return /(^|\.)Task$/.test(object.type) ? object.value : undefined;
  return NAMED.exec(message)?.[1] ?? '';
}

export function isAboutTask(error: unknown): boolean {
  return error instanceof SoapFault && vanishedTask(error.fault) !== undefined;
}
