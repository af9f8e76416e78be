import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bundles, bundlesIn, foldersFor, oncePerConnections, temporaryFolder, writeFiles } from './bundles.ts';

/** Of the package, seen from where its construct is: `dist/<esm|cjs>/infra/`. */
const FUNCTIONS = fileURLToPath(new URL('../../functions', import.meta.url));

/**
 * Takes the place of `bundle.ts` inside the package, where the functions are built already and only get their connections.
 * The folders are the same to the byte, so an asset has the same hash, whichever way it was made.
 */
export const bundle = oncePerConnections((connections): Bundles => {
  const out = temporaryFolder();
  const folders = foldersFor(connections);
  for (const folder of folders) {
    cpSync(join(FUNCTIONS, folder.name), join(out, folder.name), { recursive: true });
    writeFiles(out, folder);
  }
  return bundlesIn(out, folders);
});
