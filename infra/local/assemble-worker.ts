import { parentPort, workerData } from 'node:worker_threads';
import { synthesize } from '../stack.ts';
import type { AssembleData } from './assemble.ts';

const { connections, folder } = workerData as AssembleData;
const { template, assemblyDir } = synthesize(connections, folder);
parentPort!.postMessage({ template, assemblyDir });
