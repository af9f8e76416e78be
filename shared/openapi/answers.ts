import { PROBLEMS, type ProblemName } from '../api/problem.ts';

/** Responses of OpenAPI, and what they are made of. */

export type Schema = Record<string, unknown>;

/** What API Gateway answers by itself, before any function is called. */
const GATEWAY = {
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
  const ours = Object.entries(titles).map(([status, said]) => [status, failure(said.join(', or: '), 'Problem')]);
  const gateways = Object.entries(GATEWAY).map(([status, said]) => [status, failure(said, 'GatewayError')]);
  return Object.fromEntries([...ours, ...gateways]);
}

function failure(description: string, schema: 'Problem' | 'GatewayError'): Schema {
  const type = schema === 'Problem' ? 'application/problem+json' : 'application/json';
  return { description, content: { [type]: { schema: ref(schema) } } };
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
