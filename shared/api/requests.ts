import type { RequestSchemas } from '../platforms/adapter.ts';
import * as z from '../schema.ts';
import { Problem } from './problem.ts';
import { validated } from './validated.ts';

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
  const besides = [...Object.keys(commonFields), 'adopt'];
  const request = validated(schema, own, besides) as { operation: string };
  return { common, operation: request.operation, request, adopt };
}
