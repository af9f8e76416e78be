import { type ConnectionReference, parseConnection } from '../client/names.ts';
import type { ConnectionName } from '../client/types.ts';
import { UsageError } from './exit-codes.ts';

export function isConnection(word: string): boolean {
  return parseConnection(word) !== undefined;
}

export function connectionOf(word: string): ConnectionReference & { name: ConnectionName } {
  const found = parseConnection(word);
  // The API says which platforms there are.
  if (found) return { ...found, name: word as ConnectionName };
  throw new UsageError(`"${word}": must be the name of a connection, <platform>/<connection>`);
}
