import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundle, functionsOf, SHARED_FUNCTIONS } from '../../infra/bundle.ts';
import { LICENCES_PAGE, licencesPage, PERMISSIVE, runtimePackages } from '../../infra/licences.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { exampleConnections } from '../infra/fixtures.ts';

const read = (file: string) => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
const manifest = read('package.json');
const lock = read('package-lock.json');

describe('dependencies', () => {
  const named = Object.entries<string>({ ...manifest.dependencies, ...manifest.devDependencies });

  it.each(named)('%s is pinned to one version, which is the one in the lock file: %s', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(lock.packages[`node_modules/${name}`].version).toBe(version);
  });

  it('come from the registry that npm is set to, each with its hash, or from inside a package that does', () => {
    const entries = Object.entries<any>(lock.packages).filter(([path]) => path !== '');
    const strange = entries.filter(([, { resolved, integrity, inBundle }]) => {
      // No address of its own: not from a repository, not from a file.
      return !inBundle && !(resolved === undefined && /^sha512-/.test(integrity));
    });
    expect(strange.map(([path]) => path)).toEqual([]);
  });

  it('run scripts at their installation only where it is said', () => {
    const scripted = Object.entries<any>(lock.packages).filter(([, { hasInstallScript, optional }]) => {
      return hasInstallScript && !optional;
    });
    const names = scripted.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13));
    expect(names.filter((name) => manifest.allowScripts[name] !== true)).toEqual([]);
  });

  it('of production are few', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(12);
    expect(runtimePackages().length).toBeLessThanOrEqual(45);
  });
});

describe('licences', () => {
  const packages = runtimePackages();

  it('are listed (else run: npm run licences)', () => {
    expect(readFileSync(LICENCES_PAGE, 'utf8')).toBe(licencesPage(packages));
  });

  it('are permissive, all of them', () => {
    const allowed: readonly string[] = PERMISSIVE;
    expect(packages.filter(({ licence }) => !allowed.includes(licence))).toEqual([]);
  });

  it('are those of the packages themselves', () => {
    for (const { name, version, licence } of packages) {
      const installed = read(`node_modules/${name}/package.json`);
      expect({ name, version: installed.version, licence: installed.license }).toEqual({ name, version, licence });
    }
  });

  it('cover everything that the bundles hold', { timeout: 60_000 }, () => {
    const bundles = bundle(exampleConnections);
    const folders = [
      ...Object.keys(exampleConnections).flatMap((platform) =>
        functionsOf(adapterOf(platform)!).map((name) => bundles.folder(name, platform)),
      ),
      ...SHARED_FUNCTIONS.map((name) => bundles.shared(name)),
    ];
    const inputs = folders.flatMap((folder) => bundles.inputs(folder));
    const held = inputs.flatMap((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
    expect(new Set(held).size).toBeGreaterThan(10);
    const listed = new Set(packages.map(({ name }) => name));
    expect([...new Set(held)].filter((name) => !listed.has(name))).toEqual([]);
  });
});
