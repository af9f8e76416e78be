/**
 * `npm run bench:bundles`: size and load time of every function, beside a bundle that holds nothing but the three AWS
 * clients that most functions cannot do without, as they come from npm. A second row has them as they are in a function,
 * which looks for its credentials in its environment only. Each load is a process of its own, and each function's loads alternate
 * with the other bundle's, so that whatever else the machine does meets both. Processor time is printed too: a function with
 * half a gigabyte has a third of a processor, and it moves less with the machine's load. Switch: --rounds N (default 15).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { BUILD_OPTIONS, bundle, FUNCTION_ALIAS } from '../../infra/bundle.ts';
import { functionsOf, SHARED_FUNCTIONS } from '../../infra/bundles.ts';
import { readConnections } from '../../infra/connections.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { FUNCTION_ENVIRONMENT } from '../support/function-environment.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const ROUNDS = Number(values.rounds);
if (!Number.isInteger(ROUNDS) || ROUNDS < 1) throw new Error('--rounds must be a whole number from 1');

const connections = readConnections(new URL('../../connections.example.json', import.meta.url).pathname);
const bundles = bundle(connections);
const out = mkdtempSync(join(tmpdir(), 'pollux-bench-'));
const clients = join(out, 'clients.mjs');
const clientsInFunction = join(out, 'clients-in-function.mjs');
const stdin = { contents: clientsOnly(), resolveDir: BUILD_OPTIONS.absWorkingDir };
buildSync({ ...BUILD_OPTIONS, stdin, outfile: clients });
buildSync({ ...BUILD_OPTIONS, alias: FUNCTION_ALIAS, stdin, outfile: clientsInFunction });

const functions = [
  { name: 'the same in a function', file: clientsInFunction },
  ...Object.keys(connections).flatMap((platform) =>
    functionsOf(adapterOf(platform)!).map((name) => ({
      name: `${platform}/${name}`,
      file: join(bundles.folder(name, platform), 'index.mjs'),
    })),
  ),
  ...SHARED_FUNCTIONS.map((name) => ({ name, file: join(bundles.shared(name), 'index.mjs') })),
];

interface Load {
  ms: number;
  processorMs: number;
}

const loads = functions.map(() => ({ own: [] as Load[], clients: [] as Load[] }));
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, { file }] of functions.entries()) {
    // Whichever comes second finds the machine a little warmer: each is second every other round.
    const first = load(round % 2 ? clients : file);
    const second = load(round % 2 ? file : clients);
    loads[i]!.own.push(round % 2 ? second : first);
    loads[i]!.clients.push(round % 2 ? first : second);
  }
}

console.log(`\nmedian of ${ROUNDS} loads, Node ${process.version}`);
row('', 'KB', 'gzip KB', 'load ms', 'x clients', 'CPU ms', 'x clients');
const all = loads.flatMap((pair) => pair.clients);
row('the three AWS clients', ...sizes(clients), ...figures(all, all));
for (const [i, { name, file }] of functions.entries()) {
  row(name, ...sizes(file), ...figures(loads[i]!.own, loads[i]!.clients));
}
rmSync(out, { recursive: true });

/** With the commands that the product uses, so that what is not used is shaken out as it is in a function. */
function clientsOnly(): string {
  return `
    import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
    import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
    import { SFNClient } from '@aws-sdk/client-sfn';
    export { GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
    export { PutEventsCommand } from '@aws-sdk/client-eventbridge';
    export { StartExecutionCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
    export const clients = [new DynamoDBClient({}), new EventBridgeClient({}), new SFNClient({})];`;
}

function load(file: string): Load {
  const script = `
    const from = performance.now();
    const used = process.cpuUsage();
    await import(process.argv[1]);
    const { user, system } = process.cpuUsage(used);
    console.log(JSON.stringify({ ms: performance.now() - from, processorMs: (user + system) / 1000 }));`;
  const args = ['--input-type=module', '-e', script, file];
  return JSON.parse(execFileSync(process.execPath, args, { env: FUNCTION_ENVIRONMENT, encoding: 'utf8' }));
}

function figures(own: Load[], clients: Load[]): string[] {
  return (['ms', 'processorMs'] as const).flatMap((what) => [
    median(own.map((load) => load[what])).toFixed(1),
    median(own.map((load, i) => load[what] / clients[i]![what])).toFixed(2),
  ]);
}

function sizes(file: string): [string, string] {
  const code = readFileSync(file);
  return [(code.length / 1000).toFixed(0), (gzipSync(code).length / 1000).toFixed(0)];
}

function row(name: string, ...cells: string[]): void {
  console.log(name.padEnd(28) + cells.map((cell) => cell.padStart(10)).join(''));
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
