/**
 * `npm run chaos`: the whole product on this machine, killed with SIGKILL at random while jobs run on six simulated
 * platforms, some of whose answers fail. In the end every job must have ended as its platform ended it, with one event id.
 * Switches: --kills N, --jobs N, --seed S. Exit status 1 when a promise is broken.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { assemble } from '../../infra/local/assemble.ts';
import { startSimulatedPlatforms } from '../../infra/local/simulated.ts';
import type { Fault } from '../../infra/local/simulators/simulator.ts';
import type { JobView } from '../../shared/job/present.ts';
import { seeded } from '../support/random.ts';
import type { EngineConfig } from './engine-process.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    jobs: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const KILLS = Number(values.kills);
const JOBS = Number(values.jobs);
const random = seeded(Number(values.seed));
const FAULTS: readonly Fault[] = [
  'unauthorized',
  'html',
  'empty',
  'truncated',
  'unavailable',
  'reset',
  'throttled',
  'lost-answer',
];
const LIVES_MS = [150, 4000] as const;

const folder = mkdtempSync(join(tmpdir(), 'pollux-chaos-'));
const platforms = await startSimulatedPlatforms();
const config: EngineConfig = {
  assembly: await assemble(platforms.connections as never, folder),
  secrets: platforms.secrets as never,
  dataDir: join(folder, 'data'),
  port: await freePort(),
  eventsFile: join(folder, 'events.jsonl'),
};
const url = `http://127.0.0.1:${config.port}`;
writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
writeFileSync(config.eventsFile, '');
const started = Date.now();
console.log(`chaos: seed ${values.seed}, ${KILLS} kills, ${JOBS} jobs`);

let calm = false;
const wanted = new Map<string, { platform: string; ends: string }>();
const tally = { kills: 0, duringStart: 0, retries: 0, faults: 0, cutOff: 0, refused: 0 };

const submitted = Promise.all(Array.from({ length: 5 }, (_, i) => submitSome(i)));
await killAgainAndAgain();
calm = true;
const { child: last } = await start();
await submitted;
const broken = await verdict();
last.kill('SIGTERM');
await new Promise((resolve) => last.once('exit', resolve));
await platforms.close();
if (broken.length === 0) rmSync(folder, { recursive: true, force: true });
for (const what of broken) console.error(what);
console.log(
  `chaos: ${tally.kills} kills (${tally.duringStart} before the engine was ready), ${tally.faults} faults of platforms, ` +
    `${wanted.size} jobs, ${tally.cutOff} of them cut off in their submit (LOST), ${tally.refused} refused, ${tally.retries} requests repeated, broken promises ${broken.length}, ` +
    `${((Date.now() - started) / 1000).toFixed(0)} s`,
);
process.exit(broken.length === 0 ? 0 : 1);

async function start(): Promise<{ child: ChildProcess; ready: boolean }> {
  const running = spawn(process.execPath, ['test/chaos/engine-process.ts', join(folder, 'config.json')]);
  let said = '';
  const ready = await new Promise<boolean>((resolve) => {
    running.stdout.on('data', (text) => {
      said += text;
      if (said.includes('ready at')) resolve(true);
    });
    running.stderr.on('data', (text) => {
      said += text;
    });
    running.once('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') console.error(`the engine ended by itself: ${said}`);
      resolve(false);
    });
    // Some are killed while they start.
    if (!calm && random() < 0.15) setTimeout(() => running.kill('SIGKILL'), 300 + random() * 1500);
  });
  return { child: running, ready };
}

async function killAgainAndAgain(): Promise<void> {
  while (tally.kills < KILLS) {
    const { child: running, ready } = await start();
    if (ready) {
      injectFault();
      const [least, most] = LIVES_MS;
      await sleep(least + random() * (most - least));
    } else tally.duringStart++;
    const exited = running.exitCode !== null || running.signalCode !== null;
    running.kill('SIGKILL');
    if (!exited) await new Promise((resolve) => running.once('exit', resolve));
    tally.kills++;
  }
}

function injectFault(): void {
  if (random() < 0.5) return;
  const simulator = platforms.simulators[Math.floor(random() * platforms.simulators.length)]!;
  simulator.inject(FAULTS[Math.floor(random() * FAULTS.length)]!, { count: 1 + Math.floor(random() * 3) });
  tally.faults++;
}

/** A caller as callers are told to be: it repeats what went wrong, with the same Idempotency-Key. */
async function submitSome(caller: number): Promise<void> {
  for (let i = caller; i < JOBS; i += 5) {
    const simulator = platforms.simulators[i % platforms.simulators.length]!;
    const fails = i % 4 === 0;
    const seconds = 0.5 + random() ** 2 * 40;
    const body = fails ? simulator.scenarios.fails(seconds) : simulator.scenarios.succeeds(seconds);
    const job = await submitOnce(simulator.platform, body, `chaos-${i}`);
    wanted.set(job.id, { platform: simulator.platform, ends: fails ? 'FAILED' : 'SUCCEEDED' });
  }
}

async function submitOnce(platform: string, body: object, key: string): Promise<JobView> {
  for (;;) {
    try {
      const answer = await fetch(`${url}/v1/${platform}/lab/jobs`, {
        method: 'POST',
        // Faults may keep a job from being seen for longer than its scenario gives it.
        body: JSON.stringify({ ...body, deadlineSeconds: 3600 }),
        headers: { 'idempotency-key': key },
        signal: AbortSignal.timeout(30_000),
      });
      const job = (await answer.json()) as JobView;
      if (answer.status === 202 || answer.status === 200) return job;
    } catch {
      // Killed under way.
    }
    tally.retries++;
    await sleep(100 + random() * 300);
  }
}

async function verdict(): Promise<string[]> {
  const open = new Set(wanted.keys());
  const jobs = new Map<string, JobView>();
  for (const until = Date.now() + 10 * 60_000; open.size > 0 && Date.now() < until; await sleep(500)) {
    for (const id of open) {
      const job = (await (await fetch(`${url}/v1/${wanted.get(id)!.platform}/lab/jobs/${id}`)).json()) as JobView;
      if (job.completedAt === undefined) continue;
      jobs.set(id, job);
      open.delete(id);
    }
  }
  // The event follows the end by a moment.
  await sleep(15_000);
  const eventIds = new Map<string, Set<string>>();
  for (const line of readFileSync(config.eventsFile, 'utf8').split('\n').filter(Boolean)) {
    if (!line.endsWith('}')) continue;
    const event = JSON.parse(line) as { detail: { id?: string; eventId: string } };
    if (event.detail.id) {
      eventIds.set(event.detail.id, (eventIds.get(event.detail.id) ?? new Set()).add(event.detail.eventId));
    }
  }
  const broken: string[] = [];
  for (const [id, { platform, ends }] of wanted) {
    const job = jobs.get(id);
    // Killed between the put and the platform's answer, and not to be found there: it says that it may not have started.
    const lost = job?.status === 'LOST' && job.error?.code === 'SubmitUnconfirmed';
    if (lost) tally.cutOff++;
    // A submit that was refused was never accepted: it is readable, and no event tells of it.
    const refused = job?.status === 'FAILED' && job.platformJobId === undefined && !eventIds.has(id);
    if (refused) {
      tally.refused++;
      continue;
    }
    if (job === undefined) broken.push(`${platform} ${id} has not ended`);
    else if (job.status !== ends && !lost)
      broken.push(`${platform} ${id} is ${job.status}, not ${ends}: ${JSON.stringify(job.error)}`);
    if (job && eventIds.get(id)?.size !== 1)
      broken.push(`${platform} ${id} has ${eventIds.get(id)?.size ?? 0} event ids`);
  }
  return [...broken, ...(await submittedTwice())];
}

/** Each job in the table may have been submitted once. Told where the platform counts calls by the operation's name. */
async function submittedTwice(): Promise<string[]> {
  const broken: string[] = [];
  for (const { platform, calls, scenarios } of platforms.simulators) {
    const operations = [scenarios.succeeds(1), scenarios.fails(1)].map((body) => String(body.operation));
    const seen = [...new Set(operations)].reduce((sum, operation) => sum + (calls[operation] ?? 0), 0);
    let jobs = 0;
    for (let cursor = ''; ; ) {
      const answer = await fetch(`${url}/v1/${platform}/lab/jobs?limit=100${cursor && `&cursor=${cursor}`}`);
      const page = (await answer.json()) as { jobs: JobView[]; cursor?: string };
      jobs += page.jobs.length;
      if (page.cursor === undefined) break;
      cursor = page.cursor;
    }
    // Setting a guest's state again is harmless, and what F5's adapter does when it does not know.
    if (platform !== 'f5-vcmp' && seen > jobs) broken.push(`${platform} saw ${seen} submits of ${jobs} jobs`);
  }
  return broken;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
