import { requirePlatform } from '../../shared/api/lookup.ts';
import { Problem } from '../../shared/api/problem.ts';

/** The paths of the API below `/v1`, with the methods that each takes on platforms that offer it. */
const ROUTES: readonly (readonly [path: RegExp, methods: string])[] = [
  [/^(connections|openapi\.json)$/, 'GET'],
  [/^[^/]+\/[^/]+\/jobs$/, 'GET, POST'],
  [/^[^/]+\/[^/]+\/jobs\/[^/]+$/, 'GET'],
  [/^[^/]+\/[^/]+\/operations$/, 'GET'],
  [/^[^/]+\/[^/]+\/check$/, 'POST'],
  [/^[^/]+\/[^/]+\/jobs\/[^/]+\/(cancel|report)$/, 'POST'],
];

/** Why no route takes this request: its platform, its method, or its path. */
export function unknownRoute(method: string, path: string, platforms: readonly string[]): Problem {
  const below = path.replace(/^\/v1\//, '');
  const methods = ROUTES.find(([pattern]) => pattern.test(below))?.[1];
  if (methods === undefined) {
    return new Problem('unknown-route', `The API has no path ${path}. GET /v1/openapi.json describes all of them.`);
  }
  const [platform = '', , , , action = ''] = below.split('/');
  if (below.includes('/')) {
    try {
      requirePlatform(platforms, platform);
    } catch (problem) {
      return problem as Problem;
    }
  }
  if (!methods.split(', ').includes(method)) {
    const detail = `${path} takes ${methods}, not ${method}.`;
    return new Problem('method-not-allowed', detail, { headers: { allow: methods } });
  }
  return new Problem('unknown-route', `Jobs of ${platform} do not support "${action || below}".`);
}
