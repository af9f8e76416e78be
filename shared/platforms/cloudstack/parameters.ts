import type { Pairs } from './signature.ts';

type Scalar = string | number | boolean;

export type Parameter = Scalar | readonly Scalar[] | Fields | readonly Fields[];

type Fields = Readonly<Record<string, Scalar>>;

/** What Pollux sets itself. `customjobid` is the job's own name at CloudStack: it is how a lost submit is found again. */
const RESERVED = new Set([
  'command',
  'response',
  'apikey',
  'signature',
  'signatureversion',
  'expires',
  'customjobid',
  'sessionkey',
]);

const NAME = /^[A-Za-z][\w.-]*(\[\d{1,4}\](\.[\w.:-]+)?)?$/;
const FIELD = /^[\w.:-]+$/;

export interface Issue {
  path: (string | number)[];
  message: string;
}

/** The pairs of a request, and what is wrong with it. */
export function flatten(parameters: Readonly<Record<string, Parameter>>): { pairs: Pairs; issues: Issue[] } {
  const pairs = new Map<string, string>();
  const issues: Issue[] = [];
  const put = (name: string, value: string, path: Issue['path']) => {
    const refusal =
      refusalOf(value) ?? (pairs.has(name) ? `is given twice: names differ in more than case` : undefined);
    if (refusal) issues.push({ path, message: refusal });
    else pairs.set(name, value);
  };
  for (const [given, value] of Object.entries(parameters)) {
    const name = wireName(given);
    if (RESERVED.has(name)) issues.push({ path: [given], message: 'is set by Pollux and cannot be given' });
    else if (!NAME.test(given)) issues.push({ path: [given], message: 'is not the name of a CloudStack parameter' });
    else if (typeof value !== 'object') put(name, String(value), [given]);
    else if (Array.isArray(value) && !value.some((member) => typeof member === 'object')) {
      const members = value.map(String);
      if (members.some((member) => member.includes(',')))
        issues.push({ path: [given], message: 'has a member with a comma, which CloudStack would read as two' });
      else put(name, members.join(','), [given]);
    } else {
      for (const [index, fields] of [value].flat().entries()) {
        for (const [field, member] of Object.entries(fields)) {
          if (!FIELD.test(field)) issues.push({ path: [given, field], message: 'is not the name of a field' });
          else put(`${name}[${index}].${field}`, String(member), [given, field]);
        }
      }
    }
  }
  return { pairs: [...pairs], issues };
}

/** In lower case up to the field of a map, whose case CloudStack keeps. */
function wireName(name: string): string {
  const field = name.indexOf('].');
  return field < 0 ? name.toLowerCase() : name.slice(0, field).toLowerCase() + name.slice(field);
}

/**
 * CloudStack answers 431 to any control character (TAB too) but LF and CR; a lone surrogate cannot be written in UTF-8,
 * nor signed.
 */
function refusalOf(value: string): string | undefined {
  if (/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f]/.test(value))
    return 'has a control character, which CloudStack refuses';
  return value.isWellFormed() ? undefined : 'has half of a surrogate pair';
}
