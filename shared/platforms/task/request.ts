import * as z from '../../schema.ts';

/** Shortest heartbeat: a tick of the loop and a late report must fit in. */
const MIN_HEARTBEAT_SECONDS = 5;

export const submitRequest = z.strictObject({
  operation: z
    .string()
    .check(z.minLength(1), z.maxLength(200), z.describe('What the worker does, in your own words: `rebuild-index`')),
  description: z.optional(z.string().check(z.maxLength(2000), z.describe('What is shown until the worker reports'))),
  cancelable: z.optional(
    z.boolean().check(z.describe('Whether a cancel may be requested; the worker must look for it (default false)')),
  ),
  heartbeatSeconds: z.optional(
    z
      .int()
      .check(
        z.minimum(MIN_HEARTBEAT_SECONDS),
        z.maximum(86_400),
        z.describe('The job is LOST when no report came for this long, from the submit on'),
      ),
  ),
});

export type TaskRequest = z.infer<typeof submitRequest>;

/** A task lives nowhere but here, so there is nothing to adopt. */
export const adoptRequest = z.strictObject({
  operation: z.string(),
  adopt: z.never({ error: 'a task has no other place where it could run already: submit it without "adopt"' }),
});
