import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Connections } from '../connections.ts';
import type { Template } from './template.ts';

/** What `cdk synth` wrote. */
export interface Assembly {
  template: Template;
  /** Where the assets of the functions are. */
  assemblyDir: string;
}

export interface AssembleRequest {
  connections: Connections;
  folder: string;
}

/** Synthesizes the stack into the data directory, in a process of its own: the 150 MB that the CDK takes go with it. */
export async function assemble(connections: Connections, dataDir: string): Promise<Assembly> {
  const folder = join(dataDir, 'assembly');
  // The bundles of an earlier start, perhaps of other connections.
  rmSync(folder, { recursive: true, force: true });
  const child = fork(new URL('./assemble-process.ts', import.meta.url), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const complaint = text(child.stderr!);
  child.send({ connections, folder } satisfies AssembleRequest);
  return new Promise((resolve, reject) => {
    child.once('message', (assembly) => resolve(assembly as Assembly));
    child.once('error', reject);
    child.once('exit', async (code) =>
      reject(new Error(`the stack cannot be synthesized (exit ${code}):\n${await complaint}`)),
    );
  });
}
