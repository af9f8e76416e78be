/** `npm run demo`: jobs on the simulated platforms from submit to event. Ends with 0 only if every job ended as expected. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { JobStateChange, JobView } from '../../shared/job/present.ts';
import { Api, type DemoJob, demoJobs, TASK_JOBS } from './demo-jobs.ts';
import { type Engine, startEngine } from './engine.ts';
import type { BusEvent } from './event-bus.ts';
import { type SimulatedPlatforms, startSimulatedPlatforms } from './simulated.ts';

const LIMIT_MS = 120_000;
/** `cloudstack/lab/…` and six characters: the longest name that the demo shows. */
const NAME_WIDTH = 22;
const started = Date.now();

interface Followed {
  demo: DemoJob;
  job: JobView;
  shown: string;
  event?: JobStateChange;
}

const COLORS: Record<string, 'green' | 'red' | 'yellow' | 'cyan'> = {
  SUCCEEDED: 'green',
  FAILED: 'red',
  CANCELED: 'yellow',
};

/** Plain where the output is no terminal or NO_COLOR is set: styleText looks at the stream. */
function paint(status: string, text = status): string {
  return styleText(COLORS[status] ?? 'cyan', text, { stream: process.stdout });
}

function say(text = ''): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(5);
  console.log(text === '' ? '' : `${styleText('dim', `${seconds} s`, { stream: process.stdout })}  ${text}`);
}

/** A job's name as every line shows it: the last characters of an id are what differs between jobs of one moment. */
function nameOf({ platform, connection, id }: Pick<JobView, 'platform' | 'connection' | 'id'>): string {
  return `${platform}/${connection}/…${id.slice(-6)}`.padEnd(NAME_WIDTH);
}

async function demo(
  engine: Engine,
  { simulators }: SimulatedPlatforms,
  received: Map<string, JobStateChange>,
): Promise<boolean> {
  const api = new Api(engine.url);
  const followed: Followed[] = [];
  const work: Promise<void>[] = [];
  for (const one of [...simulators.flatMap(demoJobs), ...TASK_JOBS]) {
    const job = await api.submit(one);
    say(
      `${nameOf(job)}  ${one.title === 'adopted' ? 'adopted' : 'submitted'}: ${job.operation}, expected to end ${one.expected}`,
    );
    followed.push({ demo: one, job, shown: '' });
    const { cancelAfterSeconds, reports = [] } = one;
    if (cancelAfterSeconds !== undefined) work.push(delay(cancelAfterSeconds * 1000).then(() => cancel(api, job)));
    for (const [seconds, report] of reports) work.push(delay(seconds * 1000).then(() => api.report(job, report)));
  }
  say();
  while (followed.some(({ job }) => !received.has(job.id))) {
    const jobs = (
      await Promise.all(
        [...new Set(followed.map(({ demo: { platform } }) => platform))].map((platform) => api.list(platform)),
      )
    ).flat();
    for (const one of followed)
      show(
        one,
        jobs.find(({ id }) => id === one.job.id),
      );
    await delay(500);
  }
  await Promise.all(work);
  for (const one of followed) one.event = received.get(one.job.id)!;
  summarize(followed, engine, simulators);
  console.log(NEXT_STEPS);
  return followed.every(({ demo: { expected }, event }) => event?.status === expected);
}

async function cancel(api: Api, job: JobView): Promise<void> {
  await api.cancel(job);
  say(`${nameOf(job)}  cancel requested`);
}

/** A line when there is something new to say of a job that still runs. */
function show(one: Followed, job: JobView | undefined): void {
  if (!job || job.completedAt) return;
  const text = [job.progress === undefined ? '' : `${job.progress} %`, job.message ?? ''].filter(Boolean).join('  ');
  const line = `${paint(job.status)}  ${text}`.trimEnd();
  if (line !== one.shown) say(`${nameOf(job)}  ${line}`);
  one.shown = line;
}

function summarize(followed: readonly Followed[], engine: Engine, simulators: SimulatedPlatforms['simulators']): void {
  const rows = followed.map(({ demo: { title, expected }, event }) => {
    const { operation, status, createdAt, completedAt } = event!;
    const took = `${((Date.parse(completedAt!) - Date.parse(createdAt)) / 1000).toFixed(1)} s`;
    return [
      nameOf(event!).trimEnd(),
      title,
      operation,
      status,
      took,
      status === expected ? 'as expected' : `EXPECTED ${expected}`,
    ];
  });
  const table = [['job', 'scenario', 'operation', 'status', 'took', ''], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  console.log();
  for (const row of table) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column]!));
    cells[3] = paint(row[3]!, cells[3]);
    console.log(`  ${cells.join('  ').trimEnd()}`);
  }
  const counters = engine.counters();
  const calls = simulators.map(
    ({ platform, calls: by }) => `${platform} ${Object.values(by).reduce((sum, count) => sum + count, 0)}`,
  );
  console.log(
    `\n  ${counters.events} events, ${counters.stateTransitions} state transitions; calls to the platforms: ${calls.join(', ')}`,
  );
}

const NEXT_STEPS = `
  Next:
    npm start                                   the same platforms behind an API and a console at http://localhost:8787
    npm run -s pollux -- help                   the command line
    docs/api.md, docs/events.md                 the API, and how to subscribe
    docs/deploy.md                              cdk deploy`;

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function main(): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pollux-demo-'));
  const undo: (() => unknown)[] = [() => rmSync(dataDir, { recursive: true, force: true })];
  const received = new Map<string, JobStateChange>();
  const onEvent = (event: BusEvent) => {
    const { 'detail-type': type, detail } = event;
    const change = detail as unknown as JobStateChange;
    if (type !== 'Job State Change' || !change.completedAt) {
      say(`${change.platform}/${change.connection}  event: ${type}  ${JSON.stringify(detail)}`);
      return;
    }
    if (received.size === 0) {
      say('The first event, as a subscriber receives it from the bus:');
      console.log(`\n${JSON.stringify(event, null, 2).replaceAll(/^/gm, '           ')}\n`);
    }
    const reason = change.error ? `  ${change.error.message}` : '';
    if (!received.has(change.id))
      say(`${nameOf(change)}  event: ${change.previousStatus} → ${paint(change.status)}${reason}`);
    received.set(change.id, change);
  };
  const ended = Promise.withResolvers<never>();
  const limit = setTimeout(() => ended.reject(new Error(`not over within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => ended.reject(new Error(`ended by ${signal}`)));
  try {
    const platforms = await startSimulatedPlatforms();
    undo.push(() => platforms.close());
    const { connections, secrets } = platforms;
    const log = (message: string) => say(message);
    const starting = startEngine({ connections, secrets, dataDir, onEvent, log });
    undo.push(() => starting.then((engine) => engine.stop()).catch(() => {}));
    const engine = await Promise.race([starting, ended.promise]);
    say(`Pollux is ready at ${engine.url}\n`);
    return await Promise.race([demo(engine, platforms, received), ended.promise]);
  } finally {
    clearTimeout(limit);
    while (undo.length > 0) await undo.pop()!();
  }
}

const asExpected = await main().catch((error: Error) => {
  console.error(`demo: ${error.message}`);
  return false;
});
process.exit(asExpected ? 0 : 1);
