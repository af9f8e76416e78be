import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobView } from '../../../shared/job/present.ts';
import { readLookLags } from './look-lags.ts';
import { type EngineReport, type FromEngine, PLATFORM, type ToEngine } from './protocol.ts';

export interface Load {
  name: string;
  connections: number;
  /** Open at once, on all connections together. */
  jobs: number;
  /** Requests under way at once. */
  callers: number;
  holdSeconds: number;
  endsPerSecond: number;
}

/** While the jobs are submitted, and while they are held open. */
export type Phase = 'filling' | 'holding';

export interface Measured {
  load: Load;
  submitSeconds: number;
  submitted: number;
  /** Milliseconds until the answer, in the filling phase. */
  latencies: number[];
  /** Milliseconds from a job's end on the platform to its event. */
  delays: number[];
  /** Jobs that were over this long before the end and have no event, or another one than SUCCEEDED. */
  missing: number;
  bad: number;
  engine: Record<Phase, EngineReport>;
  /** How late looks were, and how many each of these stands for (the metrics LookLag and Looks). */
  lookLags: Record<Phase, [milliseconds: number, looks: number][]>;
  driverRss: number;
}

/** So many seconds the shortest job lasts: all are open when the last one is submitted. */
const SHORTEST_SECONDS = 75;
const OVERDUE_MS = 30_000;

/** Submits until `load.jobs` are open, then replaces each that ends, for `load.holdSeconds`. */
export async function runLoad(load: Load): Promise<Measured> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pollux-load-'));
  const engine = fork(new URL('./engine-process.ts', import.meta.url), [dataDir, String(load.connections)], {
    execArgv: startFlags(),
  });
  try {
    const ready = await message(engine, 'ready');
    const jobs = new Jobs(load, ready);
    engine.on('message', (told: FromEngine) => told.kind === 'ended' && jobs.ended(told));

    await report(engine);
    const began = Date.now();
    await jobs.submit(load.jobs);
    const submitSeconds = (Date.now() - began) / 1000;
    const latencies = jobs.latencies;
    const filled = Date.now();
    const filling = await report(engine);
    console.log(`${load.name}: ${load.jobs} jobs are open after ${submitSeconds.toFixed(0)} s`);

    const holdUntil = filled + load.holdSeconds * 1000;
    while (Date.now() < holdUntil) {
      await jobs.submit(load.jobs - jobs.open);
      await sleep(100);
    }
    const holding = await report(engine);
    return {
      load,
      submitSeconds,
      submitted: jobs.count,
      latencies,
      ...jobs.outcome(Date.now()),
      engine: { filling, holding },
      lookLags: {
        filling: readLookLags(ready.logs, began, filled),
        holding: readLookLags(ready.logs, filled, Date.now()),
      },
      driverRss: process.memoryUsage.rss() / 1024 / 1024,
    };
  } finally {
    if (engine.connected) engine.send({ kind: 'stop' } satisfies ToEngine);
    if (engine.exitCode === null) await new Promise((resolve) => engine.once('exit', resolve));
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Node's own flags, as `npm start` gives them. */
function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as Package;
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

interface Package {
  scripts: { start: string };
}

type Told<K extends FromEngine['kind']> = Extract<FromEngine, { kind: K }>;

function message<K extends FromEngine['kind']>(engine: ChildProcess, kind: K): Promise<Told<K>> {
  return new Promise((resolve, reject) => {
    const onMessage = (told: FromEngine) => {
      if (told.kind !== kind) return;
      engine.off('message', onMessage).off('exit', onExit);
      resolve(told as Told<K>);
    };
    const onExit = (code: number | null) => reject(new Error(`the measured process ended with ${code}`));
    engine.on('message', onMessage).once('exit', onExit);
  });
}

async function report(engine: ChildProcess): Promise<EngineReport> {
  const told = message(engine, 'report');
  engine.send({ kind: 'phase' } satisfies ToEngine);
  return (await told).report;
}

class Jobs {
  latencies: number[] = [];
  count = 0;
  readonly #load: Load;
  readonly #ready: Told<'ready'>;
  /** When each job is over on its platform (epoch ms). */
  readonly #ends = new Map<string, number>();
  readonly #events = new Map<string, { at: number; status: string }>();

  constructor(load: Load, ready: Told<'ready'>) {
    this.#load = load;
    this.#ready = ready;
  }

  get open(): number {
    return this.count - this.#events.size;
  }

  ended({ id, status }: Told<'ended'>): void {
    this.#events.set(id, { at: Date.now(), status });
  }

  async submit(count: number): Promise<void> {
    let left = count;
    const caller = async () => {
      while (left-- > 0) await this.#submitOne(this.count++);
    };
    await Promise.all(Array.from({ length: Math.min(this.#load.callers, count) }, caller));
  }

  /** Durations are spread evenly, so that jobs end at the same rate all the time. */
  async #submitOne(index: number): Promise<void> {
    const { jobs, endsPerSecond } = this.#load;
    const seconds = SHORTEST_SECONDS + (((index * 7919) % jobs) / jobs) * (jobs / endsPerSecond);
    const { url, names, body } = this.#ready;
    const parameters = { ...(body.parameters as object), simulateseconds: seconds };
    const began = Date.now();
    const answer = await fetch(`${url}/v1/${PLATFORM}/${names[index % names.length]}/jobs`, {
      method: 'POST',
      body: JSON.stringify({ ...body, parameters }),
    });
    const job = (await answer.json()) as JobView;
    if (answer.status !== 202) throw new Error(`submit: ${answer.status} ${JSON.stringify(job)}`);
    this.latencies.push(Date.now() - began);
    this.#ends.set(job.id, Date.now() + seconds * 1000);
  }

  outcome(now: number): Pick<Measured, 'delays' | 'missing' | 'bad'> {
    const events = [...this.#events];
    const overdue = [...this.#ends].filter(([id, end]) => end < now - OVERDUE_MS && !this.#events.has(id));
    return {
      delays: events.map(([id, { at }]) => at - this.#ends.get(id)!),
      missing: overdue.length,
      bad: events.filter(([, { status }]) => status !== 'SUCCEEDED').length,
    };
  }
}
