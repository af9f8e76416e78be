import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { MODULES, PEERS, ROOT } from './package-modules.ts';

const SPECIFIER = /(\bfrom |\bimport |\bimport\()(['"])([^'"]+)\2/g;

/**
 * The declarations of what is exported, and of what those mention, by their paths. They may import nothing that the package
 * does not bring or ask for: an app that has no zod would not compile.
 */
export function declarations(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-types-'));
  try {
    emit(folder);
    const found = new Map<string, string>();
    for (const name of Object.values(MODULES)) collect(folder, `${name}.d.ts`, found);
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function emit(folder: string): void {
  const config = join(folder, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: ROOT,
    outDir: folder,
    typeRoots: [join(ROOT, 'node_modules', '@types')],
  };
  const files = Object.values(MODULES).map((name) => join(ROOT, `${name}.ts`));
  writeFileSync(config, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: [], files }));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '--project', config], { stdio: 'inherit' });
}

function collect(folder: string, file: string, found: Map<string, string>): void {
  if (found.has(file)) return;
  const text = readFileSync(join(folder, file), 'utf8');
  const mentioned: string[] = [];
  const rewritten = text.replaceAll(SPECIFIER, (_, before: string, quote: string, specifier: string) => {
    if (!specifier.startsWith('.')) {
      const name = specifier.split('/')[0]!;
      if (!(PEERS as readonly string[]).includes(name))
        throw new Error(`${[...found.keys(), file].join(' > ')} has types of "${specifier}"`);
      return before + quote + specifier + quote;
    }
    mentioned.push(relative(folder, join(folder, dirname(file), specifier)).replace(/\.ts$/, '.d.ts'));
    return before + quote + specifier.replace(/\.ts$/, '.js') + quote;
  });
  found.set(file, rewritten);
  for (const next of mentioned) collect(folder, next, found);
}

export function writeDeclarations(out: string): void {
  for (const [file, text] of declarations()) {
    for (const format of ['esm', 'cjs']) {
      const path = join(out, format, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
}
