/**
 * The measured process of `npm run bench:load`: the local engine as `npm start` runs it, with one simulated CloudStack per
 * connection. Whoever submits runs in another process, so that what is measured here is the engine's alone.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startEngine } from '../../../infra/local/engine.ts';
import type { Invocation } from '../../../infra/local/functions.ts';
import { startCloudstackSimulator } from '../../../infra/local/simulators/cloudstack.ts';
import type { JobStateChange } from '../../../shared/job/present.ts';
import type { LoopOutput } from '../../../shared/loop/soft-state.ts';
import { type EngineReport, type FromEngine, PLATFORM, type ToEngine } from './protocol.ts';

const [dataDir, connectionCount] = process.argv.slice(2) as [string, string];
const RSS_EVERY_MS = 100;
const MIB = 1024 * 1024;
/** A page of listAsyncJobs asks about so many jobs, a query about one. */
const PAGE = 500;

const names = Array.from({ length: Number(connectionCount) }, (_, i) => `c${String(i).padStart(3, '0')}`);
/** By connection: when the Wait that the last tick asked for is over. */
const planned = new Map<string, number>();
const delay = monitorEventLoopDelay({ resolution: 10 });
let phase = newPhase();

const simulators = await Promise.all(names.map((name) => startSimulator(name)));
const connections = simulators.map(({ connection }, i) => [
  names[i],
  { ...connection, secret: names[i], maxRequestsPerSecond: 1000 },
]);
const engine = await startEngine({
  connections: { [PLATFORM]: Object.fromEntries(connections) },
  secrets: Object.fromEntries(simulators.map(({ secret }, i) => [names[i], secret])),
  dataDir,
  onInvocation: noteTick,
  onEvent: (event) => {
    const { id, connection, status } = event.detail as unknown as JobStateChange;
    if (event['detail-type'] === 'Job State Change') tell({ kind: 'ended', id, connection, status });
  },
});
delay.enable();
setInterval(() => {
  phase.peakRss = Math.max(phase.peakRss, process.memoryUsage.rss());
}, RSS_EVERY_MS);

process.on('message', async (message: ToEngine) => {
  if (message.kind === 'phase') tell({ kind: 'report', report: report() });
  else {
    await engine.stop();
    process.exit(0);
  }
});
tell({
  kind: 'ready',
  url: engine.url,
  names,
  body: simulators[0]!.scenarios.succeeds(0),
  logs: join(dataDir, 'logs'),
});

function tell(message: FromEngine): void {
  process.send!(message);
}

async function startSimulator(name: string) {
  const simulator = await startCloudstackSimulator();
  simulator.beforeCall = (call) => {
    const due = planned.get(name);
    if (due === undefined || !/^(list|query)AsyncJob/.test(call)) return;
    phase.lags.push([Date.now() - due, call.startsWith('list') ? PAGE : 1]);
  };
  return simulator;
}

function noteTick({ function: name, result, begin, end }: Invocation): void {
  if (!/CheckJobs/i.test(name)) return;
  const { connection, next, waitSeconds } = result as LoopOutput;
  phase.ticks.push(end - begin);
  if (next === 'wait') planned.set(connection, end + waitSeconds * 1000);
  else planned.delete(connection);
}

function newPhase() {
  return {
    began: Date.now(),
    cpu: process.cpuUsage(),
    machine: machineSeconds(),
    peakRss: 0,
    ticks: [] as number[],
    lags: [] as [milliseconds: number, looks: number][],
  };
}

/** Of the phase that ends now; the next one begins. */
function report(): EngineReport {
  const { began, cpu, machine, peakRss, ticks, lags } = phase;
  const { user, system } = process.cpuUsage(cpu);
  const counters = engine.counters();
  const told: EngineReport = {
    minutes: (Date.now() - began) / 60_000,
    cpuSeconds: (user + system) / 1e6,
    machineSeconds: machineSeconds() - machine,
    rss: process.memoryUsage.rss() / MIB,
    peakRss: peakRss / MIB,
    ticks,
    lags,
    loopDelay: { p95: delay.percentile(95) / 1e6, max: delay.max / 1e6 },
    threads: counters.threads,
    tableRequests: counters.tableRequests,
  };
  delay.reset();
  phase = newPhase();
  return told;
}

/** At work since the machine started, all processors together. */
function machineSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) / 1000, 0);
}
