import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ulid } from 'ulid';
import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import type { HttpClient } from '../../shared/http/client.ts';
import { createHttpClient } from '../../shared/http/node.ts';
import type { JobRef, PlatformConnection } from '../../shared/platforms/adapter.ts';
import { execTransport } from '../../shared/platforms/symphony/exec.ts';
import { connectThrough } from '../../shared/platforms/symphony/runtime.ts';
import type { Transport } from '../../shared/platforms/symphony/transport.ts';
import { PLATFORMS, type PlatformUnderContract } from '../contract/platforms.ts';
import { contextOf, type Exchange, type Scene, textOf } from './tape.ts';

/** How long the job that succeeds, and the one that fails, take. */
const SHORT_SECONDS = 1;

/** Headers of an answer that an adapter reads. */
const KEPT = ['content-type', 'set-cookie', 'retry-after', 'location', 'authentication-token'];

/** Records every platform's simulator: three jobs that end well, end badly and go on, from submit to cancel. */
export async function recordTapes(): Promise<string[]> {
  const folder = new URL('tapes/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const remote = PLATFORMS.filter(({ adapter }) => adapter.platform !== 'task');
  return Promise.all(
    remote.map(async (platform) => {
      const scenes = await record(platform);
      const name = [platform.adapter.platform, platform.variant].join(' ').trim().replaceAll(/\W+/g, '-').toLowerCase();
      writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(scenes, null, 2)}\n`);
      return `${name}: ${scenes.length} scenes, ${scenes.reduce((sum, { exchanges }) => sum + exchanges.length, 0)} answers`;
    }),
  );
}

async function record({ adapter, variant, start }: PlatformUnderContract): Promise<Scene[]> {
  const simulator = await start();
  const scenes: Scene[] = [];
  const scene = async (
    call: Scene['call'],
    name: string,
    fields: Partial<Scene>,
    work: (on: PlatformConnection, scene: Scene) => Promise<void>,
  ) => {
    const made: Scene = {
      platform: adapter.platform,
      name: [variant, name].filter(Boolean).join(': '),
      call,
      options: { ...simulator.connection, maxRequestsPerSecond: 1000 },
      secret: simulator.secret,
      now: Date.now(),
      jobs: [],
      exchanges: [],
      ...fields,
    };
    await work(taped(adapter, made), made);
    scenes.push(made);
  };
  const jobs: JobRef[] = [];
  const intents: Scene[] = [];
  for (const body of bodies(simulator)) {
    await scene('submit', `submit ${jobs.length}`, { request: adapter.submitRequest.parse(body) }, async (on, made) => {
      const job = { id: ulid(), createdAt: made.now };
      const intent = on.intent(made.request, job);
      if (intent) made.intent = intent;
      const outcome = await on.submit(made.request, intent, within());
      if (outcome.kind !== 'accepted')
        throw new Error(`${adapter.platform} did not accept: ${JSON.stringify(outcome)}`);
      jobs.push({ ...job, operation: String(body.operation), handle: outcome.handle });
      intents.push(made);
    });
  }
  const look = (name: string) =>
    scene('check', name, { jobs: structuredClone(jobs) }, async (on) => {
      for (const [id, outcome] of await on.check(jobs, within())) {
        const job = jobs.find((it) => it.id === id)!;
        if (outcome.kind === 'observed' && outcome.handle) job.handle = outcome.handle;
      }
    });
  await look('while they run');
  await sleep(SHORT_SECONDS * 1000 + 1500);
  await look('when two are over');
  await look('when two are over, once more');
  const [first] = intents;
  if (first?.intent) {
    await scene('find', 'search', { intent: first.intent }, async (on) => {
      await on.findSubmitted?.(first.intent!, within());
    });
  }
  if (adapter.capabilities.cancel) {
    await scene('cancel', 'cancel', { jobs: [structuredClone(jobs[2]!)] }, async (on) => {
      const outcome = await on.cancel!(jobs[2]!, within());
      if (outcome.kind === 'accepted' && outcome.handle) jobs[2]!.handle = outcome.handle;
    });
    for (const job of jobs) Object.assign(job, { cancelRequestedAt: Date.now(), cancelSentAt: Date.now() });
    await sleep(500);
    await look('after a cancel');
  }
  await simulator.close();
  // Its scripts are gone, and were in a folder of this machine.
  for (const { options } of scenes) if ('scripts' in options) options.scripts = '/opt/provider/scripts';
  return scenes.filter(({ exchanges }) => exchanges.length > 0);
}

function bodies({ scenarios }: Simulator) {
  return [scenarios.succeeds(SHORT_SECONDS), scenarios.fails(SHORT_SECONDS), scenarios.runsForever()];
}

function within() {
  return { signal: AbortSignal.timeout(10_000) };
}

/** The simulator's own connection, which notes in the scene what is asked and answered. */
function taped(adapter: PlatformUnderContract['adapter'], scene: Scene): PlatformConnection {
  const real = createHttpClient(scene.options as never);
  const note = (exchange: Exchange) => scene.exchanges.push(exchange);
  const http: HttpClient = {
    async request(request) {
      const { status, headers, body } = await real.request(request);
      const kept = Object.entries(headers).filter(([name]) => KEPT.includes(name)) as [string, string | string[]][];
      note({ request: textOf(request), reply: { status, headers: Object.fromEntries(kept), body } });
      return { status, headers, body };
    },
  };
  const context = contextOf(adapter, scene, http);
  if (adapter.platform !== 'symphony') return adapter.connect(context);
  const scripts = execTransport(context.options as never);
  const transport: Transport = {
    ...scripts,
    async run(script, input, options) {
      const run = await scripts.run(script, input, options);
      if (run.kind === 'ended') {
        note({
          request: `${script} ${JSON.stringify(input)}`,
          reply: { status: run.exitCode, headers: {}, body: run.stdout },
        });
      }
      return run;
    },
  };
  return connectThrough(transport, context as never) as PlatformConnection;
}
