import { readFile } from 'node:fs/promises';
import { listOf, textOf, type Values } from './command.ts';
import { secondsOf } from './duration.ts';
import { UsageError } from './exit-codes.ts';

type Body = Record<string, unknown>;

/**
 * Where a platform's body has the parameters of its operation; elsewhere they are fields of the body itself. CloudStack's
 * names have dots and brackets of their own (`details[0].key`).
 */
const PARAMETERS: Readonly<Record<string, { field: string; literal?: true }>> = {
  vsphere: { field: 'arguments' },
  cloudstack: { field: 'parameters', literal: true },
  bmc: { field: 'parameters' },
};

/** The body that `--body` and the options make together; the options win. */
export async function bodyOf(platform: string, values: Values, stdin: () => Promise<string>): Promise<Body> {
  const body = await givenBody(textOf(values, 'body'), stdin);
  const set = (field: string, value: unknown) => value !== undefined && assign(body, [field], value);
  set('operation', textOf(values, 'operation'));
  set('target', targetOf(textOf(values, 'target')));
  for (const pair of listOf(values, 'field')) assignPair('--field', body, pair);
  const { field, literal } = PARAMETERS[platform] ?? {};
  for (const pair of listOf(values, 'param')) {
    const into = field === undefined ? body : objectAt(body, field);
    assignPair('--param', into, pair, literal);
  }
  for (const pair of listOf(values, 'label')) {
    const [name, value] = split('--label', pair, '=');
    objectAt(body, 'labels')[name] = value;
  }
  const deadline = textOf(values, 'deadline');
  if (deadline !== undefined) body.deadlineSeconds = secondsOf('--deadline', deadline);
  set('taskToken', textOf(values, 'task-token'));
  return body;
}

/** Of an adoption. A platform whose jobs have no name of their own takes an empty `adopt`. */
export async function adoptionOf(platform: string, values: Values, stdin: () => Promise<string>): Promise<Body> {
  const body = await bodyOf(platform, values, stdin);
  const adopt = objectAt(body, 'adopt');
  const task = textOf(values, 'task');
  // As other tools for vSphere print it: Task:task-525.
  if (task !== undefined) adopt.task = task.replace(/^Task:/, '');
  for (const pair of listOf(values, 'adopt')) assignPair('--adopt', adopt, pair);
  return body;
}

/** `-`: standard input; what begins with `{`: itself; else a file. */
async function givenBody(given: string | undefined, stdin: () => Promise<string>): Promise<Body> {
  if (given === undefined) return {};
  const text = given === '-' ? await stdin() : given.trimStart().startsWith('{') ? given : await read(given);
  const value = parseJson(`--body ${given === '-' ? '(standard input)' : given.slice(0, 60)}`, text);
  if (isObject(value)) return value;
  throw new UsageError('--body: must be a JSON object');
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`--body ${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

export function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${what}: not valid JSON: ${(cause as Error).message}`, { cause });
  }
}

/** `VirtualMachine:vm-57` */
function targetOf(text: string | undefined): Body | undefined {
  if (text === undefined) return undefined;
  const [type, value] = split('--target', text, ':', 'TYPE:ID, as VirtualMachine:vm-57');
  return { type, value };
}

/** `name=text`, `name:=JSON`, `name[]=text` for one more of a list; `a.b=…` is inside `a`. */
function assignPair(option: string, into: Body, pair: string, literal = false): void {
  const [left, text] = split(option, pair, '=');
  const json = left.endsWith(':');
  const named = json ? left.slice(0, -1) : left;
  const value = json ? parseJson(`${option} ${named}`, text) : text;
  assign(into, literal ? [named] : named.split('.'), value, literal);
}

function assign(into: Body, path: readonly string[], value: unknown, literal = false): void {
  const name = path.at(-1)!;
  if (path.some((step) => step === '__proto__' || step === '')) {
    throw new UsageError(`"${path.join('.')}" cannot be the name of a field`);
  }
  const place = path.slice(0, -1).reduce(objectAt, into);
  const list = literal || !name.endsWith('[]') ? undefined : name.slice(0, -2);
  if (list === undefined) place[name] = value;
  else place[list] = [...(Array.isArray(place[list]) ? place[list] : []), value];
}

function objectAt(body: Body, field: string): Body {
  const found = body[field];
  if (isObject(found)) return found;
  const made: Body = {};
  body[field] = made;
  return made;
}

function split(option: string, text: string, by: string, form = 'NAME=VALUE'): [string, string] {
  const at = text.indexOf(by);
  if (at > 0) return [text.slice(0, at), text.slice(at + by.length)];
  throw new UsageError(`${option} ${text}: must be ${form}`);
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
