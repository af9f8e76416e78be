import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** The console as it is served: one document that loads nothing else. */
export interface ConsolePage {
  headers: Record<string, string>;
  html: string;
}

const FOLDER = fileURLToPath(new URL('../console', import.meta.url));
const STYLE = '<link rel="stylesheet" href="style.css">';
const SCRIPT = '<script type="module" src="main.ts"></script>';

/** Puts style and script into the document, and allows exactly these two by their hashes. Same sources, same bytes. */
export function consolePage(): ConsolePage {
  const [script, style] = built();
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    // The icon, which is part of the document.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const html = [
    [STYLE, `<meta http-equiv="content-security-policy" content="${policy}">\n    <style>${style}</style>`],
    [SCRIPT, `<script type="module">${script}</script>`],
  ].reduce((text, [tag, content]) => replaced(text, tag!, content!), readFileSync(join(FOLDER, 'index.html'), 'utf8'));
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      // A meta element cannot say who may frame the page.
      'content-security-policy': `${policy}; frame-ancestors 'none'`,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
      etag: `"${createHash('sha256').update(html).digest('base64url')}"`,
    },
    html,
  };
}

function built(): [script: string, style: string] {
  const { outputFiles, warnings } = buildSync({
    absWorkingDir: FOLDER,
    entryPoints: ['main.ts', 'style.css'],
    outdir: '.',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    write: false,
  });
  if (warnings.length > 0) throw new Error(`console: ${warnings.map(({ text }) => text).join('; ')}`);
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))!.text.trim();
  return [text('.js'), text('.css')];
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** A function as replacement, because `$` has a meaning in a string. */
function replaced(text: string, tag: string, content: string): string {
  if (!text.includes(tag)) throw new Error(`console/index.html: ${tag} is missing`);
  return text.replace(tag, () => content);
}
