import { OPEN_STATUSES, TERMINAL_STATUSES } from '../job/job.ts';
import type { RequestSchemas } from '../platforms/adapter.ts';
import * as z from '../schema.ts';
import { fieldErrors } from './issues.ts';
import { Problem } from './problem.ts';

/** Fields that every body of `POST …/jobs` may have, whatever the platform. */
export const commonFields = {
  labels: z.optional(
    z.record(z.string().check(z.minLength(1), z.maxLength(64)), z.string().check(z.maxLength(256))).check(
      z.refine((labels) => Object.keys(labels).length <= 20, 'at most 20 labels'),
      z.describe('Text of your own, shown with the job and in its event: rules can match on it'),
    ),
  ),
  deadlineSeconds: z.optional(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(31_536_000),
        z.describe('The job is TIMED_OUT when it is not over by then; the platform may go on'),
      ),
  ),
  taskToken: z.optional(
    z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(2048),
        z.describe('Step Functions task token to complete when the job is over'),
      ),
  ),
} as const;

const commonSchema = z.object(commonFields);
export type CommonFields = z.infer<typeof commonSchema>;

export interface SubmitBody {
  common: CommonFields;
  operation: string;
  /** Parsed by the platform's own schema. */
  request: unknown;
  adopt: boolean;
}

/** Splits and validates a body of `POST …/jobs`. */
export function parseSubmit(schemas: RequestSchemas, body: unknown): SubmitBody {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem('invalid-request', 'The body must be a JSON object, see GET /v1/openapi.json.');
  }
  const { labels, deadlineSeconds, taskToken, ...own } = body as Record<string, unknown>;
  const adopt = 'adopt' in own;
  const schema = adopt ? schemas.adoptRequest : schemas.submitRequest;
  const common = validated(commonSchema, { labels, deadlineSeconds, taskToken });
  const request = validated(schema, own) as { operation: string };
  return { common, operation: request.operation, request, adopt };
}

export const MAX_LIST_LIMIT = 200;

export const listQuery = z.strictObject({
  status: z.optional(z.enum([...OPEN_STATUSES, ...TERMINAL_STATUSES])),
  operation: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(MAX_LIST_LIMIT)), 50),
  cursor: z.optional(z.string().check(z.regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'must be a cursor of an earlier answer'))),
});

/** Enough to mend a request by; a body may have a hundred thousand mistakes. */
const MAX_ERRORS = 20;

/** The value, or a 400 that lists every field that is wrong and why. */
export function validated<T>(schema: z.ZodMiniType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(schema, value, parsed.error.issues.slice(0, MAX_ERRORS));
  const summary = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ');
  throw new Problem('invalid-request', summary, { extra: { errors } });
}
