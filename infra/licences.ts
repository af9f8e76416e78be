/**
 * `npm run licences`: writes docs/licences.md, the packages that run in production with their licences, from the lock file.
 * With `--check` it writes nothing and ends with 1 where the page is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Package {
  name: string;
  version: string;
  /** SPDX. */
  licence: string;
}

interface LockFile {
  packages: Record<string, { version: string; license?: string; dev?: boolean }>;
}

/** Licences that ask for no more than to be named. */
export const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'] as const;

export const LICENCES_PAGE = fileURLToPath(new URL('../docs/licences.md', import.meta.url));

/** Everything that is not only for development. */
export function runtimePackages(): Package[] {
  const lock: LockFile = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version, license }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license ?? 'unknown',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function licencesPage(packages: readonly Package[]): string {
  const rows = packages.map(({ name, version, licence }) => {
    return `| [${name}](https://www.npmjs.com/package/${name}) | ${version} | ${licence} |`;
  });
  return [
    '<!-- npm run licences -->',
    '# Licences',
    '',
    'Pollux itself is under the [MIT licence](../LICENSE). These packages are what its functions are built from; the bundles hold',
    'what they use of them, and nothing else. All that is needed to build, test and run it on one machine stays out of them.',
    '',
    '| package | version | licence |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = licencesPage(runtimePackages());
  if (!process.argv.includes('--check')) writeFileSync(LICENCES_PAGE, page);
  else if (readFileSync(LICENCES_PAGE, 'utf8') !== page) {
    console.error('docs/licences.md is stale: npm run licences');
    process.exitCode = 1;
  }
}
