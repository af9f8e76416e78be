/** Before `npm pack`: builds `dist/`, which is all of the package but its README. Nothing in it needs another package. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenceTexts, packagesOf } from './licences.ts';
import { buildAllFunctions, buildCli, buildModules, ROOT } from './package-modules.ts';
import { writeDeclarations } from './package-types.ts';

const DIST = join(ROOT, 'dist');

rmSync(DIST, { recursive: true, force: true });
const inputs = [
  ...buildAllFunctions(join(DIST, 'functions')),
  ...(await buildModules(DIST)),
  ...(await buildCli(DIST)),
];
writeDeclarations(DIST);
// Of the nearest package.json, which says what `.js` means.
mkdirSync(join(DIST, 'cjs'), { recursive: true });
writeFileSync(join(DIST, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
writeFileSync(join(DIST, 'LICENSES.txt'), licenceTexts(packagesOf(inputs)));
