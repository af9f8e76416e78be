import type { Random } from './random.ts';

/** Values that no field expects. Text, because some of them exist in JSON text alone. */
const VALUES: readonly string[] = [
  'null',
  'true',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e309',
  '-1e309',
  '9007199254740993',
  '99999999999999999999999999',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e\\u2028\\ufeff"',
  '"__proto__"',
  '"../../x"',
  '"<a>&amp;</a>"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"valueOf":2,"toJSON":3}',
  '{"then":1}',
  '{"":""}',
  '{"_typeName":"VirtualMachine","value":"vm-1"}',
  JSON.stringify('x'.repeat(5000)),
  JSON.stringify('é'.repeat(400_000)),
  JSON.stringify('😀'.repeat(70)),
  `${'['.repeat(63)}${']'.repeat(63)}`,
  `${'{"a":'.repeat(62)}1${'}'.repeat(62)}`,
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  JSON.stringify(Array.from({ length: 20_000 }, () => 0)),
  JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i]))),
];

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  '\u0000',
  '_typeName',
  'a.b',
  'a[0]',
  'labels',
  'operaton',
  'k'.repeat(1000),
];

/** JSON text of `value` with one to three of its values replaced, keys renamed, or members added. */
export function hostileJson(value: unknown, random: Random): string {
  let members = count(value);
  const hits = new Set(Array.from({ length: 1 + random.int(3) }, () => random.int(members)));
  const write = (it: unknown): string => {
    const hit = hits.has(--members);
    if (hit && random.chance(0.6)) return random.pick(VALUES);
    if (Array.isArray(it))
      return `[${it
        .map(write)
        .concat(hit ? [random.pick(VALUES)] : [])
        .join()}]`;
    if (typeof it !== 'object' || it === null) return JSON.stringify(it) ?? 'null';
    const entries = Object.entries(it).map(([key, inner]) => {
      const name = hit && random.chance(0.3) ? random.pick(KEYS) : key;
      return `${JSON.stringify(name)}:${write(inner)}`;
    });
    if (hit) entries.push(`${JSON.stringify(random.pick(KEYS))}:${random.pick(VALUES)}`);
    return `{${entries.join()}}`;
  };
  return write(value);
}

function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + count(inner), 1);
}
