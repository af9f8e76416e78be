import * as z from '../../schema.ts';
import { flatten } from './parameters.ts';

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
