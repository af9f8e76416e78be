import * as z from '../../schema.ts';
import { capacityUnits } from './capacity-units.ts';
import { ID } from './handle.ts';
import { MAX_MACHINES } from './transport.ts';

const machineCount = z
  .int()
  .check(
    z.minimum(1),
    z.maximum(10_000),
    z.describe(
      'How many machines must come (or units of capacity, see capacityUnits): it decides about success, not the length of the answer',
    ),
  );

const text = (max: number) =>
  z
    .string()
    .check(z.minLength(1), z.maxLength(max), z.regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters'));

const requestMachines = z.strictObject({
  operation: z.literal('requestMachines'),
  template: z.strictObject({
    templateId: text(256).check(z.describe('As getAvailableTemplates lists it')),
    machineCount,
  }),
  capacityUnits: z.optional(capacityUnits),
});

const requestReturnMachines = z.strictObject({
  operation: z.literal('requestReturnMachines'),
  machines: z
    .array(
      z.strictObject({
        machineId: text(256).check(z.describe('As getRequestStatus names it')),
        name: text(256).check(z.describe('Host name: some providers go by the one, some by the other')),
      }),
    )
    .check(z.minLength(1), z.maxLength(MAX_MACHINES)),
});

export const submitRequest = z.discriminatedUnion('operation', [requestMachines, requestReturnMachines]);
export type SubmitRequest = z.infer<typeof submitRequest>;

const requestId = z
  .string()
  .check(
    z.regex(ID, 'must be the id of a request of the provider'),
    z.describe("The provider's own id, not the number that HF's REST API shows"),
  );

export const adoptRequest = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('requestMachines'),
    adopt: z.strictObject({ requestId, machineCount, capacityUnits: z.optional(capacityUnits) }),
  }),
  z.strictObject({
    operation: z.literal('requestReturnMachines'),
    adopt: z.strictObject({ requestId, machineCount: z.optional(machineCount) }),
  }),
]);
export type AdoptRequest = z.infer<typeof adoptRequest>;
