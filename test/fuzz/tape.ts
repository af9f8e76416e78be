import { readdirSync, readFileSync } from 'node:fs';
import { type HttpClient, HttpFailure, type HttpRequest } from '../../shared/http/client.ts';
import type { JsonObject } from '../../shared/job/job.ts';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import type {
  Adapter,
  CancelOutcome,
  ConnectionContext,
  FindOutcome,
  JobRef,
  PlatformConnection,
  SubmitOutcome,
} from '../../shared/platforms/adapter.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { connectThrough } from '../../shared/platforms/symphony/runtime.ts';
import type { Run, Transport } from '../../shared/platforms/symphony/transport.ts';
import { SILENT } from '../support/world.ts';

/** What a platform answered to one request, or a script that it is made of: then `status` is the exit code. */
export interface Reply {
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
}

export interface Exchange {
  /** Method, address and body of the request; script and input. */
  request: string;
  reply: Reply;
}

/** One call of an adapter, on a connection of its own, and all that the platform answered meanwhile. */
export interface Scene {
  platform: string;
  name: string;
  call: 'submit' | 'check' | 'cancel' | 'find';
  options: Record<string, unknown>;
  secret: Record<string, string>;
  now: number;
  jobs: JobRef[];
  /** Of a submit or a search. */
  request?: unknown;
  intent?: JsonObject;
  exchanges: Exchange[];
}

const FOLDER = new URL('tapes/', import.meta.url);

/** The scenes that `npm run fuzz -- --record` keeps, by platform. */
export function readTapes(): Scene[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.sort().flatMap((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Scene[]);
}

export type Outcomes = Map<string, CheckOutcome> | SubmitOutcome | CancelOutcome | FindOutcome;

/** Answers requests. `index` is the exchange that the reply stands in for. */
export type Answer = (request: string) => Promise<Reply>;

/** A recorded platform: the reply to the same request; to one that was never made, that of the request most like it. */
export function replay(exchanges: readonly Exchange[], hostile?: { index: number; reply: Reply }): Answer {
  const used = new Map<number, number>();
  return async (request) => {
    const same = exchanges.map((it, index) => ({ it, index })).filter(({ it }) => it.request === request);
    const fits = same.length > 0 ? same : [closest(exchanges, request)];
    // A request that is repeated gets the answers in their order, and then the last one for ever.
    const turn = Math.min(used.get(fits[0]!.index) ?? 0, fits.length - 1);
    used.set(fits[0]!.index, turn + 1);
    const { it, index } = fits[turn]!;
    return index === hostile?.index ? hostile.reply : it.reply;
  };
}

function closest(exchanges: readonly Exchange[], request: string) {
  const shared = (other: string) => {
    let length = 0;
    while (length < request.length && request[length] === other[length]) length++;
    return length;
  };
  return exchanges
    .map((it, index) => ({ it, index }))
    .reduce((best, it) => (shared(it.it.request) > shared(best.it.request) ? it : best));
}

export function textOf({ method, url, body = '' }: HttpRequest): string {
  return `${method} ${url} ${typeof body === 'string' ? body : Buffer.from(body).toString()}`;
}

/** HTTP over recorded replies, with the bound on their size that the real client has. */
export function httpOver(answer: Answer): HttpClient {
  return {
    async request(request) {
      request.signal?.throwIfAborted();
      const reply = await answer(textOf(request));
      if (reply.body.length > (request.maxBytes ?? 8 * 1024 * 1024))
        throw new HttpFailure('too_large', true, 'too large');
      return reply;
    },
  };
}

export function scriptsOver(answer: Answer): Transport {
  return {
    label: (script) => `${script}.sh`,
    async run(script, input): Promise<Run> {
      const { status, body } = await answer(`${script} ${JSON.stringify(input)}`);
      return { kind: 'ended', exitCode: status, stdout: body, stderr: '', cut: false };
    },
    async resume(ticket) {
      return { kind: 'failed', code: 'handle', message: `no run ${ticket}`, started: false };
    },
  };
}

export function contextOf(adapter: Adapter, scene: Pick<Scene, 'options' | 'secret' | 'now'>, http: HttpClient) {
  const context: ConnectionContext<unknown, unknown> = {
    name: `${adapter.platform}/lab`,
    options: adapter.options.parse(scene.options),
    secret: async () => scene.secret,
    http,
    now: () => scene.now,
    random: () => 0.5,
    log: SILENT,
  };
  return context;
}

/** The scene's connection, over these answers. */
export function connect(scene: Scene, answer: Answer): PlatformConnection {
  const adapter = adapterOf(scene.platform)!;
  const context = contextOf(adapter, scene, httpOver(answer));
  return scene.platform === 'symphony'
    ? (connectThrough(scriptsOver(answer), context as never) as PlatformConnection)
    : adapter.connect(context);
}

/** The scene's call; the outcome is the adapter's own. */
export async function play(scene: Scene, connection: PlatformConnection): Promise<Outcomes> {
  const options = { signal: AbortSignal.timeout(3000) };
  switch (scene.call) {
    case 'submit':
      return connection.submit(scene.request, scene.intent, options);
    case 'check':
      return connection.check(scene.jobs, options);
    case 'cancel':
      return connection.cancel!(scene.jobs[0]!, options);
    case 'find':
      return connection.findSubmitted!(scene.intent!, options);
  }
}
