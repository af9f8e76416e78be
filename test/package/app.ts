import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { registrySettings } from './environment.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

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

/** What `npm pack` gives, installed as the example's page tells: by those very commands, into a folder beside `pollux`. */
export function packAndInstall(): Packed {
  const parent = mkdtempSync(join(tmpdir(), 'pollux-package-'));
  const repository = join(parent, 'pollux');
  mkdirSync(repository);
  symlinkSync(join(ROOT, 'examples'), join(repository, 'examples'));
  const [{ size, files }] = JSON.parse(
    npm(['pack', '--json', '--silent', '--pack-destination', repository], ROOT).replace(/^[^[]*/, ''),
  );
  const [pack, ...commands] = documentedCommands();
  if (!pack?.startsWith('npm pack ')) throw new Error(`The first command is "${pack}", and not npm pack`);
  run('sh', ['-ec', commands.join('\n')], repository);
  const folder = join(parent, 'operations');
  return { folder, size, files, remove: () => rmSync(parent, { recursive: true, force: true }) };
}

function documentedCommands(): string[] {
  const page = readFileSync(join(ROOT, 'examples', 'cdk-app', 'README.md'), 'utf8');
  return /^```sh\n(.*?)^```$/ms.exec(page)![1]!.trimEnd().split('\n');
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
  const npm = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
  const env = { ...registrySettings(process.env), PATH, CI: '1', ...npm };
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
