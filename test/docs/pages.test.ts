import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { PAGE as API_PAGE, page as apiPage } from '../../infra/api-docs.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { checkSample } from './json-samples.ts';
import { anchorsOf, codeOf, linksOf, pageAt, pages, ROOT } from './markdown.ts';

/** Blocks that are neither run, compiled nor parsed, by page and language, and why. */
const SKIPPED: Record<string, string> = {
  'docs/cli.md text': 'help texts; test/cli/docs.test.ts holds the page against the commands',
  'docs/cli.md fish': 'test/cli/engine/completion.test.ts runs it, where fish is installed',
};
/** How each language is held to be right. */
const LANGUAGES = ['ts', 'json', 'sh'];

test('every block is of a language that is checked here, or is skipped for a reason', () => {
  const others = pages.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language }) => !LANGUAGES.includes(language) && !SKIPPED[`${path} ${language}`])
      .map(({ language, line }) => `${path}:${line} "${language}"`),
  );
  expect(others).toEqual([]);
});

function blocksOf(language: string): [where: string, text: string][] {
  return pages.flatMap(({ path, blocks }) =>
    blocks.filter((block) => block.language === language).map(({ line, text }) => [`${path}:${line}`, text] as const),
  ) as [string, string][];
}

describe('samples', () => {
  // The platforms' own pages: platforms.test.ts, by the schema of the one platform.
  const json = blocksOf('json').filter(([where]) => !where.startsWith('docs/platforms/'));

  test.each(json)('json %s is what it seems to be', (_, text) => {
    expect(() => checkSample(text)).not.toThrow();
  });

  test('a sample that is wrong is noticed', () => {
    expect(() => checkSample('{ "operation": "PowerOnVM_Task", "target": {} }')).toThrow('no platform');
    expect(() => checkSample('{ "detail-type": ["Job State Change"], "detail": { "status": ["DONE"] } }')).toThrow();
    expect(() => checkSample('{ "detail-type": ["Job State Change"], "detail": { "state": ["FAILED"] } }')).toThrow();
    expect(() =>
      checkSample('{ "detail-type": ["Connection State Change"], "detail": { "status": ["LOST"] } }'),
    ).toThrow();
    expect(() => checkSample('{ "id": "01", "createdAt": "yesterday" }')).toThrow();
    expect(() => checkSample('{ "a": 1 }')).toThrow('what is it?');
  });

  test.each(blocksOf('sh'))('sh %s is valid for bash', (_, text) => {
    expect(() => execFileSync('bash', ['-n'], { input: text, stdio: ['pipe', 'ignore', 'pipe'] })).not.toThrow();
  });

  test('ts compiles, with the package under its own name', async () => {
    const blocks = blocksOf('ts');
    expect(blocks.length).toBeGreaterThan(0);
    // Below node_modules packages resolve as from anywhere in the repository, and git does not see it.
    const cache = join(ROOT, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'pollux-docs-'));
    try {
      const files = blocks.map(([where, text], index) => {
        const file = join(folder, `sample-${index}.ts`);
        writeFileSync(file, `// ${where}\n${text}export {};\n`);
        return file;
      });
      const paths = {
        pollux: [join(ROOT, 'infra/index.ts'), join(ROOT, 'infra/pollux.ts')],
        'pollux/client': [join(ROOT, 'client/index.ts')],
        'pollux/events': [join(ROOT, 'client/events.ts')],
      };
      const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions: { paths }, files, include: [] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const tsc = promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]);
      expect(await tsc.catch(({ stdout }) => stdout)).toMatchObject({ stdout: '' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe.each(pages.map((page) => [page.path, page] as const))('%s', (_, page) => {
  test('links to what there is', () => {
    const broken = linksOf(page).filter(({ path, anchor }) => {
      if (!existsSync(join(ROOT, path))) return true;
      return anchor !== undefined && !anchorsOf(pageAt(path)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names npm scripts and files that there are', () => {
    const code = codeOf(page).join('\n');
    const scripts = [...code.matchAll(/npm run (?:-\S+ )*([a-z][\w:-]*)/g)].map(([, name]) => name!);
    const known = Object.keys(packageJson.scripts);
    expect(scripts.filter((name) => !known.includes(name))).toEqual([]);
    // A pattern, or a place-holder for a name, is not the name of a file.
    const folders = /(?<![\w/.-])(?:cli|client|docs|examples|functions|infra|shared|test)\/[\w./-]*(?![\w<>*{-])/g;
    const files = [...code.matchAll(folders)].map(([file]) => file);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

test('docs/api.md is what the code says (npm run docs)', () => {
  const current = readFileSync(API_PAGE, 'utf8');
  expect(current).toBe(apiPage(current));
});

describe('README.md', () => {
  const readme = pageAt('README.md');

  test('takes its figures of cost and delay from docs/benchmark.md', () => {
    const [, section = ''] = /^## What it costs\n(.*?)^## /ms.exec(readme.text) ?? [];
    const figuresOf = (text: string): string[] => text.match(/\d+(?:,\d{3})*(?:\.\d+)?/g) ?? [];
    const figures = figuresOf(section);
    expect(figures.length).toBeGreaterThan(15);
    const measured = figuresOf(pageAt('docs/benchmark.md').text);
    // The percentile's name.
    expect(figures.filter((figure) => figure !== '95' && !measured.includes(figure))).toEqual([]);
  });

  test('leads to every page', () => {
    const linked = linksOf(readme).map(({ path }) => path.replace(/\/$/, ''));
    const missing = pages.filter(
      ({ path }) => !linked.some((target) => path === target || path.startsWith(`${target}/`)),
    );
    expect(missing.map(({ path }) => path)).toEqual(['README.md']);
  });
});
