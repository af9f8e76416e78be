import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionsOf, SHARED_FUNCTIONS } from '../../infra/bundles.ts';
import { readConnections } from '../../infra/connections.ts';
import { Pollux } from '../../infra/pollux.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { appIn, assetsOf, nodes, type Packed, packAndInstall, ROOT, run, synth, type Template } from './app.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const EXAMPLE = join(ROOT, 'connections.example.json');

let packed: Packed;
let plain: string;
beforeAll(() => {
  packed = packAndInstall();
  plain = appIn(packed, 'plain', FIXTURES, { 'connections.json': readFileSync(EXAMPLE, 'utf8') });
});
afterAll(() => packed?.remove());

/** Of the example app: those of two platforms, and those of all but the console, which is for an API with tokens. */
const functions =
  ['vsphere', 'task'].flatMap((platform) => functionsOf(adapterOf(platform)!)).length + SHARED_FUNCTIONS.length - 1;

const count = ({ Resources }: Template, type: string) =>
  Object.values(Resources).filter(({ Type }) => Type === type).length;

describe('the tarball', () => {
  it('holds what is built, and nothing of the sources, the tests, or this machine', () => {
    const megabytes = (packed.size / 1e6).toFixed(1);
    console.log(`${megabytes} MB, ${packed.files.length} files`);
    expect(packed.size).toBeLessThan(10_000_000);
    const folders = new Set(packed.files.map(({ path }) => path.split('/').slice(0, 2).join('/')));
    expect([...folders].sort()).toEqual(
      [
        'LICENSE',
        'README.md',
        'connections.example.json',
        'connections.schema.json',
        'dist/LICENSES.txt',
        'dist/cjs',
        'dist/cli',
        'dist/esm',
        'dist/functions',
        'docs/licences.md',
        'package.json',
      ].sort(),
    );
    const sources = packed.files.filter(({ path }) =>
      /(?<!\.d)\.ts$|\.map$|secret(?!-access\.d\.ts$)|\.env|connections\.json$/.test(path),
    );
    expect(sources).toEqual([]);
    for (const { path } of packed.files) {
      const text = readFileSync(join(packed.folder, 'node_modules', 'pollux', path), 'utf8');
      expect(text.includes(ROOT), path).toBe(false);
    }
  });

  it('brings no other package', () => {
    const installed = readdirSync(join(packed.folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    for (const name of ['zod', '@aws-sdk', '@smithy', 'esbuild']) expect(installed).not.toContain(name);
  });

  it.each(nodes())('brings a command line, that runs on %s', (node) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(run('npx', ['--no-install', 'pollux', '--version'], plain, node).trim()).toContain(version);
  });
});

describe('the example, by the commands of its page,', () => {
  it('synthesizes, with the command line of the CDK 2', () => {
    const made = JSON.parse(readFileSync(join(packed.folder, 'cdk.out', 'Operations.template.json'), 'utf8'));
    expect(count(made, 'AWS::Lambda::Function')).toBe(functions);
    expect(run('npx', ['--no-install', 'cdk', '--version'], packed.folder)).toMatch(/^2\./);
  });

  it('synthesizes by its own script too', () => {
    run('npm', ['run', 'synth', '--', '--quiet', '--output', 'out'], packed.folder);
    expect(existsSync(join(packed.folder, 'out', 'Operations.template.json'))).toBe(true);
  });
});

describe('an app in TypeScript', () => {
  it.each(['module', 'commonjs'])('compiles strictly, types of libraries too, and synthesizes as %s', (type) => {
    const app = appIn(packed, `typescript-${type}`, join(ROOT, 'examples', 'cdk-app'), {
      'package.json': JSON.stringify({ private: true, type }),
      'types.json': JSON.stringify({ extends: './tsconfig.json', include: ['types.mts'] }),
    });
    cpSync(join(FIXTURES, 'types.mts'), join(app, 'types.mts'));
    for (const project of ['tsconfig.json', 'types.json']) {
      run('tsc', ['--project', project, '--skipLibCheck', 'false', '--noUncheckedIndexedAccess'], app);
    }
    const made = synth(app, 'node build/app.js', 'out');
    expect(count(made, 'AWS::StepFunctions::StateMachine')).toBe(2);
    expect(count(made, 'AWS::Lambda::Function')).toBe(functions);
    // Of the app, of reconcile's schedule, and of executions that fail.
    expect(count(made, 'AWS::Events::Rule')).toBe(3);
    expect(count(made, 'AWS::EventSchemas::Schema')).toBe(2);
    expect(count(made, 'AWS::CloudWatch::Dashboard')).toBe(1);
    expect(count(made, 'AWS::CloudWatch::Alarm')).toBeGreaterThan(10);
    expect(JSON.stringify(made)).toContain('/POST/v1/vsphere/dc1/jobs');
    expect(made.Outputs).toHaveProperty('ApiUrl');
  });
});

describe.each(['app.cjs', 'app.mjs'])('an app in JavaScript, %s,', (file) => {
  it.each(nodes())('synthesizes on %s what the repository synthesizes, to the byte of every function', (node) => {
    const made = synth(plain, `node ${file}`, `out-${file}-${nodes().indexOf(node)}`, node);
    const stack = new Stack(new App({ context: { 'aws:cdk:enable-asset-metadata': true } }), 'Operations');
    const jwt = { issuer: 'https://id.example.com', audience: ['pollux'] };
    new Pollux(stack, 'Pollux', { connections: readConnections(EXAMPLE), auth: { jwt } });
    const assembly = (stack.node.root as App).synth();
    expect(assetsOf(made)).toHaveProperty(['Pollux: console']);
    expect(assetsOf(made)).toEqual(assetsOf(assembly.getStackArtifact(stack.artifactId).template));
  });

  it('synthesizes the same twice: after a deploy, cdk diff is empty', () => {
    const [one, two] = ['one', 'two'].map((name) => synth(plain, `node ${file}`, `${file}-${name}`));
    expect(one).toEqual(two);
    expect(Object.keys(assetsOf(one!)).length).toBeGreaterThan(30);
  });

  it('has functions that Node can load', () => {
    const made = synth(plain, `node ${file}`, `${file}-load`);
    for (const path of new Set(Object.values(assetsOf(made)))) {
      const index = join(plain, `${file}-load`, path, 'index.mjs');
      expect(existsSync(index)).toBe(true);
      run(process.execPath, ['--check', index], plain);
    }
  });
});

describe('connections that are wrong', () => {
  it('are an error that names the key', () => {
    const app = appIn(packed, 'wrong', FIXTURES, {
      'connections.json': '{ "vsphere": { "dc1": { "secret": "a b" } } }',
    });
    expect(() => run(process.execPath, ['app.cjs'], app)).toThrow('$.vsphere.dc1.url');
  });
});
