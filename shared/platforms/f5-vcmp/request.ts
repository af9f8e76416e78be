import * as z from '../../schema.ts';
import { GUEST_NAME, GUEST_STATES, MAX_GUESTS } from './words.ts';

const guestName = z
  .string()
  .check(z.regex(GUEST_NAME, 'must be the plain name of a guest, as guest1: guests are in no partition'));

const guests = z.array(guestName).check(
  z.minLength(1),
  z.maxLength(MAX_GUESTS),
  z.refine((names) => new Set(names).size === names.length, 'must not name a guest twice'),
  z.describe('Plain names of guests'),
);

const state = z
  .enum(GUEST_STATES)
  .check(
    z.describe(
      'configured: no hardware; provisioned: disk made and image installed; deployed: the virtual machine runs',
    ),
  );

/** What is written into XML as it stands. */
const word = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(255),
    z.regex(/^[^\p{Cc}\p{Cs}\uFFFE\uFFFF]+$/u, 'must be text without control characters'),
  );

/** Addresses of IPv4 or IPv6, or `none`; the host has the last word. */
const address = z.string().check(z.regex(/^[0-9A-Fa-f:.]{2,45}$|^none$/, 'must be an IP address'));

const setGuestState = z.strictObject({ operation: z.literal('set_guest_state'), guests, state });

/** `create` with its own parallel arrays, one entry for each guest. It has no state argument: a new guest is configured. */
const create = z
  .strictObject({
    operation: z.literal('create'),
    guests,
    hostnames: z.array(word).check(z.describe('Host name inside each guest')),
    images: z.array(word).check(z.describe('Image on the host that each guest is installed from')),
    addresses: z
      .array(z.strictObject({ address, netmask: address }))
      .check(z.describe('Management address of each guest')),
    gateways: z.array(address).check(z.describe('Management gateway of each guest')),
    vlans: z
      .array(z.array(word).check(z.maxLength(100)))
      .check(z.describe('VLANs that each guest may use, as /Common/internal')),
    state: z.optional(
      state.check(z.describe('Asked for by a set_guest_state after the create; configured unless told')),
    ),
  })
  .check(
    z.superRefine((request, context) => {
      for (const name of ['hostnames', 'images', 'addresses', 'gateways', 'vlans'] as const) {
        if (request[name].length === request.guests.length) continue;
        const message = `must have one entry for each of the ${request.guests.length} guests`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
    }),
  );

const deleteGuest = z.strictObject({ operation: z.literal('delete_guest'), guests });

export const submitRequest = z.discriminatedUnion('operation', [setGuestState, create, deleteGuest]);

export type SubmitRequest = z.infer<typeof submitRequest>;
export type CreateRequest = z.infer<typeof create>;

export const adoptRequest = z.extend(setGuestState, { adopt: z.strictObject({}) });

export type AdoptRequest = z.infer<typeof adoptRequest>;
