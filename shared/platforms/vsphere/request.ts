import { z } from 'zod';

const moref = z.strictObject({
  type: z.string().regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a managed object type, as VirtualMachine'),
  value: z.string().min(1).max(500),
});

/**
 * `{ "operation": "CreateSnapshot_Task", "target": { "type": "VirtualMachine", "value": "vm-57" },
 *    "arguments": { "name": "before", "memory": false, "quiesce": true } }`
 *
 * The arguments are those of the method in VI/JSON's shape; `orders.ts` says which methods get their order from a table.
 */
export const submitRequest = z.strictObject({
  operation: z
    .string()
    .max(100)
    .regex(/^[A-Z][A-Za-z0-9]*_Task$/, 'must be the WSDL name of a method that returns a task, as PowerOnVM_Task'),
  target: moref,
  // `unknown`, not `json()`: the encoder walks the value anyway, with a bound on its depth.
  arguments: z.record(z.string(), z.unknown()).optional(),
});

export type VsphereRequest = z.infer<typeof submitRequest>;

/** `{ "operation": "PowerOnVM_Task", "adopt": { "task": "task-525" } }`; tasks of extensions may have any operation. */
export const adoptRequest = z.strictObject({
  operation: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[\w.-]+$/),
  adopt: z.strictObject({ task: z.string().min(1).max(500) }),
});

export type VsphereAdoption = z.infer<typeof adoptRequest>;
