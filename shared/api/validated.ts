import type * as z from '../schema.ts';
import { fieldErrors } from './issues.ts';
import { Problem } from './problem.ts';

/** Enough to mend a request by; a body may have a hundred thousand mistakes. */
const MAX_ERRORS = 20;

/** The value, or a 400 that lists every field that is wrong and why. `besides`: see `fieldErrors`. */
export function validated<T>(schema: z.ZodMiniType<T>, value: unknown, besides?: readonly string[]): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(schema, value, parsed.error.issues.slice(0, MAX_ERRORS), besides);
  const summary = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ');
  throw new Problem('invalid-request', summary, { extra: { errors } });
}
