import * as z from '../../schema.ts';
import type { Pairs } from './signature.ts';

/**
 * How a parameter is written, and what it becomes on the wire (names in lower case, the field names of maps as they are:
 * CloudStack keeps the case of `cpuNumber` in `details[0].cpuNumber`):
 *
 * | body | wire | e.g. of |
 * | --- | --- | --- |
 * | `"name": "web"`, `2`, `true` | `name=web`, `2`, `true` | all |
 * | `"networkids": ["a", "b"]` | `networkids=a,b` | lists; there is no escape for a comma in a member |
 * | `"details": { "cpuNumber": 2 }` | `details[0].cpuNumber=2` | details of deployVirtualMachine |
 * | `"tags": [{ "key": "a", "value": "b" }]` | `tags[0].key=a`, `tags[0].value=b` | tags, iptonetworklist, … |
 * | `"details[0].cpuNumber": 2` | the same | written out |
 *
 * Source: ParamUnpackWorker and ParamProcessWorker of the server.
 */
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const map = z.record(z.string(), scalar);
const parameter = z.union([scalar, z.array(scalar), map, z.array(map)]);

export type Parameter = z.infer<typeof parameter>;

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

/** `list…` and the query are answered at once: there would be no job, and their answers are not ours to hand on. */
const operation = z.string().check(
  z.regex(/^[a-z][A-Za-z0-9]{2,99}$/, 'must be the name of a CloudStack API command, as deployVirtualMachine'),
  z.refine((name) => !/^(list[A-Z]|queryAsyncJobResult$|login$|logout$)/.test(name), 'is not an asynchronous command'),
  z.describe('An asynchronous command of the CloudStack API: those with an (A) in its reference'),
);

export const submitRequest = z.strictObject({
  operation,
  parameters: z.optional(
    z.record(z.string(), parameter).check(
      z.superRefine((parameters, context) => {
        for (const { path, message } of flatten(parameters).issues) {
          context.addIssue({ code: 'custom', path, message: `${path.join('.')} ${message}` });
        }
      }),
      z.describe('The parameters of the command; lists and maps as JSON lists and objects'),
    ),
  ),
});

export type SubmitRequest = z.infer<typeof submitRequest>;

export const adoptRequest = z.strictObject({
  operation,
  adopt: z.strictObject({
    jobid: z
      .union([
        z.string().check(z.regex(/^[0-9A-Za-z-]{1,64}$/, 'must be a job id of CloudStack')),
        z.int().check(z.nonnegative()),
      ])
      .check(z.describe('As the submit answered it: a UUID, or a number on servers before 3.0')),
  }),
});

export type AdoptRequest = z.infer<typeof adoptRequest>;
