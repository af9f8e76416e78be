import type { Simulator } from '../../../infra/local/simulators/simulator.ts';
import { createHttpClient } from '../../../shared/http/node.ts';
import type { Handle } from '../../../shared/job/job.ts';
import type { Adapter, JobRef, PlatformConnection } from '../../../shared/platforms/adapter.ts';
import { PLATFORMS } from '../../contract/platforms.ts';
import { hostileJson } from '../json.ts';
import { holdOutcomes, isOver } from '../outcomes.ts';
import { contextOf, type Scene } from '../tape.ts';
import { hold, type Target } from '../target.ts';

const JOBS = 3;

interface Place {
  simulator: Simulator;
  connection: PlatformConnection;
  scene: Scene;
}

interface Frame extends Record<string, unknown> {
  place: number;
  /** Which job's handle was edited; none: the note of the submit. */
  job?: number;
}

/**
 * Handles and notes as they may be in the table after somebody edited an item, against the simulators: that job's matter,
 * and no other's.
 */
export async function handles(): Promise<Target> {
  const remote = PLATFORMS.filter(({ adapter }) => adapter.platform !== 'task');
  const places = await Promise.all(remote.map(async ({ adapter, start }) => open(adapter, await start())));
  return {
    limitMs: 4000,
    make(random) {
      const place = random.int(places.length);
      const { jobs, intent } = places[place]!.scene;
      if (intent && random.chance(0.2))
        return { frame: { place } satisfies Frame, bytes: Buffer.from(hostileJson(intent, random)) };
      const job = random.int(JOBS);
      return { frame: { place, job } satisfies Frame, bytes: Buffer.from(hostileJson(jobs[job]!.handle, random)) };
    },
    async run({ frame, bytes }) {
      const { place, job } = frame as Frame;
      const { connection, scene } = places[place]!;
      const edited = objectIn(bytes.toString());
      if (edited === undefined) return;
      const options = { signal: AbortSignal.timeout(20_000) };
      if (job === undefined) {
        if (connection.findSubmitted)
          holdOutcomes({ ...scene, call: 'find' }, await connection.findSubmitted(edited, options));
        return;
      }
      const jobs = scene.jobs.map((it, index): JobRef => (index === job ? { ...it, handle: edited } : it));
      const told = await connection.check(jobs, options);
      holdOutcomes({ ...scene, jobs }, told);
      for (const other of jobs.filter((_, index) => index !== job)) {
        const outcome = told.get(other.id);
        hold(
          outcome?.kind === 'observed' && !isOver(outcome),
          `${other.id} runs, and its outcome is ${JSON.stringify(outcome)?.slice(0, 500)}`,
        );
      }
    },
    async close() {
      await Promise.all(places.map(({ simulator }) => simulator.close()));
    },
  };
}

/** Jobs that run for ever. */
async function open(adapter: Adapter, simulator: Simulator): Promise<Place> {
  const options = { ...simulator.connection, maxRequestsPerSecond: 1000, maxConcurrentRequests: 20 };
  const scene: Scene = {
    platform: adapter.platform,
    name: 'handles',
    call: 'check',
    options,
    secret: simulator.secret,
    now: Date.now(),
    jobs: [],
    exchanges: [],
  };
  const context = contextOf(adapter, scene, createHttpClient(options));
  const connection = adapter.connect({ ...context, now: Date.now });
  const jobs: JobRef[] = [];
  for (let number = 0; number < JOBS; number++) {
    const body = simulator.scenarios.runsForever();
    const job = { id: `job-${number}`, createdAt: Date.now() };
    const request = adapter.submitRequest.parse(body);
    const intent = connection.intent(request, job);
    if (intent) scene.intent = intent;
    const outcome = await connection.submit(request, intent, { signal: AbortSignal.timeout(10_000) });
    if (outcome.kind !== 'accepted')
      throw new Error(`${adapter.platform} did not accept it: ${JSON.stringify(outcome)}`);
    jobs.push({ ...job, operation: String(body.operation), handle: outcome.handle });
  }
  return { simulator, connection, scene: { ...scene, jobs } };
}

/** A handle is an object, by the attribute's type; what is in it is anybody's guess. */
function objectIn(text: string): Handle | undefined {
  try {
    // The table's numbers have no negative zero.
    const value = JSON.parse(text, (_, it) => (it === 0 ? 0 : it)) as Handle;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
