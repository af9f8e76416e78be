import * as z from '../../schema.ts';
import { TASK_ID } from './handle.ts';
import { issuesOf } from './parameters.ts';

/**
 * Operations whose group is documented; the names are case-sensitive and do not follow from each other (Clone_VM is no
 * Basic_Vm operation). What is not here is taken as given. Source: the vendor's pages of each operation.
 */
export const OPERATION_TYPES: Readonly<Record<string, string>> = {
  Power_Off_VM: 'Basic_Vm',
  Reset_VM: 'Basic_Vm',
  Power_On_VM: 'Basic_Vm',
  Migrate_VM: 'Advanced_Vm',
  Clone_VM: 'Configure_Vm',
  Clone_VM_With_Custom_Settings: 'Configure_Vm',
};

/** Groups and operations that only read: there would be no task to follow. */
const READS = /^(Monitor|Discovery)(_|$)/i;
const SYNCHRONOUS = new Set(['Validate_VM_Migration', 'Retrieve_Task_Status']);

const name = z
  .string()
  .check(
    z.maxLength(100),
    z.regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'must be written as in the reference of the adapter, as Power_Off_VM'),
  );

/**
 * `{ "operation": "Power_Off_VM", "operationType": "Basic_Vm", "parameters": { "virtual-machine": "web01" } }`
 *
 * Parameters become elements of the adapter request: an object nests, a list repeats its element.
 */
export const submitRequest = z
  .strictObject({
    operation: name.check(
      z.refine((it) => !SYNCHRONOUS.has(it), 'starts no task'),
      z.describe('operation-name of an operation of the VMware adapter that starts a task'),
    ),
    operationType: name.check(z.describe('operation-type: its group, as Basic_Vm, Advanced_Vm, Configure_Vm')),
    parameters: z.record(z.string(), z.unknown()).check(
      z.superRefine((parameters, context) => {
        for (const { path, message } of issuesOf(parameters)) {
          context.addIssue({ code: 'custom', path, message: `${path.join('.')} ${message}` });
        }
      }),
      z.describe('The elements inside <parameters>, as { "virtual-machine": "web01" }'),
    ),
  })
  .check(
    z.superRefine(({ operation, operationType }, context) => {
      const known = Object.hasOwn(OPERATION_TYPES, operation) ? OPERATION_TYPES[operation] : undefined;
      const message =
        known !== undefined && known !== operationType
          ? `${operation} belongs to ${known}: the adapter refuses it in another group`
          : READS.test(operationType)
            ? 'has operations that start no task'
            : undefined;
      if (message) context.addIssue({ code: 'custom', path: ['operationType'], message });
    }),
  );

export type BmcRequest = z.infer<typeof submitRequest>;

/** `{ "operation": "Power_Off_VM", "adopt": { "task": "task-525" } }` */
export const adoptRequest = z.strictObject({
  operation: z.string().check(z.minLength(1), z.maxLength(100), z.regex(/^[\w.-]+$/)),
  adopt: z.strictObject({ task: z.string().check(z.regex(TASK_ID, 'must be the id of a vCenter task, as task-525')) }),
});

export type BmcAdoption = z.infer<typeof adoptRequest>;
