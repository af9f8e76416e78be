import { EngineError } from './engine-error.ts';

/**
 * An event pattern of EventBridge: nested objects whose leaves are lists of matchers, one of which must match. `$or` is a list
 * of patterns instead, one of which must match.
 */
export type EventPattern = { [field: string]: EventPattern | unknown[] };

type Json = Record<string, unknown>;

/** By the matcher's key. A value of `undefined` is a field that the event does not have. */
const MATCHERS: Record<string, (argument: unknown, value: unknown) => boolean> = {
  prefix: (argument, value) => typeof value === 'string' && value.startsWith(String(argument)),
  suffix: (argument, value) => typeof value === 'string' && value.endsWith(String(argument)),
  'equals-ignore-case': (argument, value) =>
    typeof value === 'string' && value.toLowerCase() === String(argument).toLowerCase(),
  exists: (argument, value) => (value !== undefined) === argument,
  'anything-but': (argument, value) =>
    value !== undefined && !asArray(argument).some((unwanted) => matchesOne(unwanted, value)),
  numeric: (argument, value) => typeof value === 'number' && matchesNumber(argument as unknown[], value),
};

export function matches(pattern: EventPattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') return (wanted as EventPattern[]).some((alternative) => matches(alternative, event));
    const value = isObject(event) && Object.hasOwn(event, field) ? event[field] : undefined;
    if (!Array.isArray(wanted)) return asArray(value).some((item) => matches(wanted, item));
    // A list in an event matches by any of its items; an empty one is as good as absent.
    const values = Array.isArray(value) && value.length > 0 ? value : [Array.isArray(value) ? undefined : value];
    return wanted.some((matcher) => values.some((item) => matchesOne(matcher, item)));
  });
}

/**
 * EventBridge takes patterns of 4,096 characters, which have no more fields and values than this. A pattern is held against
 * each item of each list in an event, so its size is work.
 */
const MAX_PATTERN_NODES = 2048;

/** Refuses what the engine cannot match: a rule that silently never fires would work on AWS alone. */
export function checkPattern(pattern: unknown, rule: string): EventPattern {
  if (!isSmall(pattern))
    throw new EngineError(`rule ${rule}: its pattern is too large; EventBridge takes 4,096 characters`);
  return checkFields(pattern, rule);
}

function isSmall(pattern: unknown): boolean {
  const left = [pattern];
  for (let nodes = 0; left.length > 0; nodes++) {
    if (nodes > MAX_PATTERN_NODES) return false;
    const value = left.pop();
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) left.push(inner);
  }
  return true;
}

function checkFields(pattern: unknown, rule: string): EventPattern {
  if (!isObject(pattern)) throw new EngineError(`rule ${rule}: a pattern is an object of fields`);
  for (const [field, wanted] of Object.entries(pattern)) {
    if (field === '$or') {
      checkAlternatives(wanted, rule);
    } else if (Array.isArray(wanted)) {
      for (const matcher of wanted.filter(isObject)) checkMatcher(matcher, field, rule);
    } else {
      if (!isObject(wanted) || field.startsWith('$'))
        throw new EngineError(`rule ${rule}: cannot match "${field}" on one machine`);
      checkFields(wanted, rule);
    }
  }
  return pattern as EventPattern;
}

/** EventBridge takes a `$or` of fewer than two patterns for the name of a field. */
function checkAlternatives(alternatives: unknown, rule: string): void {
  const filled = (one: unknown) => isObject(one) && Object.keys(one).length > 0;
  if (!Array.isArray(alternatives) || alternatives.length < 2 || !alternatives.every(filled))
    throw new EngineError(`rule ${rule}: "$or" is a list of at least two patterns, none of them empty`);
  for (const alternative of alternatives) checkFields(alternative, rule);
}

function checkMatcher(matcher: Json, field: string, rule: string): void {
  for (const [key, argument] of Object.entries(matcher)) {
    const takes = Object.hasOwn(ARGUMENTS, key) ? ARGUMENTS[key] : undefined;
    if (!takes) throw new EngineError(`rule ${rule}: the matcher "${key}" of "${field}" does not run on one machine`);
    if (!takes(argument))
      throw new EngineError(`rule ${rule}: "${key}" of "${field}" does not take that argument here`);
    if (key === 'anything-but')
      for (const inner of asArray(argument).filter(isObject)) checkMatcher(inner, field, rule);
  }
}

const isText = (argument: unknown) => typeof argument === 'string';

/** What a matcher may be given. */
const ARGUMENTS: Record<keyof typeof MATCHERS, (argument: unknown) => boolean> = {
  prefix: isText,
  suffix: isText,
  'equals-ignore-case': isText,
  exists: (argument) => typeof argument === 'boolean',
  'anything-but': () => true,
  numeric: isComparison,
};

/** `[">", 0, "<=", 100]` */
function isComparison(tests: unknown): boolean {
  if (!Array.isArray(tests) || tests.length === 0 || tests.length % 2 === 1) return false;
  return tests.every((test, index) =>
    index % 2 === 1 ? typeof test === 'number' : typeof test === 'string' && Object.hasOwn(COMPARISONS, test),
  );
}

function matchesOne(matcher: unknown, value: unknown): boolean {
  if (!isObject(matcher)) return matcher === value;
  return Object.entries(matcher).every(([key, argument]) => MATCHERS[key]!(argument, value));
}

const COMPARISONS: Record<string, (left: number, right: number) => boolean> = {
  '=': (left, right) => left === right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

function matchesNumber(tests: unknown[], value: number): boolean {
  return tests.every((test, index) => index % 2 === 1 || COMPARISONS[String(test)]?.(value, Number(tests[index + 1])));
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
