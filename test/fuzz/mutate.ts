import type { Random } from './random.ts';
import { NUMBERS, TOKENS, WORDS } from './tokens.ts';

export type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** Mutations that spoil what is there, and carry nothing from one place to another. */
export const SPOILING: readonly Mutation[] = [flipBit, setByte, insertToken, insertBytes, changeNumber, changeWord];
/** Mutations after which one thing may say what was said of another. */
export const MOVING: readonly Mutation[] = [truncate, remove, duplicate, swap];
const ALL = [...SPOILING, ...MOVING];

/** One to four mutations, one after the other. */
export function mutate(bytes: Buffer, random: Random, mutations: readonly Mutation[] = ALL): Buffer {
  let mutated = bytes;
  for (let left = 1 + random.int(4); left > 0; left--) mutated = random.pick(mutations)(mutated, random);
  return mutated;
}

function replace(bytes: Buffer, from: number, to: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}

function span(bytes: Buffer, random: Random): [number, number] {
  const from = random.int(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random.int(random.chance(0.5) ? 16 : bytes.length + 1))];
}

function flipBit(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  copy[random.int(copy.length)]! ^= 1 << random.int(8);
  return copy;
}

function setByte(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  copy[random.int(copy.length)] = random.pick([
    0, 9, 10, 13, 0x22, 0x26, 0x2c, 0x3c, 0x3e, 0x5b, 0x5c, 0x7b, 0x80, 0xff,
  ]);
  return copy;
}

function insertToken(bytes: Buffer, random: Random): Buffer {
  const at = random.int(bytes.length + 1);
  return replace(bytes, at, at, random.pick(TOKENS));
}

function insertBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.int(bytes.length + 1);
  return replace(bytes, at, at, random.bytes(1 + random.int(8)));
}

function changeNumber(bytes: Buffer, random: Random): Buffer {
  return changeMatch(bytes, random, /-?\d+(\.\d+)?/g, NUMBERS);
}

/** A name or a value of a field. */
function changeWord(bytes: Buffer, random: Random): Buffer {
  return changeMatch(bytes, random, /[A-Za-z_][\w.-]*/g, WORDS);
}

function changeMatch(bytes: Buffer, random: Random, pattern: RegExp, by: readonly Buffer[]): Buffer {
  const matches = [...bytes.toString('latin1').matchAll(pattern)];
  if (matches.length === 0) return insertToken(bytes, random);
  const match = random.pick(matches);
  return replace(bytes, match.index, match.index + match[0].length, random.pick(by));
}

function truncate(bytes: Buffer, random: Random): Buffer {
  return bytes.subarray(0, random.int(bytes.length + 1));
}

function remove(bytes: Buffer, random: Random): Buffer {
  const [from, to] = span(bytes, random);
  return replace(bytes, from, to, Buffer.alloc(0));
}

function duplicate(bytes: Buffer, random: Random): Buffer {
  const [from, to] = span(bytes, random);
  const times = random.chance(0.05) ? Math.min(1000, Math.ceil(100_000 / (to - from + 1))) : 1;
  const copies = Array.from({ length: times }, () => bytes.subarray(from, to));
  return replace(bytes, to, to, Buffer.concat(copies));
}

function swap(bytes: Buffer, random: Random): Buffer {
  const cuts = Array.from({ length: 4 }, () => random.int(bytes.length + 1)).sort((a, b) => a - b);
  const [a, b, c, d] = cuts as [number, number, number, number];
  const part = (from: number, to?: number) => bytes.subarray(from, to);
  return Buffer.concat([part(0, a), part(c, d), part(b, c), part(a, b), part(d)]);
}
