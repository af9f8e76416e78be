import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planLimits } from '../shared/loop/limits.ts';
import { openApiDocument } from '../shared/openapi/document.ts';
import type { Adapter, ConnectionCapabilities } from '../shared/platforms/adapter.ts';
import { adapters } from '../shared/platforms/registry.ts';
import type { ConnectionOptions, Connections } from './connections.ts';

/** Functions of which each platform has its own, with nothing but its own adapter inside. */
export const PLATFORM_FUNCTIONS = ['submit-job', 'check-jobs', 'cancel-job', 'report-job', 'check-connection'] as const;
/** Functions that know no platform. */
export const SHARED_FUNCTIONS = [
  'get-job',
  'list-jobs',
  'operations',
  'connections',
  'reconcile',
  'openapi',
  'unknown-route',
  'console',
] as const;

export type PlatformFunction = (typeof PLATFORM_FUNCTIONS)[number];
export type SharedFunction = (typeof SHARED_FUNCTIONS)[number];

/** The functions of one stack, ready to be uploaded. */
export interface Bundles {
  /** Folder of a platform's function: `index.mjs` and what it reads. */
  folder(name: PlatformFunction, platform: string): string;
  has(name: PlatformFunction, platform: string): boolean;
  /** Folder of a shared function. */
  shared(name: SharedFunction): string;
}

/** One function: its folder below all bundles, and what goes beside what is built, because it depends on connections. */
export interface FunctionFolder {
  name: string;
  files: Record<string, unknown>;
}

/** Which of them this platform has: reports are for platforms with jobs that workers report on. */
export function functionsOf({ capabilities }: { capabilities: { report?: boolean } }): readonly PlatformFunction[] {
  return PLATFORM_FUNCTIONS.filter((name) => name !== 'report-job' || capabilities.report === true);
}

/** The functions that these connections need, with what is known about them only now. */
export function foldersFor(connections: Connections): FunctionFolder[] {
  const platforms = Object.keys(connections);
  return [
    ...platforms.flatMap((platform) =>
      functionsOf(adapterFor(platform)).map((name) => ({
        name: `${platform}/${name}`,
        files: { 'connections.json': { [platform]: connections[platform] } },
      })),
    ),
    ...SHARED_FUNCTIONS.map((name) => ({ name, files: filesOf(name, connections) })),
  ];
}

function filesOf(name: SharedFunction, connections: Connections): Record<string, unknown> {
  if (name === 'openapi') return { 'openapi.json': openApiDocument(Object.keys(connections).map(adapterFor)) };
  if (name === 'console') return {};
  if (name === 'operations') return { 'connections.json': limitsOf(connections) };
  return { 'connections.json': name === 'connections' ? capabilitiesOf(connections) : namesOf(connections) };
}

/** Where `out` has the folders. */
export function bundlesIn(out: string, folders: readonly FunctionFolder[]): Bundles {
  return {
    folder: (name, platform) => join(out, platform, name),
    has: (name, platform) => folders.some((folder) => folder.name === `${platform}/${name}`),
    shared: (name) => join(out, name),
  };
}

export function writeFiles(out: string, { name, files }: FunctionFolder): void {
  mkdirSync(join(out, name), { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(out, name, file), `${JSON.stringify(content)}\n`);
  }
}

const temporary: string[] = [];
process.once('exit', () => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

/** An app's assembly has its own copy of every bundle, so these folders go with the process. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-bundles-'));
  temporary.push(folder);
  return folder;
}

/** Several stacks of one app, and several synths of one process, share their bundles. */
export function oncePerConnections<T>(make: (connections: Connections) => T): (connections: Connections) => T {
  const made = new Map<string, T>();
  return (connections) => {
    const key = JSON.stringify(connections);
    const known = made.get(key) ?? make(connections);
    made.set(key, known);
    return known;
  };
}

/** Functions without a platform need to know which connections there are, and nothing about them, */
function namesOf(connections: Connections): Record<string, Record<string, object>> {
  return mapped(connections, () => ({}));
}

/** or what they can do, */
function capabilitiesOf(connections: Connections): Record<string, Record<string, ConnectionCapabilities>> {
  return mapped(connections, (platform) => {
    const { cancel, report = false } = adapterFor(platform).capabilities;
    return { cancel, report };
  });
}

/** or what bounds their plans. */
function limitsOf(connections: Connections): Record<string, Record<string, object>> {
  return mapped(connections, (platform, options) => planLimits(adapterFor(platform), options));
}

function mapped<T>(connections: Connections, of: (platform: string, options: ConnectionOptions) => T) {
  return Object.fromEntries(
    Object.entries(connections).map(([platform, entries]) => [
      platform,
      Object.fromEntries(Object.entries(entries).map(([name, options]) => [name, of(platform, options)])),
    ]),
  );
}

function adapterFor(platform: string): Adapter {
  const adapter = adapters.find((known) => known.platform === platform);
  if (!adapter) throw new Error(`No adapter for platform "${platform}": read the connections with readConnections()`);
  return adapter;
}
