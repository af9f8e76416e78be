import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { adapters } from '../shared/platforms/registry.ts';
import { buildFunctions } from './bundle.ts';
import { functionsOf, SHARED_FUNCTIONS } from './bundles.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What others import, by its place in `exports`. */
export const MODULES = { '.': 'infra/index', './client': 'client/index', './events': 'client/events' } as const;

/** The construct's peers: an app has one copy of the CDK. */
export const PEERS = ['aws-cdk-lib', 'constructs'] as const;

/** In the package the functions are built already. */
const prebuilt: Plugin = {
  name: 'prebuilt',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/bundle\.ts$/ }, () => ({ path: join(ROOT, 'infra', 'prebuilt.ts') }));
  },
};

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  external: PEERS.flatMap((name) => [name, `${name}/*`]),
  plugins: [prebuilt],
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
} satisfies BuildOptions;

const REQUIRE =
  "import{createRequire as $createRequire}from'node:module';const require=$createRequire(import.meta.url);";

/** The construct, the client and the events' types as ES modules and as CommonJS. Answers what went into them. */
export async function buildModules(out: string): Promise<string[]> {
  const entryPoints = Object.values(MODULES).map((name) => ({ in: `${name}.ts`, out: name }));
  const made = await Promise.all([
    build({ ...OPTIONS, entryPoints, outdir: join(out, 'esm'), format: 'esm', banner: { js: REQUIRE } }),
    build({
      ...OPTIONS,
      entryPoints,
      outdir: join(out, 'cjs'),
      format: 'cjs',
      define: { 'import.meta.url': '$url' },
      banner: { js: "const $url=require('node:url').pathToFileURL(__filename).href;" },
    }),
  ]);
  return made.flatMap(({ metafile }) => Object.keys(metafile.inputs));
}

/** The command line, in one file. */
export async function buildCli(out: string): Promise<string[]> {
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints: [{ in: 'cli/main.ts', out: 'cli/main' }],
    outdir: out,
    format: 'esm',
    banner: { js: REQUIRE },
  });
  return Object.keys(metafile.inputs);
}

/** The functions of every platform. */
export function buildAllFunctions(out: string): string[] {
  const ofPlatforms = adapters.flatMap((adapter) => functionsOf(adapter).map((name) => `${adapter.platform}/${name}`));
  return [...buildFunctions([...ofPlatforms, ...SHARED_FUNCTIONS], out).values()].flat();
}
