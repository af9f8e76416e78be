import * as schemas from 'aws-cdk-lib/aws-eventschemas';
import { Construct } from 'constructs';
import * as z from 'zod';
import { CONNECTION_STATE_CHANGE, EVENT_SOURCE, JOB_STATE_CHANGE } from '../shared/events/bus.ts';
import { OPEN_STATUSES } from '../shared/job/job.ts';
import { jobView } from '../shared/openapi/views.ts';

const health = z.enum(['UNKNOWN', 'UP', 'DOWN']);

/** `detail` of each event. Tests hold them against the events themselves. */
export const eventDetails = {
  [JOB_STATE_CHANGE]: jobView.extend({
    schemaVersion: z.literal(1),
    eventId: z.string().describe('The same for every delivery of this event'),
    previousStatus: z.enum(OPEN_STATUSES),
  }),
  [CONNECTION_STATE_CHANGE]: z.strictObject({
    schemaVersion: z.literal(1),
    eventId: z.string().describe('The same for every delivery of this event'),
    platform: z.string(),
    connection: z.string(),
    status: health,
    previousStatus: health,
    reason: z.string().optional(),
  }),
};

/** What the console shows of the events, and what IDEs make code bindings of. */
export class EventSchemas extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    // Without a name, for CloudFormation to give it one: 64 characters are too few for that of a stack and a hash.
    const registry = new schemas.CfnRegistry(this, 'Registry', { description: 'Pollux: its events' });
    for (const [detailType, detail] of Object.entries(eventDetails)) {
      const title = detailType.replaceAll(' ', '');
      new schemas.CfnSchema(this, title, {
        registryName: registry.attrRegistryName,
        // As EventBridge names those that it discovers itself.
        schemaName: `${EVENT_SOURCE}@${title}`,
        description: `Pollux: ${detailType}`,
        type: 'OpenApi3',
        content: JSON.stringify(eventDocument(title, detailType, detail)),
      });
    }
  }
}

/** An event as a target gets it, in the form of the registry's own documents. */
export function eventDocument(title: string, detailType: string, detail: z.ZodType): Record<string, unknown> {
  const text = { type: 'string' };
  const properties = {
    version: text,
    id: text,
    'detail-type': text,
    source: text,
    account: text,
    time: { type: 'string', format: 'date-time' },
    region: text,
    resources: { type: 'array', items: text },
    detail: { $ref: `#/components/schemas/${title}` },
  };
  return {
    openapi: '3.0.0',
    info: { title, version: '1.0.0' },
    paths: {},
    components: {
      schemas: {
        AWSEvent: {
          type: 'object',
          required: Object.keys(properties),
          'x-amazon-events-detail-type': detailType,
          'x-amazon-events-source': EVENT_SOURCE,
          properties,
        },
        [title]: detailSchema(detail),
      },
    },
  };
}

/** Open: a later version may say more, and code made of this one must not refuse it. */
function detailSchema(detail: z.ZodType): unknown {
  return z.toJSONSchema(detail, {
    target: 'openapi-3.0',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
}
