import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { assemble } from '../../../infra/local/assemble.ts';
import { type Engine, startEngine } from '../../../infra/local/engine.ts';
import { startBmcSimulator } from '../../../infra/local/simulators/bmc.ts';
import { startCloudstackSimulator } from '../../../infra/local/simulators/cloudstack.ts';
import { startF5VcmpSimulator } from '../../../infra/local/simulators/f5-vcmp.ts';
import type { Simulator } from '../../../infra/local/simulators/simulator.ts';
import { startSymphonySimulator } from '../../../infra/local/simulators/symphony.ts';
import { startVsphereSimulator } from '../../../infra/local/simulators/vsphere.ts';
import { clientOf } from '../../local/fixture.ts';
import type { Canaries } from './canary.ts';
import { dialects } from './dialects.ts';
import { type Front, MODES, type Mode, startFront } from './front.ts';

/** Everything that leaves Pollux, as text, by where it was found. */
export interface Outputs {
  answers: string[];
  events: string[];
  operator: string[];
}

export interface CanaryWorld {
  engine: Engine;
  simulators: Simulator[];
  outputs: Outputs;
  /** What the platforms were sent. */
  seen: string[];
  /** The items of the table as they are now. */
  items(): Promise<string>;
  /** Every byte that the table, the logs and the executions have on disk: also what was overwritten since. */
  files(): Map<string, string>;
  close(): Promise<void>;
}

/** Platforms over HTTP, each with a connection for every mode; every secret, cookie and result has a canary in it. */
export async function startCanaryWorld(canaries: Canaries): Promise<CanaryWorld> {
  canaries.plant('cookie of a proxy', { plain: true });
  const spelled = dialects(canaries);
  const username = canaries.plant('username', { plain: true });
  const http = await Promise.all([
    startVsphereSimulator({ username, password: canaries.plant('vsphere password') }),
    startCloudstackSimulator(),
    startF5VcmpSimulator({ username, password: canaries.plant('f5-vcmp password') }),
    startBmcSimulator(),
  ]);
  const [, cloudstack, , bmc] = http;
  Object.assign(cloudstack.secret, {
    apiKey: canaries.plant('cloudstack apiKey'),
    secretKey: canaries.plant('cloudstack secretKey'),
  });
  Object.assign(bmc.secret, {
    password: canaries.plant('bmc password'),
    vcenterUsername: username,
    vcenterPassword: canaries.plant('bmc vcenterPassword'),
  });
  const symphony = await startSymphonySimulator();
  const folder = mkdtempSync(join(tmpdir(), 'pollux-canaries-'));
  const seen: string[] = [];
  const fronts: Front[] = [];

  const connectionsOf = async (simulator: Simulator) => {
    const entry = async (mode: Mode) => {
      const url = String(simulator.connection.url);
      const front = await startFront(mode, url, spelled[simulator.platform]!, canaries, seen);
      fronts.push(front);
      const more = { url: front.url, secret: simulator.platform, requestTimeoutSeconds: 1, lookCostSeconds: 0.3 };
      return [mode, { ...simulator.connection, ...more }] as const;
    };
    return Object.fromEntries(await Promise.all(MODES.map(entry)));
  };
  const environment = { HF_API_PASSWORD: canaries.plant('environment of a script') };
  const byHttp = await Promise.all(http.map(async (it) => [it.platform, await connectionsOf(it)] as const));
  const connections = {
    ...Object.fromEntries(byHttp),
    symphony: {
      pass: { ...symphony.connection, environment, lookCostSeconds: 0.3 },
      echo: { transport: 'exec', scripts: indiscreetScripts(folder), environment },
    },
    task: { lab: {} },
  };

  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const assembly = await assemble(connections, dataDir);
  for (const { Type, Properties } of Object.values(assembly.template.Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const { Variables } = (Properties as { Environment: { Variables: Record<string, unknown> } }).Environment;
    Variables.POWERTOOLS_LOG_LEVEL = 'DEBUG';
  }
  const outputs: Outputs = { answers: [], events: [], operator: [] };
  const engine = await startEngine({
    assembly,
    dataDir,
    secrets: Object.fromEntries(http.map(({ platform, secret }) => [platform, secret])),
    onEvent: (event) => outputs.events.push(JSON.stringify(event)),
    log: (line) => outputs.operator.push(line),
    maxWorkers: 1,
  });
  const client = new DynamoDBClient(clientOf(engine, 'DYNAMODB'));
  const table = Object.values(engine.resources).find(({ type }) => type === 'AWS::DynamoDB::Table')!.name;
  return {
    engine,
    simulators: [...http, symphony],
    outputs,
    seen,
    async items() {
      const items: unknown[] = [];
      for await (const page of paginateScan({ client }, { TableName: table })) items.push(...(page.Items ?? []));
      return items.map((item) => JSON.stringify(item)).join('\n');
    },
    files() {
      const kept = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
      // The assembly is what goes in: an environment for scripts is the operator's own configuration, in plain text.
      const written = kept.map((it) => join(it.parentPath, it.name)).filter((it) => !it.includes('/assembly/'));
      return new Map(written.map((file) => [file.slice(dataDir.length + 1), readFileSync(file, 'latin1')]));
    },
    async close() {
      await engine.stop();
      client.destroy();
      for (const front of fronts) front.close();
      await Promise.all([...http, symphony].map((it) => it.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** They fail, and print their environment and their input. */
function indiscreetScripts(folder: string): string {
  const scripts = join(folder, 'scripts');
  mkdirSync(scripts);
  for (const name of ['requestMachines', 'requestReturnMachines', 'getRequestStatus']) {
    const file = join(scripts, `${name}.sh`);
    writeFileSync(file, '#!/bin/sh\nenv\ncat "$2"\necho "refused with $HF_API_PASSWORD"\nenv >&2\nexit 1\n');
    chmodSync(file, 0o755);
  }
  return scripts;
}
