import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { consolePage } from '../../infra/console.ts';

const MAX_BYTES = 60 * 1024;
const { html, headers } = consolePage();
const policy = headers['content-security-policy']!;
const inline = (tag: string) =>
  [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>([^]*?)</${tag}>`, 'g'))].map(([, text]) => text!);

describe('the page of the console', () => {
  it('is small', () => {
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(MAX_BYTES);
  });

  it('is allowed its own style and script by their hashes, and nothing else but to ask its own origin', () => {
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect([inline('script').length, inline('style').length]).toEqual([1, 1]);
    const rules = Object.fromEntries(
      policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]),
    );
    expect(rules).toEqual({
      'default-src': "'none'",
      'script-src': hash(inline('script')[0]!),
      'style-src': hash(inline('style')[0]!),
      'connect-src': "'self'",
      'img-src': 'data:',
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
  });

  it('says the same of itself, where headers get lost', () => {
    const own = /<meta http-equiv="content-security-policy" content="([^"]*)">/.exec(html)?.[1];
    expect(`${own}; frame-ancestors 'none'`).toBe(policy);
  });

  it('names no address but those of XML namespaces', () => {
    const addresses = html.match(/https?:\/\/[^'"\s)]+/g) ?? [];
    expect([...new Set(addresses)]).toEqual(['http://www.w3.org/2000/svg']);
  });

  it('comes out the same each time', () => {
    expect(consolePage()).toEqual({ html, headers });
  });
});

describe('the function that serves it', () => {
  it('answers the page, or that the browser has it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pollux-console-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'page.json'), JSON.stringify({ html, headers }));
    const outfile = join(folder, 'index.mjs');
    buildSync({ entryPoints: ['functions/console/index.ts'], bundle: true, platform: 'node', format: 'esm', outfile });
    const { handler } = await import(pathToFileURL(outfile).href);
    expect(await handler({ headers: {} })).toEqual({ statusCode: 200, headers, body: html });
    expect(await handler({ headers: { 'if-none-match': headers.etag } })).toEqual({ statusCode: 304, headers });
  });
});
