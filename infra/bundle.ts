import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync } from 'esbuild';
import { planLimits } from '../shared/loop/limits.ts';
import { openApiDocument } from '../shared/openapi/document.ts';
import type { Adapter } from '../shared/platforms/adapter.ts';
import { adapters } from '../shared/platforms/registry.ts';
import type { ConnectionOptions, Connections } from './connections.ts';
import { consolePage } from './console.ts';

/** Functions of which each platform has its own, with nothing but its own adapter inside. */
export const PLATFORM_FUNCTIONS = ['submit-job', 'check-jobs', 'cancel-job', 'report-job', 'check-connection'] as const;
/** Functions that know no platform. */
export const SHARED_FUNCTIONS = [
  'get-job',
  'list-jobs',
  'operations',
  'connections',
  'reconcile',
  'openapi',
  'console',
] as const;

export type PlatformFunction = (typeof PLATFORM_FUNCTIONS)[number];
export type SharedFunction = (typeof SHARED_FUNCTIONS)[number];

/** Which of them this platform has: reports are for platforms with jobs that workers report on. */
export function functionsOf(adapter: Adapter): readonly PlatformFunction[] {
  return PLATFORM_FUNCTIONS.filter((name) => name !== 'report-job' || adapter.capabilities.report === true);
}

export interface Bundles {
  /** Folder of a platform's function: `index.mjs` and what it reads. */
  folder(name: PlatformFunction, platform: string): string;
  has(name: PlatformFunction, platform: string): boolean;
  /** Folder of a shared function. */
  shared(name: SharedFunction): string;
  /** The files that went into a folder's `index.mjs`, relative to the project. */
  inputs(folder: string): readonly string[];
}

interface Entry {
  /** Folder below the output folder. */
  name: string;
  source: string;
  /** What goes beside `index.mjs`. */
  files: Record<string, unknown>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How every function is made; its entry and its output are the caller's. */
export const BUILD_OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // The ES modules of a package where it has both: only they can be shaken.
  mainFields: ['module', 'main'],
  alias: {
    http: join(ROOT, 'shared/lambda/node-http.ts'),
    'node:http': join(ROOT, 'shared/lambda/node-http.ts'),
    http2: join(ROOT, 'shared/lambda/node-http2.ts'),
    'node:http2': join(ROOT, 'shared/lambda/node-http2.ts'),
  },
  minifyWhitespace: true,
  minifySyntax: true,
  // A stack trace with a line number that means something.
  lineLimit: 160,
  // Packages that are CommonJS still call `require` for Node's own modules.
  banner: {
    js: "import{createRequire as $createRequire}from'node:module';const require=$createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

/** Several stacks of one app, and several synths of one process, share their bundles. */
const made = new Map<string, Bundles>();

/** An app's assembly has its own copy of every bundle, so these go with the process. */
const temporary: string[] = [];
process.once('exit', () => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

/**
 * Bundles every function in one run of esbuild, which then reads each source once. Synchronous, as constructs are.
 *
 * Same sources and connections give the same bytes: nothing of this machine's paths is in the output (no source maps, no
 * path comments), so an asset's hash moves only when the function does. Identifiers keep their names instead: a stack trace
 * names its functions without a map, which would double the package and cost time when a function starts.
 */
export function bundle(connections: Connections): Bundles {
  const key = JSON.stringify(connections);
  const known = made.get(key);
  if (known) return known;

  const out = mkdtempSync(join(tmpdir(), 'pollux-bundles-'));
  temporary.push(out);
  const entries = entriesFor(connections);
  for (const entry of entries) {
    mkdirSync(join(out, entry.name), { recursive: true });
    writeFileSync(join(out, `${entry.name}.ts`), entry.source);
    for (const [file, content] of Object.entries(entry.files)) {
      writeFileSync(join(out, entry.name, file), `${JSON.stringify(content)}\n`);
    }
  }
  const { metafile } = buildSync({
    ...BUILD_OPTIONS,
    entryPoints: entries.map(({ name }) => ({ in: join(out, `${name}.ts`), out: `${name}/index` })),
    outdir: out,
    metafile: true,
  });
  const inputs = new Map<string, string[]>();
  for (const output of Object.values(metafile.outputs)) {
    const entry = entries.find(({ name }) => output.entryPoint?.endsWith(`/${name}.ts`));
    if (entry) inputs.set(join(out, entry.name), Object.keys(output.inputs));
  }
  const bundles: Bundles = {
    folder: (name, platform) => join(out, platform, name),
    has: (name, platform) => entries.some((entry) => entry.name === `${platform}/${name}`),
    shared: (name) => join(out, name),
    inputs: (folder) => inputs.get(folder) ?? [],
  };
  made.set(key, bundles);
  return bundles;
}

function entriesFor(connections: Connections): Entry[] {
  const platforms = Object.keys(connections);
  return [
    ...platforms.flatMap((platform) =>
      functionsOf(adapterFor(platform)).map((name) => ({
        name: `${platform}/${name}`,
        source: [
          `import { adapter } from ${path('shared', 'platforms', platform, 'index.ts')};`,
          `import { handlerFor } from ${path('functions', name, 'index.ts')};`,
          'export const handler = handlerFor(adapter);',
        ].join('\n'),
        files: { 'connections.json': { [platform]: connections[platform] } },
      })),
    ),
    ...SHARED_FUNCTIONS.map((name) => ({
      name,
      source: `export { handler } from ${path('functions', name, 'index.ts')};`,
      files: filesOf(name, connections),
    })),
  ];
}

function filesOf(name: SharedFunction, connections: Connections): Record<string, unknown> {
  if (name === 'openapi') return { 'openapi.json': openApiDocument(Object.keys(connections).map(adapterFor)) };
  if (name === 'console') return { 'page.json': consolePage() };
  return { 'connections.json': name === 'operations' ? limitsOf(connections) : namesOf(connections) };
}

/** Functions without a platform need to know which connections there are, and nothing about them, */
function namesOf(connections: Connections): Record<string, Record<string, object>> {
  return mapped(connections, () => ({}));
}

/** or what bounds their plans. */
function limitsOf(connections: Connections): Record<string, Record<string, object>> {
  return mapped(connections, (platform, options) => planLimits(adapterFor(platform), options));
}

function mapped(connections: Connections, of: (platform: string, options: ConnectionOptions) => object) {
  return Object.fromEntries(
    Object.entries(connections).map(([platform, entries]) => [
      platform,
      Object.fromEntries(Object.entries(entries).map(([name, options]) => [name, of(platform, options)])),
    ]),
  );
}

function adapterFor(platform: string): Adapter {
  const adapter = adapters.find((known) => known.platform === platform);
  if (!adapter) throw new Error(`No adapter for platform "${platform}": read the connections with readConnections()`);
  return adapter;
}

function path(...segments: string[]): string {
  return JSON.stringify(join(ROOT, ...segments));
}
