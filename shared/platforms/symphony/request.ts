import * as z from 'zod';
import { ID } from './options.ts';

/** More than any provider makes of one request; the list must fit into a command of Systems Manager (64 KB). */
export const MAX_MACHINES = 500;

const machineCount = z
  .number()
  .int()
  .min(1)
  .max(10_000)
  .describe('How many machines must come: it decides about success, not the length of the answer');

const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters');

const requestMachines = z.strictObject({
  operation: z.literal('requestMachines'),
  template: z.strictObject({
    templateId: text(256).describe('As getAvailableTemplates lists it'),
    machineCount,
  }),
});

const requestReturnMachines = z.strictObject({
  operation: z.literal('requestReturnMachines'),
  machines: z
    .array(
      z.strictObject({
        machineId: text(256).describe('As getRequestStatus names it'),
        name: text(256).describe('Host name: some providers go by the one, some by the other'),
      }),
    )
    .min(1)
    .max(MAX_MACHINES),
});

export const submitRequest = z.discriminatedUnion('operation', [requestMachines, requestReturnMachines]);
export type SubmitRequest = z.infer<typeof submitRequest>;

const requestId = z
  .string()
  .regex(ID, 'must be the id of a request of the provider')
  .describe("The provider's own id, not the number that HF's REST API shows");

export const adoptRequest = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('requestMachines'),
    adopt: z.strictObject({ requestId, machineCount }),
  }),
  z.strictObject({
    operation: z.literal('requestReturnMachines'),
    adopt: z.strictObject({ requestId, machineCount: machineCount.optional() }),
  }),
]);
export type AdoptRequest = z.infer<typeof adoptRequest>;
