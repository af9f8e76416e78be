import type * as z from '../schema.ts';
import { didYouMean } from './did-you-mean.ts';
import { synonymOf } from './synonyms.ts';

/** What is wrong with a value, and where. */
export interface FieldError {
  /** `labels.team`; empty: the value as a whole. */
  field: string;
  message: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Of a key or a path that is shown: a caller may send any. */
const MAX_SHOWN = 100;
const MAX_UNKNOWN_KEYS = 5;
/** More than any of ours; beyond, they are not worth listing. */
const MAX_ALLOWED = 30;

/**
 * The issues that a schema has with a value, in words that say what is wrong, where, and what to do. `besides`: keys that the
 * value may have too, which somebody else has taken out of it.
 */
export function fieldErrors(
  schema: z.ZodMiniType,
  value: unknown,
  issues: readonly Issue[],
  besides: readonly string[] = [],
): FieldError[] {
  return issues.flatMap((issue) => explained({ schema, root: value, besides }, issue, []));
}

interface Refused {
  schema: z.ZodMiniType;
  root: unknown;
  besides: readonly string[];
}

function explained(refused: Refused, issue: Issue, above: Path): FieldError[] {
  const { schema, root } = refused;
  const path = [...above, ...issue.path];
  const field = shown(path.map(String).join('.'));
  if (issue.code === 'unrecognized_keys') {
    const known = [...keysOf(schema, path), ...(path.length === 0 ? refused.besides : [])];
    return issue.keys.slice(0, MAX_UNKNOWN_KEYS).map((key) => ({
      field: shown([...path, key].map(String).join('.')),
      message: unknownKey(key, known),
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // Of the shapes that it may have, the one that the value comes closest to: the mistake that lies deepest, then the fewest.
    const [best] = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length);
    if (depthOf(best!) > 0) return best!.flatMap((inner) => explained(refused, inner, path));
    return [{ field, message: `${mustBe([...new Set(wantedBy(issue))].join(' or '))}${butIs(at(root, path))}` }];
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    return [{ field, message: `${mustBe(objectWith(keysOf(schema, path)))}${butIs(at(root, path))}` }];
  }
  return [{ field, message: messageOf(issue, at(root, path)) }];
}

/** What each of the shapes would have been. */
function wantedBy(issue: Issue): string[] {
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap(wantedBy);
  return [
    issue.code === 'invalid_type' ? typeName(issue.expected) : messageOf(issue, undefined).replace(/^must be /, ''),
  ];
}

function objectWith(keys: readonly string[]): string {
  return keys.length === 0 || keys.length > MAX_ALLOWED ? 'an object' : `an object with ${keys.join(', ')}`;
}

function depthOf(errors: readonly Issue[]): number {
  return Math.max(0, ...errors.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));
}

function unknownKey(key: string, known: readonly string[]): string {
  if (known.length === 0 || known.length > MAX_ALLOWED) return `the key "${shown(key)}" is not known here`;
  return `the key "${shown(key)}" is not known here; ${meant(key, known)}allowed are ${known.join(', ')}`;
}

function meant(key: string, known: readonly string[]): string {
  const synonym = synonymOf(key, known);
  return synonym === undefined ? didYouMean(key, known) : `did you mean "${synonym}"? `;
}

function messageOf(issue: Issue, value: unknown): string {
  // A schema's own words are the better ones.
  if (!/^(Invalid|Too|Unrecognized)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `${mustBe(typeName(issue.expected))}${butIs(value)}`;
    case 'invalid_value':
      return oneOfThese(issue.values, value);
    case 'invalid_union':
      return oneOfThese('options' in issue ? (issue.options as unknown[]) : [], value);
    case 'too_small':
      return `${mustHave(issue.origin, 'at least', issue.minimum)}${butHas(issue.origin, value)}`;
    case 'too_big':
      return `${mustHave(issue.origin, 'at most', issue.maximum)}${butHas(issue.origin, value)}`;
    case 'invalid_key':
      return `its name is not one that is taken: ${issue.issues.map((inner) => messageOf(inner, issue.path.at(-1))).join(', ')}`;
    case 'invalid_format':
      return `must be text of the form ${issue.pattern ?? issue.format}`;
    default:
      return `is not valid (${issue.code})`;
  }
}

function oneOfThese(values: readonly unknown[], value: unknown): string {
  const guess = typeof value === 'string' ? didYouMean(value, values.map(String)).trim() : butIs(value).slice(2);
  return `${mustBe(values.map((it) => JSON.stringify(it)).join(' or '))}${guess === '' ? '' : `; ${guess}`}`;
}

function mustBe(wanted: string): string {
  return `must be ${wanted}`;
}

function mustHave(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `must have ${bound} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `must have ${bound} ${limit} members`;
  return `must be ${bound} ${limit}`;
}

function butHas(origin: string, value: unknown): string {
  // A number in a query is text.
  if (origin === 'number' || origin === 'int') return Number.isFinite(Number(value)) ? `, and is ${Number(value)}` : '';
  return typeof value === 'string' || Array.isArray(value) ? `, and has ${value.length}` : '';
}

/** Its kind alone: the value may be a secret that was put into the wrong place. */
function butIs(value: unknown): string {
  if (value === undefined) return ', and is missing';
  if (value === null) return ', and is null';
  return `, and is ${TYPES[Array.isArray(value) ? 'array' : typeof value]}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

function typeName(expected: string): string {
  return TYPES[expected] ?? expected;
}

function shown(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((it, key) => (isObject(it) && Object.hasOwn(it, key) ? it[key] : undefined), value);
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The parts of a schema's definition that lead to the keys of its objects. */
interface Definition {
  shape?: Record<string, z.ZodMiniType>;
  options?: readonly z.ZodMiniType[];
  element?: z.ZodMiniType;
  valueType?: z.ZodMiniType;
  innerType?: z.ZodMiniType;
  in?: z.ZodMiniType;
}

/** The keys that an object at this path may have, of all the shapes that there are. */
function keysOf(schema: z.ZodMiniType, path: Path): string[] {
  const { shape, options = [], element, valueType, innerType, in: input } = schema._zod.def as unknown as Definition;
  const [head, ...rest] = path;
  const through = [...options, innerType, input].filter((it) => it !== undefined).flatMap((it) => keysOf(it, path));
  if (head === undefined) return [...new Set([...through, ...Object.keys(shape ?? {})])];
  const inside = shape && Object.hasOwn(shape, head) ? shape[String(head)] : (element ?? valueType);
  return [...new Set([...through, ...(inside ? keysOf(inside, rest) : [])])];
}
