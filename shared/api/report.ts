import * as z from 'zod';

/** Body of `POST …/jobs/{id}/report`, in vim.Task's words. An empty object is a heartbeat. */
export const reportRequest = z.strictObject({
  state: z.enum(['running', 'success', 'error']).optional(),
  progress: z.number().describe('Percent; clamped to 0..100. Only while running').optional(),
  description: z.string().max(2000).describe('What is being done right now').optional(),
  result: z.unknown().describe('Only with the state success; kept up to 16 KiB').optional(),
  fault: z
    .strictObject({
      code: z.string().min(1).max(200).describe('RequestCanceled: the job ends CANCELED'),
      message: z.string().max(2000).default('').describe('For people'),
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .describe('Only with the state error')
    .optional(),
});
