import { OPEN_STATUSES, TERMINAL_STATUSES } from '../job/job.ts';
import * as z from '../schema.ts';

export const MAX_LIST_LIMIT = 200;

export const listQuery = z.strictObject({
  status: z.optional(z.enum([...OPEN_STATUSES, ...TERMINAL_STATUSES])),
  operation: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(MAX_LIST_LIMIT)), 50),
  cursor: z.optional(z.string().check(z.regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'must be a cursor of an earlier answer'))),
});
