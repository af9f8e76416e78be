/**
 * `npm run bench`: 1,000 jobs on one CloudStack connection, through the whole product on this machine in real time, from
 * the API to the events. Prints what AWS would bill. Switches: --jobs N, --seconds S (mean duration).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startEngine } from '../../infra/local/engine.ts';
import { startCloudstackSimulator } from '../../infra/local/simulators/cloudstack.ts';
import type { JobStateChange, JobView } from '../../shared/job/present.ts';

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '1000' }, seconds: { type: 'string', default: '60' } },
});
const JOBS = Number(values.jobs);
const MEAN_SECONDS = Number(values.seconds);
const SUBMITTERS = 8;
/** What a loop of one execution per job asks for: Wait, Check, Choice every 30 s. */
const FIXED_SECONDS = 30;
const TRANSITION_DOLLARS = 25 / 1e6;

const simulator = await startCloudstackSimulator();
const dataDir = mkdtempSync(join(tmpdir(), 'pollux-bench-'));
const ended = new Map<string, { at: number; change: JobStateChange }>();
const engine = await startEngine({
  connections: {
    cloudstack: { zone: { ...simulator.connection, secret: 'zone', maxRequestsPerSecond: 200 } },
  } as never,
  secrets: { zone: simulator.secret },
  dataDir,
  onEvent: (event) => {
    const change = event.detail as unknown as JobStateChange;
    if (event['detail-type'] === 'Job State Change') ended.set(change.id, { at: Date.now(), change });
  },
});

/** Log-normal durations (sigma 0.5), the same at every run: quantiles in a shuffled order. */
const durations = Array.from({ length: JOBS }, (_, i) => {
  const u = (((i * 7919) % JOBS) + 0.5) / JOBS;
  return MEAN_SECONDS * Math.exp(0.5 * probit(u) - 0.125);
});

const started = Date.now();
const submitted = new Map<string, number>();
let next = 0;
await Promise.all(
  Array.from({ length: SUBMITTERS }, async () => {
    while (next < JOBS) {
      const seconds = durations[next++]!;
      const answer = await fetch(`${engine.url}/v1/cloudstack/zone/jobs`, {
        method: 'POST',
        body: JSON.stringify(simulator.scenarios.succeeds(seconds)),
      });
      const job = (await answer.json()) as JobView;
      if (answer.status !== 202) throw new Error(JSON.stringify(job));
      submitted.set(job.id, Date.now() + seconds * 1000);
    }
  }),
);
const submitSeconds = (Date.now() - started) / 1000;
const atSubmitted = snapshot();

let mostLoops = 0;
while (ended.size < JOBS) {
  mostLoops = Math.max(mostLoops, engine.counters().runningExecutions);
  if (Date.now() - started > 20 * 60_000) throw new Error(`${JOBS - ended.size} jobs have no event after 20 minutes`);
  await sleep(100);
}
const seconds = (Date.now() - started) / 1000;
const total = snapshot();

const inOrder = (values: number[]) => values.sort((a, b) => a - b);
const summary = (values: number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${mean.toFixed(1)} s / ${inOrder(values)[Math.floor(values.length * 0.95)]!.toFixed(1)} s`;
};
const delays = [...ended].map(([id, { at }]) => (at - submitted.get(id)!) / 1000);
const fixedDelays = durations.map((seconds) => Math.ceil(seconds / FIXED_SECONDS) * FIXED_SECONDS - seconds);
const perJobTransitions = durations.reduce((sum, duration) => sum + 3 * Math.ceil(duration / FIXED_SECONDS), 0);
const bad = [...ended.values()].filter(({ change }) => change.status !== 'SUCCEEDED').length;

const row = (name: string, value: string) => console.log(`  ${name.padEnd(46)} ${value}`);
console.log(
  `\n${JOBS} CloudStack jobs on one connection, mean duration ${MEAN_SECONDS} s, all over after ${seconds.toFixed(0)} s`,
);
row('submitted', `${(JOBS / submitSeconds).toFixed(0)} a second (${SUBMITTERS} callers)`);
row('wait-loop executions at once, at most', String(mostLoops));
row('events', `${ended.size}, of which not SUCCEEDED: ${bad}`);
row('detection delay mean / p95', summary(delays));
row('state transitions', `${total.transitions} ($${(total.transitions * TRANSITION_DOLLARS).toFixed(4)})`);
row(
  `one execution per job, fixed ${FIXED_SECONDS} s (computed)`,
  `${perJobTransitions} ($${(perJobTransitions * TRANSITION_DOLLARS).toFixed(4)})`,
);
row('  its Lambda calls; its delay mean / p95', `${perJobTransitions / 3}; ${summary(fixedDelays)}`);
row('ticks (check-jobs)', String(total.checks));
row('remote calls: submits / looks', `${atSubmitted.submits} / ${total.calls - total.submits}`);
row('remote calls by name', JSON.stringify(simulator.calls));
row('table requests', JSON.stringify(engine.counters().tableRequests));
row('table writes per job', (total.writes / JOBS).toFixed(2));
row('resident memory of everything together', `${(process.memoryUsage().rss / 1024 / 1024).toFixed(0)} MiB`);

await engine.stop();
await simulator.close();
rmSync(dataDir, { recursive: true, force: true });
process.exit(bad === 0 ? 0 : 1);

function snapshot() {
  const counters = engine.counters();
  const writes = ['PutItem', 'UpdateItem', 'DeleteItem'].reduce(
    (sum, name) => sum + (counters.tableRequests[name] ?? 0),
    0,
  );
  const checks = Object.entries(counters.invocations).reduce(
    (sum, [name, n]) => sum + (/Check/i.test(name) ? n : 0),
    0,
  );
  const calls = Object.values(simulator.calls).reduce((sum, n) => sum + n, 0);
  const submits = simulator.calls.deployVirtualMachine ?? 0;
  return { transitions: counters.stateTransitions, writes, checks, calls, submits };
}

/** Inverse of the normal distribution function, good to 1e-3: enough to spread durations. */
function probit(u: number): number {
  const t = Math.sqrt(-2 * Math.log(Math.min(u, 1 - u)));
  const x = t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t);
  return u < 0.5 ? -x : x;
}
