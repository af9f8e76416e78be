import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Connections } from '../connections.ts';
import type { Template } from './template.ts';

/** What `cdk synth` wrote. */
export interface Assembly {
  template: Template;
  /** Where the assets of the functions are. */
  assemblyDir: string;
}

export interface AssembleData {
  connections: Connections;
  folder: string;
}

/** Synthesizes the stack into the data directory, in a thread of its own: the CDK's 100 MB go with it. */
export async function assemble(connections: Connections, dataDir: string): Promise<Assembly> {
  const folder = join(dataDir, 'assembly');
  // The bundles of an earlier start, perhaps of other connections.
  rmSync(folder, { recursive: true, force: true });
  const workerData: AssembleData = { connections, folder };
  const worker = new Worker(new URL('./assemble-worker.ts', import.meta.url), { workerData, execArgv: [] });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the synthesis of the stack ended without a result')));
  });
}
