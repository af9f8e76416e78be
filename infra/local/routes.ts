import { EngineError } from './engine-error.ts';
import type { Resource } from './template.ts';

export interface Route {
  /** `POST /v1/{platform}/{connection}/jobs` */
  key: string;
  method: string;
  pattern: RegExp;
  functionArn: string;
}

export interface RouteMatch {
  route: Route;
  pathParameters: Record<string, string>;
}

/** The routes of the HTTP API, those with the most fixed segments first, as API Gateway prefers them. */
export function readRoutes(routes: readonly Resource[], integrations: readonly Resource[]): Route[] {
  const functionOf = new Map(
    integrations.map(({ ref, properties }) => [ref, functionArn(String(properties.IntegrationUri))]),
  );
  const read = routes.map(({ logicalId, properties }) => {
    const key = String(properties.RouteKey);
    const arn = functionOf.get(String(properties.Target).replace('integrations/', ''));
    if (!arn)
      throw new EngineError(
        `route ${logicalId} (${key}): its target ${properties.Target} is no integration of the template`,
      );
    const [method = 'ANY', path = '/{proxy+}'] = key === '$default' ? [] : key.split(' ');
    return { key, method, pattern: compile(path), functionArn: arn, rank: rank(path) };
  });
  return read.sort((left, right) => left.rank.localeCompare(right.rank));
}

/** The route, or the methods that the path does have: none if there is no such path. */
export function findRoute(routes: readonly Route[], method: string, path: string): RouteMatch | { allowed: string[] } {
  const onPath = routes.filter(({ pattern }) => pattern.test(path));
  const route =
    onPath.find((candidate) => candidate.method === method) ?? onPath.find((candidate) => candidate.method === 'ANY');
  if (!route) return { allowed: [...new Set(onPath.map((candidate) => candidate.method))] };
  const groups = Object.entries(route.pattern.exec(path)?.groups ?? {});
  return {
    route,
    pathParameters: Object.fromEntries(groups.map(([name, value]) => [name, decodeURIComponent(value)])),
  };
}

/** CDK writes the function's ARN itself, or the ARN of its invocation: `…:path/2015-03-31/functions/<ARN>/invocations`. */
function functionArn(uri: string): string {
  return /functions\/(arn:[^/]+)\/invocations/.exec(uri)?.[1] ?? uri;
}

function compile(path: string): RegExp {
  const source = path.split('/').map((segment) => {
    const [, name, greedy] = /^\{(\w+)(\+?)\}$/.exec(segment) ?? [];
    if (name === undefined) return segment.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return `(?<${name}>${greedy ? '.+' : '[^/]+'})`;
  });
  return new RegExp(`^${source.join('/')}$`);
}

/** Fixed segments before variables before greedy ones, segment by segment. */
function rank(path: string): string {
  return path
    .split('/')
    .map((segment) => (segment.startsWith('{') ? (segment.endsWith('+}') ? '2' : '1') : '0'))
    .join('');
}
