import { isDeepStrictEqual } from 'node:util';

/** The attributes that differ between two versions of an item: to set, and to remove. */
export interface Changes {
  set: Record<string, unknown>;
  remove: string[];
}

/**
 * `before` may be a part of the item (what an index projects): only what it shows and `after` lacks is removed.
 */
export function changes(before: object, after: object): Changes {
  const old = before as Record<string, unknown>;
  const set: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after)) {
    if (value !== undefined && !isDeepStrictEqual(old[name], value)) set[name] = value;
  }
  const gone = (name: string) => (after as Record<string, unknown>)[name] === undefined;
  const remove = Object.keys(old).filter((name) => old[name] !== undefined && gone(name));
  return { set, remove };
}

/** A job as it is written: the digest stands for parts that were not read. */
export function withoutDigest<J extends { partsDigest?: string }>({
  partsDigest: _digest,
  ...rest
}: J): Omit<J, 'partsDigest'> {
  return rest;
}
