import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

export interface Packed {
  /** Where the tarball is installed, with the CDK beside it. */
  folder: string;
  /** Of the tarball, in bytes. */
  size: number;
  files: { path: string; size: number }[];
  remove(): void;
}

export interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, any>; Metadata?: Record<string, string> }>;
  Outputs?: Record<string, unknown>;
}

/** What `npm pack` gives, installed into an empty folder. */
export function packAndInstall(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-package-'));
  const [{ filename, size, files }] = JSON.parse(
    npm(['pack', '--json', '--silent', '--pack-destination', folder], ROOT).replace(/^[^[]*/, ''),
  );
  const cdk = ['aws-cdk-lib', 'constructs', 'aws-cdk', 'typescript', '@types/node'];
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(
    [
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      join(folder, filename),
      ...cdk.map((name) => `${name}@${devDependencies[name]}`),
    ],
    folder,
  );
  return { folder, size, files, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** An app of these files, that shares what is installed. */
export function appIn({ folder }: Packed, name: string, from: string, more: Record<string, string> = {}): string {
  const app = join(folder, name);
  mkdirSync(app);
  cpSync(from, app, { recursive: true });
  symlinkSync(join(folder, 'node_modules'), join(app, 'node_modules'));
  for (const [file, text] of Object.entries(more)) writeFileSync(join(app, file), text);
  return app;
}

/** `cdk synth` as its user types it, by this `node`; the template of the stack `Operations`. */
export function synth(app: string, command: string, out: string, node = process.execPath): Template {
  const cdk = join(app, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  run(node, [cdk, 'synth', '--quiet', '--app', command, '--output', out], app, node);
  return JSON.parse(readFileSync(join(app, out, 'Operations.template.json'), 'utf8'));
}

/** What each function's code is, by its description: the hash of its asset. */
export function assetsOf({ Resources }: Template): Record<string, string> {
  const functions = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  const named = functions.map(({ Properties, Metadata }) => [Properties.Description, Metadata!['aws:asset:path']!]);
  return Object.fromEntries(named.sort());
}

export function run(command: string, args: readonly string[], cwd: string, node = process.execPath): string {
  const PATH = [dirname(node), join(cwd, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const { HOME, TMPDIR } = process.env;
  const env = { PATH, ...(HOME && { HOME }), ...(TMPDIR && { TMPDIR }), CI: '1' };
  const ran = spawnSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (ran.status === 0) return ran.stdout;
  throw new Error(`${command} ${args.join(' ')} ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
}

/** This Node and another one on this machine, if there is one. */
export function nodes(): string[] {
  const found = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const others = found.filter((folder) => exists(folder)).map((folder) => join(folder, 'node'));
  const version = (node: string) => execFileSync(node, ['--version'], { encoding: 'utf8' });
  const other = others.find((node) => version(node) !== `${process.version}\n`);
  return other ? [process.execPath, other] : [process.execPath];
}

function exists(folder: string): boolean {
  try {
    return readdirSync(folder).includes('node');
  } catch {
    return false;
  }
}

function npm(args: readonly string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
}
