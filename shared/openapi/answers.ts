import { PROBLEMS, type ProblemName } from '../api/problem.ts';

/** Responses of OpenAPI, and what they are made of. */

export type Schema = Record<string, unknown>;

/** What API Gateway answers by itself. With 500 and 503 the function was called, and may have done what it was asked for. */
const GATEWAY: Record<number, string> = {
  500: 'API Gateway: the function failed',
  503: 'API Gateway: the function took longer than 30 s, and goes on',
  403: 'API Gateway: the signature is missing or wrong, or no policy opens this route to the caller',
  429: 'API Gateway: more calls than the stage takes',
};

/** The answers that are errors. Problems that share a status share an answer; their `type` tells them apart. */
export function problems(...names: ProblemName[]): Schema {
  const titles: Record<number, string[]> = {};
  for (const name of [...names, 'internal-error'] as const) {
    const { status, title } = PROBLEMS[name];
    titles[status] = [...(titles[status] ?? []), `${title} (\`${name}\`)`];
  }
  const statuses = [...new Set([...Object.keys(titles), ...Object.keys(GATEWAY)])].map(Number);
  return Object.fromEntries(statuses.map((status) => [status, failure(titles[status] ?? [], GATEWAY[status])]));
}

/** The type of the answer tells whose it is. */
function failure(ours: readonly string[], gateways: string | undefined): Schema {
  return {
    description: [...ours, ...(gateways === undefined ? [] : [gateways])].join(', or: '),
    content: {
      ...(ours.length > 0 && { 'application/problem+json': { schema: ref('Problem') } }),
      ...(gateways !== undefined && { 'application/json': { schema: ref('GatewayError') } }),
    },
  };
}

export function answer(description: string, schema: Schema, headers?: Schema): Schema {
  return { description, ...(headers && { headers }), content: json(schema) };
}

export function json(schema: Schema): Schema {
  return { 'application/json': { schema } };
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
