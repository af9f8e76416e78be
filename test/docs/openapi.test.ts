import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { build } from 'esbuild';
import { generate } from 'openapi-typescript-codegen';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { PROBLEMS } from '../../shared/api/problem.ts';
import { openApiDocument } from '../../shared/openapi/document.ts';
import { adapters } from '../../shared/platforms/registry.ts';

/** The document as others use it: a linter, and a generator of clients. */
const document = openApiDocument(adapters);
const folder = mkdtempSync(join(tmpdir(), 'pollux-openapi-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function lint(what: object) {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: JSON.stringify(what), absoluteRef: '/openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`);
}

test('a linter finds nothing', async () => {
  expect(await lint(document)).toEqual([]);
  const { security: _security, ...open } = document;
  expect((await lint(open)).join()).toContain('security-defined');
});

test('its version is that of the package', () => {
  expect(document.info).toMatchObject({ version: packageJson.version });
});

test('every problem is named at an operation that answers with it', () => {
  const text = JSON.stringify(document);
  expect(Object.keys(PROBLEMS).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

interface Sent {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: unknown;
}

beforeAll(async () => {
  await generate({
    input: document,
    output: folder,
    httpClient: 'fetch',
    clientName: 'Generated',
    useUnionTypes: true,
  });
});

test('a client is generated from it, and compiles', async () => {
  const tsc = new URL('../../node_modules/.bin/tsc', import.meta.url).pathname;
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler'];
  const run = promisify(execFile)(tsc, [...options, '--ignoreConfig', '--types', '', join(folder, 'index.ts')]);
  expect(await run.catch(({ stdout }) => stdout)).toMatchObject({ stdout: '' });
});

test('the generated client sends what the API takes', async () => {
  const outfile = join(folder, 'client.mjs');
  await build({ entryPoints: [join(folder, 'index.ts')], bundle: true, format: 'esm', outfile, logLevel: 'silent' });
  const { Generated } = await import(pathToFileURL(outfile).href);
  const sent: Sent[] = [];
  const before = globalThis.fetch;
  globalThis.fetch = async (url, { method = 'GET', headers, body } = {}) => {
    sent.push({ url: String(url), method, headers: Object.fromEntries(new Headers(headers)), body });
    return Response.json({ id: 'a' }, { status: 202 });
  };
  try {
    const client = new Generated({ BASE: 'http://pollux' });
    const body = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-1' } };
    expect(await client.jobs.submitVsphereJob('dc1', body, 'key-1')).toEqual({ id: 'a' });
    expect(sent).toMatchObject([
      {
        url: 'http://pollux/v1/vsphere/dc1/jobs',
        method: 'POST',
        headers: { 'idempotency-key': 'key-1', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
    ]);
  } finally {
    globalThis.fetch = before;
  }
});
