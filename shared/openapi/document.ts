import * as z from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { MAX_LIST_LIMIT } from '../api/list-query.ts';
import { reportRequest } from '../api/report.ts';
import { commonFields } from '../api/requests.ts';
import { OPEN_STATUSES, TERMINAL_STATUSES } from '../job/job.ts';
import type { Adapter } from '../platforms/adapter.ts';
import { answer, json, problems, ref, type Schema } from './answers.ts';
import {
  connectionCheckView,
  connectionsView,
  gatewayErrorView,
  jobPageView,
  jobView,
  jobWithTimelineView,
  operationsView,
  problemView,
} from './views.ts';

interface Variant extends Schema {
  properties?: Schema;
  oneOf?: Variant[];
  anyOf?: Variant[];
}

/** OpenAPI 3.1 of the API with these platforms, from the very schemas that validate its requests. */
export function openApiDocument(adapters: readonly Adapter[]): Schema {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pollux',
      version: packageJson.version,
      description:
        'Takes long-running jobs for platforms that can only be polled, and says on EventBridge when they are over. ' +
        'A request that none of these operations takes is answered with the problem `unknown-route` (404) or `method-not-allowed` (405).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ iam: [] }],
    tags: [
      { name: 'jobs', description: 'Long operations, from their submit to their end' },
      { name: 'connections', description: 'The endpoints that jobs run at, and what Pollux knows of them' },
    ],
    paths: {
      ...Object.assign({}, ...adapters.map(platformPaths)),
      '/v1/{platform}/{connection}/jobs': { get: listJobs(adapters) },
      '/v1/{platform}/{connection}/jobs/{id}': { get: getJob(adapters) },
      '/v1/{platform}/{connection}/operations': { get: listOperations(adapters) },
      '/v1/connections': { get: listConnections },
      '/v1/openapi.json': { get: openApi },
    },
    components: {
      schemas: {
        Job: schemaOf(jobView),
        JobWithTimeline: schemaOf(jobWithTimelineView),
        JobPage: schemaOf(jobPageView),
        Connections: schemaOf(connectionsView),
        Operations: schemaOf(operationsView),
        ConnectionCheck: schemaOf(connectionCheckView),
        Problem: schemaOf(problemView),
        GatewayError: schemaOf(gatewayErrorView),
        Report: schemaOf(reportRequest),
        ...Object.assign({}, ...adapters.map(requestSchemas)),
      },
      securitySchemes: {
        iam: { type: 'http', scheme: 'AWS4-HMAC-SHA256', description: 'AWS Signature Version 4, service execute-api' },
      },
    },
  };
}

function platformPaths(adapter: Adapter): Schema {
  const base = `/v1/${adapter.platform}/{connection}/jobs`;
  const name = pascal(adapter.platform);
  return {
    [base]: {
      post: {
        operationId: `submit${name}Job`,
        tags: ['jobs'],
        summary: `Submit a job to ${adapter.title}, or adopt one that runs there already`,
        parameters: [connectionParameter, idempotencyKeyParameter],
        requestBody: { required: true, content: json(ref(`${name}JobRequest`)) },
        responses: {
          202: answer('Accepted', ref('Job'), {
            Location: location,
            'Retry-After': { description: 'Seconds until the first look', schema: { type: 'integer' } },
          }),
          200: answer(
            'An earlier request with the same Idempotency-Key made this job. It is shown as it is now: it may be over, also as FAILED',
            ref('Job'),
            { Location: location },
          ),
          ...problems(
            'invalid-request',
            'unknown-connection',
            'unknown-at-platform',
            'idempotency-conflict',
            'platform-refused',
            'platform-unavailable',
            'connection-unusable',
          ),
        },
      },
    },
    [`${base}/{id}/cancel`]: {
      post: {
        operationId: `cancel${name}Job`,
        tags: ['jobs'],
        summary: adapter.capabilities.cancel
          ? 'Ask the platform to cancel the job; it is CANCELED when the platform says so'
          : `Answers 501: ${adapter.title} cannot cancel jobs`,
        parameters: [connectionParameter, idParameter],
        responses: {
          202: answer('Requested, now or before', ref('Job'), { Location: location }),
          ...problems('unknown-connection', 'unknown-job', 'job-over', 'cancel-refused', 'cancel-not-supported'),
        },
      },
    },
    [`/v1/${adapter.platform}/{connection}/check`]: {
      post: {
        operationId: `check${name}Connection`,
        tags: ['connections'],
        summary: 'Log in with the secret as it is now, ask something harmless, and say what is wrong',
        parameters: [connectionParameter],
        responses: {
          200: answer('Checked: `ok` is the verdict', ref('ConnectionCheck')),
          ...problems('unknown-connection'),
        },
      },
    },
    ...(adapter.capabilities.report === true && {
      [`${base}/{id}/report`]: {
        post: {
          operationId: `report${name}Job`,
          tags: ['jobs'],
          summary: 'What a worker says of its job; an empty report is a sign of life',
          parameters: [connectionParameter, idParameter],
          requestBody: { required: true, content: json(ref('Report')) },
          responses: {
            200: answer('Taken; `cancelRequestedAt` says that somebody asked to cancel it', ref('Job')),
            ...problems(
              'invalid-request',
              'unknown-connection',
              'unknown-job',
              'job-over',
              'report-refused',
              'job-unconfirmed',
              'platform-unavailable',
              'connection-unusable',
            ),
          },
        },
      },
    }),
  };
}

function requestSchemas(adapter: Adapter): Schema {
  const common = schemaOf(z.object(commonFields)) as { properties: Schema };
  // The platforms' schemas are closed; combined, each variant must admit the common fields.
  const withCommon = (own: Variant): Variant => ({
    ...own,
    ...(own.properties && { properties: { ...own.properties, ...common.properties } }),
    ...(own.oneOf && { oneOf: own.oneOf.map(withCommon) }),
    ...(own.anyOf && { anyOf: own.anyOf.map(withCommon) }),
  });
  const body = (schema: z.core.$ZodType) => withCommon(schemaOf(schema));
  return {
    [`${pascal(adapter.platform)}JobRequest`]: { oneOf: [body(adapter.submitRequest), body(adapter.adoptRequest)] },
  };
}

const platformParameter = (adapters: readonly Adapter[]) => ({
  name: 'platform',
  in: 'path',
  required: true,
  schema: { type: 'string', enum: adapters.map((adapter) => adapter.platform) },
});
const location = { description: 'Path of the job', schema: { type: 'string' } };
const connectionParameter = {
  name: 'connection',
  in: 'path',
  required: true,
  description: 'A name from the connections file',
  schema: { type: 'string', maxLength: 60 },
};
const idParameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The job id (ULID)',
  schema: { type: 'string', minLength: 26, maxLength: 26 },
};
const idempotencyKeyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Same key and same request within 24 h: the same job. Same key and another request: 422.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

function listJobs(adapters: readonly Adapter[]): Schema {
  const query = (name: string, schema: Schema) => ({ name, in: 'query', schema });
  return {
    operationId: 'listJobs',
    tags: ['jobs'],
    summary: 'The jobs of a connection, newest first',
    parameters: [
      platformParameter(adapters),
      connectionParameter,
      query('status', { type: 'string', enum: [...OPEN_STATUSES, ...TERMINAL_STATUSES] }),
      query('operation', { type: 'string' }),
      query('limit', { type: 'integer', minimum: 1, maximum: MAX_LIST_LIMIT, default: 50 }),
      query('cursor', { type: 'string' }),
    ],
    responses: { 200: answer('A page', ref('JobPage')), ...problems('invalid-request', 'unknown-connection') },
  };
}

function getJob(adapters: readonly Adapter[]): Schema {
  return {
    operationId: 'getJob',
    tags: ['jobs'],
    summary: 'One job, as of its last look',
    parameters: [
      platformParameter(adapters),
      connectionParameter,
      idParameter,
      { name: 'If-None-Match', in: 'header', schema: { type: 'string' } },
    ],
    responses: {
      200: answer('The job', ref('JobWithTimeline'), { ETag: { schema: { type: 'string' } } }),
      304: { description: 'Not changed since that ETag', headers: { ETag: { schema: { type: 'string' } } } },
      ...problems('unknown-connection', 'unknown-job'),
    },
  };
}

function listOperations(adapters: readonly Adapter[]): Schema {
  return {
    operationId: 'listOperations',
    tags: ['connections'],
    summary: 'How long each operation takes on the connection, as learned, and when its jobs are looked at',
    parameters: [platformParameter(adapters), connectionParameter],
    responses: { 200: answer('All operations with history', ref('Operations')), ...problems('unknown-connection') },
  };
}

const listConnections = {
  operationId: 'listConnections',
  tags: ['connections'],
  summary: 'What is configured, whether it answers, and what its wait-loop does',
  responses: { 200: answer('All connections', ref('Connections')), ...problems() },
};

const openApi = {
  operationId: 'getOpenApi',
  tags: ['connections'],
  summary: 'This document',
  responses: { 200: answer('OpenAPI 3.1', { type: 'object' }), ...problems() },
};

function schemaOf(schema: z.core.$ZodType): Schema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });
  return rest;
}

/** `f5-vcmp` -> `F5Vcmp`. */
function pascal(name: string): string {
  return name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}
