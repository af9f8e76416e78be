import * as z from '../../schema.ts';
import { methodMeant, misspelledCase } from './methods.ts';

const moref = z.strictObject({
  type: z.string().check(z.regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a managed object type, as VirtualMachine')),
  value: z.string().check(z.minLength(1), z.maxLength(500)),
});

/** The parameters of TaskManager.CreateTask; `obj` is the request's target. */
const newTask = z.strictObject({
  taskTypeId: z
    .string()
    .check(
      z.minLength(1),
      z.maxLength(200),
      z.describe('Id of the type of task, as an extension registered it at the vCenter: `com.example.backup`'),
    ),
  cancelable: z.optional(
    z.boolean().check(z.describe('Whether a cancel may be requested; the worker must look for it (default false)')),
  ),
  initiatedBy: z.optional(
    z
      .string()
      .check(z.minLength(1), z.maxLength(200), z.describe('Name of the user on whose behalf the task is created')),
  ),
  parentTaskKey: z.optional(
    z.string().check(z.minLength(1), z.maxLength(500), z.describe('Key of the task of which this one is a part')),
  ),
  activationId: z.optional(
    z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(200),
        z.describe('Token of your own that TaskInfo shows; Pollux sets one unless you do'),
      ),
  ),
});

export type NewTask = z.infer<typeof newTask>;

/**
 * `{ "operation": "CreateSnapshot_Task", "target": { "type": "VirtualMachine", "value": "vm-57" },
 *    "arguments": { "name": "before", "memory": false, "quiesce": true } }`
 *
 * The arguments are those of the method in VI/JSON's shape; `orders.ts` says which methods get their order from a table.
 *
 * `{ "operation": "CreateTask", "target": { … }, "task": { "taskTypeId": "com.example.backup", "cancelable": true } }`
 *
 * makes a task that a worker of the caller's carries out and reports on.
 */
export const submitRequest = z
  .strictObject({
    operation: z.string().check(
      z.maxLength(100),
      z.regex(
        // A few begin with a small letter: configureVcha_Task, initiateFailover_Task.
        /^([A-Za-z][A-Za-z0-9]*_Task|CreateTask)$/,
        {
          error: ({ input }) =>
            `must be the WSDL name of a method that returns a task, as PowerOnVM_Task, or CreateTask; ${methodMeant(String(input))}`.replace(
              /; $/,
              '',
            ),
        },
      ),
    ),
    target: moref,
    // `unknown`, not `json()`: the encoder walks the value anyway, with a bound on its depth.
    arguments: z.optional(z.record(z.string(), z.unknown()).check(z.describe('Of a *_Task method only'))),
    task: z.optional(newTask.check(z.describe('Of CreateTask only'))),
  })
  // One object and not a union: a union's error names all forms and none of the mistakes.
  .check(
    z.superRefine(({ operation, arguments: args, task }, { addIssue }) => {
      const wrong = (field: string, message: string) => addIssue({ code: 'custom', path: [field], message });
      const meant = misspelledCase(operation);
      if (meant) wrong('operation', `must be written as the API does, capitals included: did you mean "${meant}"?`);
      if (operation !== 'CreateTask') {
        if (task) wrong('task', 'goes with the operation CreateTask only; a *_Task method takes "arguments"');
        return;
      }
      if (args) wrong('arguments', 'go with a *_Task method; CreateTask takes "task"');
      if (!task) wrong('task', 'is needed by CreateTask: { "taskTypeId": "com.example.backup", "cancelable": true }');
    }),
  );

export type VsphereRequest = z.infer<typeof submitRequest>;

/** `{ "operation": "PowerOnVM_Task", "adopt": { "task": "task-525" } }`; tasks of extensions may have any operation. */
export const adoptRequest = z.strictObject({
  operation: z.string().check(z.minLength(1), z.maxLength(100), z.regex(/^[\w.-]+$/)),
  adopt: z.strictObject({ task: z.string().check(z.minLength(1), z.maxLength(500)) }),
});

export type VsphereAdoption = z.infer<typeof adoptRequest>;
