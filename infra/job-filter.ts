import { Token } from 'aws-cdk-lib';
import * as z from 'zod';
import { didYouMean, oneOf } from '../shared/api/did-you-mean.ts';
import { type PlaceFilter, unknownPlaces } from '../shared/events/filter.ts';
import { type JobFilter, jobFilterProblems } from '../shared/events/pattern.ts';
import type { Adapter } from '../shared/platforms/adapter.ts';
import { adapters } from '../shared/platforms/registry.ts';
import type { ConnectionName } from './metrics.ts';

export interface FilterFindings {
  /** With one of these the rule would match nothing, or more than it says. */
  problems: string[];
  /** What can be right, and mostly is not. */
  warnings: string[];
}

/** Holds a filter against the connections that there are: what it names must be able to come. */
export function checkJobFilter(filter: JobFilter, connections: readonly ConnectionName[]): FilterFindings {
  const problems = jobFilterProblems(filter);
  if (problems.length > 0) return { problems, warnings: [] };
  const place = withoutTokens(filter);
  const unknown = unknownPlaces(place, connections);
  if (unknown.length > 0) return { problems: unknown, warnings: [] };
  const asked = adapters.filter(({ platform }) =>
    connections.some((one) => one.platform === platform && isIn(place, one)),
  );
  const findings = (filter.operations ?? [])
    .filter((name) => !Token.isUnresolved(name))
    .map((name) => judge(name, asked));
  return {
    problems: findings.flatMap(({ problem }) => problem ?? []),
    warnings: findings.flatMap(({ warning }) => warning ?? []),
  };
}

/** `Match.prefix(…)` and the like are lists of one token, which nobody can read before the template is made. */
function withoutTokens({ platforms, connections }: JobFilter): PlaceFilter {
  const readable = (names: readonly string[] | undefined) =>
    names !== undefined && !names.some((name) => Token.isUnresolved(name));
  return {
    ...(readable(platforms) && { platforms: platforms! }),
    ...(readable(connections) && { connections: connections! }),
  };
}

function isIn({ platforms, connections }: PlaceFilter, { platform, connection }: ConnectionName): boolean {
  const named = connections?.some((name) => name === connection || name === `${platform}/${connection}`) ?? true;
  return named && (platforms?.includes(platform) ?? true);
}

function judge(operation: string, asked: readonly Adapter[]): { problem?: string; warning?: string } {
  const refusals = asked.map((adapter) => refusalOf(adapter.submitRequest, operation));
  if (refusals.some((refusal) => refusal === undefined)) return {};
  const why = asked.map(({ platform }, index) => `${platform}: ${refusals[index]}`).join('; ');
  const message = `"operations" has "${operation}", which no submit takes (${why})`;
  const adopted = asked.some((adapter) => refusalOf(adapter.adoptRequest, operation) === undefined);
  return adopted ? { warning: `${message}; it matches adopted jobs alone` } : { problem: message };
}

/** Why a body cannot have this operation, whatever else is in it. */
function refusalOf(schema: Adapter['adoptRequest'], operation: string): string | undefined {
  const issue = schema.safeParse({ operation }).error?.issues.find(({ path }) => path[0] === 'operation');
  if (!issue) return undefined;
  const known = operationsOf(schema);
  return known.length > 0 ? `${didYouMean(operation, known)}it must be ${oneOf(known)}` : issue.message;
}

/** Where a schema is a choice by operation. */
function operationsOf(schema: Adapter['adoptRequest']): string[] {
  const { oneOf: shapes = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return shapes.map((shape) => Object(shape).properties?.operation?.const).filter((name) => typeof name === 'string');
}
