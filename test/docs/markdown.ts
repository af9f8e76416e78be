import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Block {
  language: string;
  text: string;
  /** Of the page, for messages. */
  line: number;
}

export interface Page {
  /** Relative to the repository. */
  path: string;
  text: string;
  blocks: Block[];
  /** Without its blocks. */
  prose: string;
}

/** Every page for readers: those at the top, docs, examples. */
export const pages: Page[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...below('docs'),
  ...below('examples'),
].map(readPage);

export function pageAt(path: string): Page {
  return pages.find((page) => page.path === path) ?? readPage(path);
}

function below(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `${folder}/${path}`)
    .sort();
}

function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const found = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  const blocks = found.map(({ index, 1: language = '', 2: content = '' }) => ({
    language,
    text: content,
    line: text.slice(0, index).split('\n').length,
  }));
  return { path, text, blocks, prose: text.replaceAll(/^```.*?^```$/gms, '') };
}

/** Targets of the page's links and pictures that are in the repository, resolved against the page. */
export function linksOf({ path, prose }: Page): { path: string; anchor: string | undefined }[] {
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', anchor] = target.split('#');
      return { path: file === '' ? path : join(dirname(path), file), anchor };
    });
}

/** As GitHub makes them of headings. */
export function anchorsOf({ prose }: Page): string[] {
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** What stands in the prose as code, and the commands in its blocks. */
export function codeOf({ prose, blocks }: Page): string[] {
  const shell = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
  return [...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!), ...shell];
}
