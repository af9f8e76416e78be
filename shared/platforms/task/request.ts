import * as z from 'zod';

/** Shortest heartbeat: a tick of the loop and a late report must fit in. */
const MIN_HEARTBEAT_SECONDS = 5;

export const submitRequest = z.strictObject({
  operation: z.string().min(1).max(200).describe('What the worker does, in your own words: `rebuild-index`'),
  description: z.string().max(2000).describe('What is shown until the worker reports').optional(),
  cancelable: z
    .boolean()
    .describe('Whether a cancel may be requested; the worker must look for it (default false)')
    .optional(),
  heartbeatSeconds: z
    .number()
    .int()
    .min(MIN_HEARTBEAT_SECONDS)
    .max(86_400)
    .describe('The job is LOST when no report came for this long, from the submit on')
    .optional(),
});

export type TaskRequest = z.infer<typeof submitRequest>;

/** A task lives nowhere but here, so there is nothing to adopt. */
export const adoptRequest = z.strictObject({
  operation: z.string(),
  adopt: z.never({ error: 'a task has no other place where it could run already: submit it without "adopt"' }),
});
