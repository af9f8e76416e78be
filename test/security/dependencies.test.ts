import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../infra/bundle.ts';
import { functionsOf, SHARED_FUNCTIONS } from '../../infra/bundles.ts';
import {
  inlinedPackages,
  LICENCES_PAGE,
  licencesPage,
  licenceTexts,
  PERMISSIVE,
  packagesOf,
} from '../../infra/licences.ts';
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

  it('that come with the package are none: it holds what it uses of them, and they are few', async () => {
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.peerDependencies).sort()).toEqual(['aws-cdk-lib', 'constructs']);
    expect((await inlinedPackages()).length).toBeLessThanOrEqual(45);
  });
});

describe('licences', async () => {
  const packages = await inlinedPackages();

  it('are listed (else run: npm run licences)', () => {
    expect(readFileSync(LICENCES_PAGE, 'utf8')).toBe(licencesPage(packages));
  });

  it('are permissive, all of them', () => {
    const allowed: readonly string[] = PERMISSIVE;
    expect(packages.filter(({ licence }) => !allowed.includes(licence))).toEqual([]);
  });

  it('are those of the packages themselves', () => {
    for (const { name, version, licence, folder } of packages) {
      const installed = read(`${folder}/package.json`);
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
    const held = new Set(packagesOf(folders.flatMap((folder) => bundles.inputs(folder))).map(({ folder }) => folder));
    expect(held.size).toBeGreaterThan(10);
    const listed = new Set(packages.map(({ folder }) => folder));
    expect([...held].filter((folder) => !listed.has(folder))).toEqual([]);
  });

  it('go with the package, with a text or where to find one', () => {
    const texts = licenceTexts(packages);
    for (const { name, version, licence } of packages) expect(texts).toContain(`${name} ${version} (${licence})`);
    expect(texts).toContain('Permission is hereby granted');
  });
});
