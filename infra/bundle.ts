import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync } from 'esbuild';
import { type Bundles, bundlesIn, foldersFor, oncePerConnections, temporaryFolder, writeFiles } from './bundles.ts';
import { consolePage } from './console.ts';

export interface BuiltBundles extends Bundles {
  /** The files that went into a folder's `index.mjs`, relative to the project. */
  inputs(folder: string): readonly string[];
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

/** What stands for a part of the AWS SDK that a function has no use for, see there. */
export const FUNCTION_ALIAS = {
  ...BUILD_OPTIONS.alias,
  '@aws-sdk/credential-provider-node': join(ROOT, 'shared/lambda/credentials.ts'),
};

/** Bundles the functions of these connections. */
export const bundle = oncePerConnections((connections): BuiltBundles => {
  const out = temporaryFolder();
  const folders = foldersFor(connections);
  for (const folder of folders) writeFiles(out, folder);
  const inputs = buildFunctions(
    folders.map(({ name }) => name),
    out,
  );
  return { ...bundlesIn(out, folders), inputs: (folder) => inputs.get(folder) ?? [] };
});

/**
 * Bundles functions, named `<platform>/<function>` or `<function>`, each into its folder of `out`, in one run of esbuild,
 * which then reads each source once. Synchronous, as constructs are. Answers what went into each folder.
 *
 * Same sources give the same bytes: nothing of this machine's paths is in the output (no source maps, no path comments), so
 * an asset's hash moves only when the function does. Identifiers keep their names instead: a stack trace names its
 * functions without a map, which would double the package and cost time when a function starts.
 */
export function buildFunctions(names: readonly string[], out: string): Map<string, string[]> {
  const sources = temporaryFolder();
  for (const name of names) {
    mkdirSync(join(sources, name, '..'), { recursive: true });
    writeFileSync(join(sources, `${name}.ts`), sourceOf(name));
  }
  const { metafile } = buildSync({
    ...BUILD_OPTIONS,
    alias: FUNCTION_ALIAS,
    entryPoints: names.map((name) => ({ in: join(sources, `${name}.ts`), out: `${name}/index` })),
    outdir: out,
    metafile: true,
  });
  const inputs = new Map<string, string[]>();
  for (const output of Object.values(metafile.outputs)) {
    const name = names.find((name) => output.entryPoint?.endsWith(`/${name}.ts`));
    if (name !== undefined) inputs.set(join(out, name), Object.keys(output.inputs));
  }
  if (names.includes('console')) writeFileSync(join(out, 'console', 'page.json'), `${JSON.stringify(consolePage())}\n`);
  return inputs;
}

function sourceOf(name: string): string {
  const [platform, fn] = name.split('/');
  if (fn === undefined) return `export { handler } from ${path('functions', name, 'index.ts')};`;
  return [
    `import { runtime } from ${path('shared', 'platforms', platform!, 'runtime.ts')};`,
    `import { handlerFor } from ${path('functions', fn, 'index.ts')};`,
    ...(fn === 'submit-job'
      ? [
          `import { adoptRequest, submitRequest } from ${path('shared', 'platforms', platform!, 'request.ts')};`,
          'export const handler = handlerFor({ ...runtime, adoptRequest, submitRequest });',
        ]
      : ['export const handler = handlerFor(runtime);']),
  ].join('\n');
}

function path(...segments: string[]): string {
  return JSON.stringify(join(ROOT, ...segments));
}
