import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../infra/bundle.ts';
import { functionsOf, SHARED_FUNCTIONS } from '../../infra/bundles.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { FUNCTION_ENVIRONMENT } from '../support/function-environment.ts';
import { EXAMPLE, exampleConnections } from './fixtures.ts';

const bundles = bundle(exampleConnections);
const platforms = Object.keys(exampleConnections);
const ofPlatforms = platforms.flatMap((platform) =>
  functionsOf(adapterOf(platform)!).map((name) => ({ platform, name, folder: bundles.folder(name, platform) })),
);
const ofNone = SHARED_FUNCTIONS.map((name) => ({ name, folder: bundles.shared(name) }));
const all = [...ofPlatforms, ...ofNone];

const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');

describe("a platform's function", () => {
  it.each(ofPlatforms)('$platform/$name holds its own adapter and no other', ({ platform, folder }) => {
    const adapters = bundles
      .inputs(folder)
      .map((input) => /^shared\/platforms\/([^/]+)\/runtime\.ts$/.exec(input)?.[1])
      .filter((found) => found !== undefined);
    expect(adapters).toEqual([platform]);
  });

  it.each(ofPlatforms)('$platform/$name knows its own connections and no others', ({ platform, folder }) => {
    expect(JSON.parse(read(folder, 'connections.json'))).toEqual({ [platform]: exampleConnections[platform] });
  });
});

describe('a function of no platform', () => {
  it.each(ofNone)('$name holds no adapter', ({ folder }) => {
    const inputs = bundles.inputs(folder);
    expect(inputs.length).toBeGreaterThan(0);
    expect(inputs.filter((input) => /^shared\/platforms\/[^/]+\//.test(input))).toEqual([]);
  });

  it.each(ofNone.filter(({ name }) => !['openapi', 'operations', 'connections', 'console'].includes(name)))(
    '$name knows connections by name only',
    ({ folder }) => {
      const names = JSON.parse(read(folder, 'connections.json'));
      const entries = Object.entries(exampleConnections);
      const wanted = entries.map(([platform, named]) => [platform, Object.keys(named).map((name) => [name, {}])]);
      expect(Object.entries(names).map(([platform, named]) => [platform, Object.entries(named as object)])).toEqual(
        wanted,
      );
    },
  );

  it('connections knows what can be asked of the jobs of each connection, and no more of it', () => {
    const { vsphere, cloudstack } = JSON.parse(read(bundles.shared('connections'), 'connections.json'));
    expect(vsphere.dc1).toEqual({ cancel: true, report: true });
    expect(Object.values(cloudstack)[0]).toEqual({ cancel: false, report: false });
  });

  it('operations knows what bounds the plans of each connection, and no more of it', () => {
    const { vsphere, symphony } = JSON.parse(read(bundles.shared('operations'), 'connections.json'));
    expect(vsphere.dc1).toEqual({
      lookCostSeconds: 3,
      maxGapSeconds: 240,
      pullForwardAfter: 0.5,
      pullForwardWhenBusy: 0.4,
    });
    expect(Object.values(symphony)[0]).toMatchObject({ maxGapSeconds: 120 });
  });

  it('console brings its page, and knows no connection', () => {
    const folder = bundles.shared('console');
    expect(readdirSync(folder).sort()).toEqual(['index.mjs', 'page.json']);
    expect(JSON.parse(read(folder, 'page.json')).html).toMatch(/^<!doctype html>/);
  });

  it('openapi brings its document', () => {
    expect(JSON.parse(read(bundles.shared('openapi'), 'openapi.json')).openapi).toMatch(/^3\.1/);
  });
});

describe('every function', () => {
  it.each(all)('$platform $name needs nothing but Node', ({ folder }) => {
    const code = read(folder, 'index.mjs');
    const imports = [...code.matchAll(/(?:^|[;\n])\s*import\b[^;'"]*?['"]([^'"]+)['"]/g)].map((match) => match[1]!);
    expect(imports.filter((name) => !isBuiltin(name))).toEqual([]);
    expect(imports).toContain('node:module');
    // Each costs milliseconds of every start, see `shared/lambda/node-http.ts`.
    expect(imports.filter((name) => /^(node:)?http2?$/.test(name))).toEqual([]);
  });

  it.each(all)('$platform $name holds no error messages but its own', ({ folder }) => {
    expect(bundles.inputs(folder).filter((input) => /\/zod\/.*\/locales\//.test(input))).toEqual([]);
  });

  // Schemas cost a tenth of a function's load time.
  it.each(all)('$platform $name holds schemas only if it takes a body or a query', ({ name, folder }) => {
    const schemas = bundles.inputs(folder).filter((input) => /\/zod\//.test(input));
    expect(schemas.length > 0).toBe(['submit-job', 'report-job', 'list-jobs'].includes(name));
  });

  it.each(all)('$platform $name looks for credentials in its environment only', ({ folder }) => {
    const sources = bundles
      .inputs(folder)
      .flatMap((it) => /@aws-sdk\/(credential-provider-\w+|nested-clients)/.exec(it)?.[1] ?? []);
    expect([...new Set(sources)].filter((name) => name !== 'credential-provider-env')).toEqual([]);
  });

  it('can be loaded, and exports a handler', () => {
    const modules = JSON.stringify(all.map(({ folder }) => join(folder, 'index.mjs')));
    const load = `Promise.all(${modules}.map((m) => import(m))).then((l) => console.log(l.map((m) => typeof m.handler).join()))`;
    const types = execFileSync(process.execPath, ['-e', load], { env: FUNCTION_ENVIRONMENT, encoding: 'utf8' });
    expect(types.trim().split(',')).toEqual(all.map(() => 'function'));
  });

  it.each(all)('$platform $name tells nothing of the machine that built it', ({ folder }) => {
    for (const file of readdirSync(folder)) {
      expect(read(folder, file)).not.toContain(join(import.meta.dirname, '..', '..'));
      expect(read(folder, file)).not.toContain('pollux-bundles-');
    }
  });

  it('comes out the same from another process', () => {
    const script = `
      const { bundle } = await import(${JSON.stringify(join(import.meta.dirname, '../../infra/bundle.ts'))});
      const { readConnections } = await import(${JSON.stringify(join(import.meta.dirname, '../../infra/connections.ts'))});
      const { readFileSync } = await import('node:fs');
      const { createHash } = await import('node:crypto');
      const bundles = bundle(readConnections(${JSON.stringify(EXAMPLE)}));
      const folders = [${ofPlatforms.map(({ name, platform }) => `bundles.folder('${name}', '${platform}')`)},
        ${ofNone.map(({ name }) => `bundles.shared('${name}')`)}];
      const hash = createHash('sha256');
      for (const folder of folders) hash.update(readFileSync(folder + '/index.mjs'));
      console.log(hash.digest('hex'));`;
    const there = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim();
    const here = createHash('sha256');
    for (const { folder } of all) here.update(read(folder, 'index.mjs'));
    expect(there).toBe(here.digest('hex'));
  });
});
