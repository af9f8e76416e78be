import * as z from 'zod';
import { OPEN_STATUSES, TERMINAL_STATUSES } from '../job/job.ts';

/** The answers' schemas, for the OpenAPI document. A test holds them against what `present` makes. */

const time = z.iso.datetime();
const status = z.enum([...OPEN_STATUSES, ...TERMINAL_STATUSES]);

export const jobView = z.strictObject({
  id: z.string().describe('ULID'),
  platform: z.string(),
  connection: z.string(),
  operation: z.string().describe("In the platform's own name"),
  status,
  progress: z.number().min(0).max(100).optional(),
  message: z.string().optional(),
  parts: z
    .array(z.object({ id: z.string(), name: z.string().optional(), status, message: z.string().optional() }))
    .optional(),
  platformJobId: z.string().optional(),
  resource: z.object({ type: z.string(), id: z.string() }).optional(),
  result: z.unknown().optional(),
  resultTruncated: z.boolean().optional(),
  error: z
    .object({
      code: z.string().describe("The platform's name or number for it"),
      message: z.string(),
      retryable: z.boolean().optional(),
      outcomeUncertain: z.boolean().optional(),
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  neverSubmitted: z
    .boolean()
    .describe('The platform could not be reached or logged in to, so nothing was started')
    .optional(),
  unknownSince: time.describe('Since when no look has told the state').optional(),
  unknownReason: z.string().optional(),
  cancelRequestedAt: time.optional(),
  createdAt: time,
  startedAt: time.optional(),
  completedAt: time.optional(),
  deadline: time,
  looks: z.number().int().describe('How often it had been looked at when it was last written').optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

const timelineEntry = z.strictObject({
  at: time,
  status: status.optional(),
  progress: z.number().optional(),
  message: z.string().optional(),
  parts: z.array(z.string()).describe('Ids of the parts whose status changed').optional(),
  unknown: z.string().nullable().describe('Why looks did not tell the state; null: they did again').optional(),
  cancel: z.enum(['requested', 'sent', 'refused']).optional(),
  looks: z.number().int().describe('Looks so far').optional(),
});

export const jobWithTimelineView = jobView.extend({
  timeline: z.array(timelineEntry).describe('The creation and the last 32 changes, oldest first'),
});

export const jobPageView = z.strictObject({ jobs: z.array(jobView), cursor: z.string().optional() });

export const connectionsView = z.strictObject({
  connections: z.array(
    z.strictObject({
      platform: z.string(),
      connection: z.string(),
      capabilities: z
        .strictObject({ cancel: z.boolean(), report: z.boolean() })
        .describe('What can be asked of its jobs at all; a single job may refuse it'),
      health: z.enum(['UNKNOWN', 'UP', 'DOWN']),
      healthSince: time.optional(),
      healthReason: z.string().optional(),
      loop: z.strictObject({
        state: z.enum(['open', 'closed']),
        epoch: z.number().int(),
        lastTickAt: time.optional(),
        nextTickAt: time.optional(),
      }),
    }),
  ),
});

const seconds = z.number().min(0);

export const operationsView = z.strictObject({
  operations: z.array(
    z.strictObject({
      operation: z.string(),
      ended: z.number().describe('Ended jobs that are remembered; older ones fade'),
      failed: z.number().describe('Those of them that failed; histogram and quantiles are without them'),
      cutShort: z.number().describe('Jobs that were canceled or timed out while running'),
      quantiles: z
        .strictObject({ p10: seconds, p50: seconds, p90: seconds, p95: seconds })
        .describe('Seconds by which that share of the jobs that do not fail has ended')
        .optional(),
      histogram: z.array(z.strictObject({ from: seconds, to: seconds, count: z.number() })),
      looks: z.array(seconds).describe('Ages, in seconds, at which a job is looked at as long as it does not end'),
    }),
  ),
});

export const connectionCheckView = z.strictObject({
  platform: z.string(),
  connection: z.string(),
  ok: z.boolean(),
  milliseconds: z.number().describe('How long the platform took to answer'),
  problem: z
    .strictObject({
      kind: z.enum(['transient', 'permanent', 'not_found']).describe('permanent: an operator must act'),
      code: z.string(),
      message: z.string(),
      retryAfterSeconds: z.number().optional(),
    })
    .optional(),
});

export const problemView = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
});

/** API Gateway's own words for what it refuses. */
export const gatewayErrorView = z.looseObject({ message: z.string() });
