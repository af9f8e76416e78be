import { marshall } from '@aws-sdk/util-dynamodb';
import type { ActiveJob, Part } from '../job/job.ts';
import { digestOf } from '../job/parts.ts';
import * as keys from './keys.ts';
import type { ConnectionRef, StatsItem } from './store.ts';
import { timelineIn } from './timeline-slots.ts';

export function item(value: object) {
  // A map with a key "constructor" (a label of a caller's) looks like an instance of a class.
  return marshall(value, { removeUndefinedValues: true, convertClassInstanceToMap: true });
}

export function jobOf<J extends ActiveJob>(of: ConnectionRef, found: Record<string, unknown>): J {
  const { pk: _pk, sk, ...rest } = found;
  const reference = { platform: of.platform, connection: of.connection, id: keys.jobIdOf(String(sk)) };
  return { ...reference, ...decoded(timelineIn(rest)) } as unknown as J;
}

export function statsOf(found: Record<string, unknown>): StatsItem {
  return {
    rev: Number(found.rev),
    stats: JSON.parse(String(found.stats)),
    countedWith: String(found.countedWith),
  };
}

/**
 * What a platform or a worker says is kept as JSON text: DynamoDB's numbers have 38 digits and its maps 32 levels, and a
 * result that it refused would keep its job from ever ending.
 */
const AS_TEXT = ['result', 'error'];

export function encoded(attributes: Record<string, unknown>): Record<string, unknown> {
  return partsApart(mapped(attributes, (value) => JSON.stringify(value)));
}

function decoded(attributes: Record<string, unknown>): Record<string, unknown> {
  return partsTogether(mapped(attributes, (value) => JSON.parse(String(value))));
}

/** Where a job's parts are: the index has `parts` in every entry, so each tick would read up to 64 KB of every open job. */
export const MEMBERS = 'members';

/** The index, which cannot be changed, gets a list that looks like parts to an older version: of one, with a digest. */
function partsApart(attributes: Record<string, unknown>): Record<string, unknown> {
  const { parts } = attributes;
  if (!Array.isArray(parts)) return attributes;
  return { ...attributes, [MEMBERS]: parts, parts: [{ digest: digestOf(parts as Part[]) }] };
}

/** Items from before have their parts under `parts`, in the index too. */
function partsTogether({ [MEMBERS]: members, ...attributes }: Record<string, unknown>): Record<string, unknown> {
  if (members !== undefined) return { ...attributes, parts: members };
  const { parts, ...rest } = attributes;
  const digest = Array.isArray(parts) && parts.length === 1 ? (parts[0] as { digest?: string }).digest : undefined;
  return digest === undefined ? attributes : { ...rest, partsDigest: digest };
}

function mapped(attributes: Record<string, unknown>, code: (value: unknown) => unknown): Record<string, unknown> {
  const known = AS_TEXT.filter((name) => attributes[name] !== undefined);
  return { ...attributes, ...Object.fromEntries(known.map((name) => [name, code(attributes[name])])) };
}
