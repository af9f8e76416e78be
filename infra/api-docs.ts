/**
 * `npm run docs`: writes the generated part of `docs/api.md`, below its marker: the endpoints, from the OpenAPI document, and the
 * problems. With `--check` it writes nothing and ends with 1 where the page is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PROBLEMS } from '../shared/api/problem.ts';
import { openApiDocument } from '../shared/openapi/document.ts';
import { adapters } from '../shared/platforms/registry.ts';

const MARKER = '<!-- Below this line: npm run docs. -->';

export const PAGE = fileURLToPath(new URL('../docs/api.md', import.meta.url));

interface Operation {
  summary: string;
  responses: Record<string, unknown>;
}

/** The page as it should be, given what stands in it by hand. */
export function page(current: string): string {
  const problems = Object.entries(PROBLEMS).map(([name, { status, title }]) => [String(status), `\`${name}\``, title]);
  return [
    current.split(MARKER)[0]!.trimEnd(),
    MARKER,
    '## Endpoints',
    table(['', '', 'answers'], endpointRows()),
    '## Problems',
    '`type` is `urn:pollux:problem:` and the name.',
    table(['status', 'name', ''], problems),
  ]
    .join('\n\n')
    .concat('\n');
}

/** The same path of every platform is one row; what a summary says of one platform alone is left to the document. */
function endpointRows(): string[][] {
  const { paths } = openApiDocument(adapters) as { paths: Record<string, Record<string, Operation>> };
  const rows = new Map<string, [string, Set<string>]>();
  for (const [path, methods] of Object.entries(paths)) {
    const platform = adapters.find((adapter) => path.startsWith(`/v1/${adapter.platform}/`));
    for (const [method, { summary, responses }] of Object.entries(methods)) {
      const name = `${method.toUpperCase()} ${platform ? path.replace(`/${platform.platform}/`, '/{platform}/') : path}`;
      const general = platform ? summary.replace(platform.title, 'the platform') : summary;
      const known = rows.get(name) ?? [general, new Set<string>()];
      for (const status of Object.keys(responses)) known[1].add(status);
      rows.set(name, known);
    }
  }
  return [...rows].map(([name, [summary, statuses]]) => [`\`${name}\``, summary, [...statuses].sort().join(', ')]);
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.main) {
  const current = readFileSync(PAGE, 'utf8');
  const wanted = page(current);
  if (!process.argv.includes('--check')) writeFileSync(PAGE, wanted);
  else if (wanted !== current) {
    console.error('docs/api.md is stale: npm run docs');
    process.exitCode = 1;
  }
}
