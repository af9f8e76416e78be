/**
 * `npm run licences`: writes docs/licences.md, the packages that are inside what is deployed and what is packed, with their
 * licences. With `--check` it writes nothing and ends with 1 where the page is stale.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './bundles.ts';
import { buildAllFunctions, buildCli, buildModules, ROOT } from './package-modules.ts';

export interface Package {
  name: string;
  version: string;
  /** SPDX. */
  licence: string;
  /** Its folder, relative to the project. */
  folder: string;
}

interface LockFile {
  packages: Record<string, { version: string; license?: string }>;
}

/** Licences that ask for no more than to be named. */
export const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'] as const;

export const LICENCES_PAGE = fileURLToPath(new URL('../docs/licences.md', import.meta.url));

/** Everything that the functions, the construct, the client and the command line are built from. */
export async function inlinedPackages(): Promise<Package[]> {
  const out = temporaryFolder();
  const inputs = [...buildAllFunctions(out), ...(await buildModules(out)), ...(await buildCli(out))];
  rmSync(out, { recursive: true, force: true });
  return packagesOf(inputs);
}

/** The packages that these files are from, in the versions of the lock file. */
export function packagesOf(inputs: readonly string[]): Package[] {
  const lock: LockFile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const folders = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  return [...new Set(folders)]
    .map((folder) => {
      const locked = lock.packages[folder];
      if (!locked) throw new Error(`${folder} is not in package-lock.json: npm install`);
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version: locked.version, licence: locked.license ?? 'unknown', folder };
    })
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** What goes with every copy of them. */
export function licenceTexts(packages: readonly Package[]): string {
  const texts = new Map<string, string[]>();
  for (const it of packages) {
    const text = licenceText(it);
    texts.set(text, [...(texts.get(text) ?? []), `${it.name} ${it.version} (${it.licence})`]);
  }
  const rule = '-'.repeat(80);
  const parts = [...texts].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return `The files of this package hold parts of the following.\n\n${parts.join(`\n${rule}\n\n`)}`;
}

/** Some packages have left their file out; who wrote them is to be named all the same. */
function licenceText({ folder, licence }: Package): string {
  const names = readdirSync(join(ROOT, folder)).filter((file) =>
    /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file),
  );
  const texts = names.sort().map((file) => readFileSync(join(ROOT, folder, file), 'utf8').trim());
  if (texts.length > 0) return texts.join('\n\n');
  const { author, homepage } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const by = typeof author === 'object' ? author.name : author;
  return [by && `By ${by}.`, homepage, `https://spdx.org/licenses/${licence}.html`].filter(Boolean).join('\n');
}

export function licencesPage(packages: readonly Package[]): string {
  const rows = packages.map(({ name, version, licence }) => {
    return `| [${name}](https://www.npmjs.com/package/${name}) | ${version} | ${licence} |`;
  });
  return [
    '<!-- npm run licences -->',
    '# Licences',
    '',
    'Pollux itself is under the [MIT licence](../LICENSE). These packages are what its functions, its construct, its client',
    'and its command line are built from; they hold what they use of them, and nothing else. All that is needed to build, test',
    'and run it on one machine stays out of them. `npm pack` puts the texts of these licences into the package.',
    '',
    '| package | version | licence |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

if (import.meta.main) {
  const page = licencesPage(await inlinedPackages());
  if (!process.argv.includes('--check')) writeFileSync(LICENCES_PAGE, page);
  else if (readFileSync(LICENCES_PAGE, 'utf8') !== page) {
    console.error('docs/licences.md is stale: npm run licences');
    process.exitCode = 1;
  }
}
