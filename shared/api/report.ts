import * as z from '../schema.ts';

/** Body of `POST …/jobs/{id}/report`, in vim.Task's words. An empty object is a heartbeat. */
export const reportRequest = z.strictObject({
  state: z.optional(z.enum(['running', 'success', 'error'])),
  progress: z.optional(z.number().check(z.describe('Percent; clamped to 0..100. Only while running'))),
  description: z.optional(z.string().check(z.maxLength(2000), z.describe('What is being done right now'))),
  result: z.optional(z.unknown().check(z.describe('Only with the state success; kept up to 16 KiB'))),
  fault: z.optional(
    z
      .strictObject({
        code: z.string().check(z.minLength(1), z.maxLength(200), z.describe('RequestCanceled: the job ends CANCELED')),
        message: z._default(z.string().check(z.maxLength(2000)), '').check(z.describe('For people')),
        details: z.optional(z.record(z.string(), z.unknown())),
      })
      .check(z.describe('Only with the state error')),
  ),
});
