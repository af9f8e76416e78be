/**
 * `npm run docs`: writes the generated part of `docs/platforms/<platform>.md`, below its marker; what stands above is
 * written by hand. With `--check` it writes nothing and ends with 1 where a page is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Adapter } from '../shared/platforms/adapter.ts';
import { adapters } from '../shared/platforms/registry.ts';

const MARKER = '<!-- Below this line: npm run docs. -->';

export function pagePath(platform: string): string {
  return fileURLToPath(new URL(`../docs/platforms/${platform}.md`, import.meta.url));
}

/** The page as it should be, given what stands in it by hand. */
export function page(adapter: Adapter, current: string): string {
  const byHand = current.split(MARKER)[0]!.trimEnd();
  return `${byHand}\n\n${MARKER}\n\n${generated(adapter)}\n`;
}

function generated(adapter: Adapter): string {
  const { states = [], errors = [] } = adapter.documentation ?? {};
  const { bounds } = adapter;
  return [
    '## Options of a connection',
    table(['option', '', 'meaning'], optionRows(adapter)),
    '## What becomes of what the platform says',
    'The first line that fits counts.',
    table(
      [adapter.title, 'status', ''],
      states.map(({ platform, status, why }) => [platform, `\`${status}\``, why]),
    ),
    '## Errors',
    'A look that fails ends no job. `transient` is tried again by back-off, `permanent` too, but an operator must act; `not_found` becomes LOST when it is repeated. A submit that is `refused` is 422, `unavailable` 503 (nothing was started), `unknown` 202: the job is looked for.',
    table(
      ['code', 'on a look', 'on a submit', ''],
      errors.map(({ code, onLook, onSubmit, why }) => [`\`${code}\``, onLook, onSubmit, why]),
    ),
    '## Times',
    table(
      ['', 'seconds'],
      [
        ['longest time between two looks', String(bounds.maxGapSeconds)],
        ['after a submit, `not_found` says nothing for', String(bounds.creationGraceSeconds)],
        ['`not_found` must have lasted, before the job is LOST', String(bounds.notFoundGraceSeconds)],
        ['a submit whose answer was lost is looked for', String(bounds.findSubmittedSeconds)],
      ],
    ),
  ].join('\n\n');
}

interface OptionSchema {
  properties?: Record<string, { description?: string; type?: string }>;
  required?: string[];
  oneOf?: OptionSchema[];
  anyOf?: OptionSchema[];
}

function optionRows(adapter: Adapter): string[][] {
  const schema = z.toJSONSchema(adapter.options, { unrepresentable: 'any', io: 'input' }) as OptionSchema;
  const variants = schema.oneOf ?? schema.anyOf ?? [schema];
  const rows = new Map<string, string[]>();
  for (const { properties = {}, required = [] } of variants) {
    for (const [name, { description = '' }] of Object.entries(properties)) {
      if (name !== 'ca') rows.set(name, [`\`${name}\``, required.includes(name) ? 'required' : '', description]);
    }
  }
  return [...rows.values()];
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  for (const adapter of adapters) {
    const path = pagePath(adapter.platform);
    const current = existsSync(path) ? readFileSync(path, 'utf8') : `# ${adapter.title}\n`;
    const wanted = page(adapter, current);
    if (wanted === current) continue;
    if (check) {
      console.error(`docs/platforms/${adapter.platform}.md is stale: npm run docs`);
      process.exitCode = 1;
    } else writeFileSync(path, wanted);
  }
}
