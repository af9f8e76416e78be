import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from './body.ts';
import { type Body, render } from './cloudstack/answers.ts';
import { type ApiSettings, answerOf, Refusal } from './cloudstack/api.ts';
import { COMMANDS, envelopeOf } from './cloudstack/commands.ts';
import { AFTERWARDS, INSTEAD } from './cloudstack/faults.ts';
import { type JobSettings, jobTable, type Outcome } from './cloudstack/jobs.ts';
import { isSigned, type Received, receive } from './cloudstack/signature.ts';
import { faultQueue, send } from './faults.ts';
import type { Simulator } from './simulator.ts';

/** What differs between versions and installations of CloudStack. May be changed while the simulator runs. */
export interface CloudstackSettings extends JobSettings, ApiSettings {
  /** `encode.api.response`. */
  encoded: boolean;
  /** Answers XML whatever is asked for. */
  alwaysXml: boolean;
  /** `api.throttling`: so many calls in so many seconds; 25 in 1 s where it is on. */
  limit: { calls: number; seconds: number } | undefined;
}

export interface CloudstackSimulator extends Simulator {
  readonly settings: CloudstackSettings;
  /** The management server starts again: its pending jobs fail with 530 and no result. */
  restart(): void;
  /** Called before each call is served: for what happens in between two calls. */
  beforeCall?: (call: string) => void;
  /** A body whose job ends like this after `seconds`. */
  ends(outcome: Outcome, seconds: number): Record<string, unknown>;
  /** The secret key is replaced; `secret` has the new one. */
  rotateKeys(): void;
}

export interface CloudstackSimulatorOptions {
  port?: number;
  settings?: Partial<CloudstackSettings>;
  now?: () => number;
}

const UNVERIFIED = 'unable to verify user credentials and/or request signature';
const VM = {
  zoneid: '1128bd56-b4d9-4ac6-a7b9-c715b187ce11',
  serviceofferingid: '71004023-bb72-4a97-b1e9-bc66dfce9470',
  templateid: 'a520c30d-1f0a-4a6f-8d2e-9c0e7c4f1b55',
};

/** A CloudStack management server on loopback, as far as asynchronous commands go. */
export async function startCloudstackSimulator(options: CloudstackSimulatorOptions = {}): Promise<CloudstackSimulator> {
  const now = options.now ?? Date.now;
  const settings: CloudstackSettings = {
    listing: 'new',
    listingAllowed: true,
    maxPageSize: 500,
    numericIds: false,
    managementServerId: 'uuid',
    expireMinutes: 1440,
    shuttingDown: false,
    encoded: false,
    alwaysXml: false,
    limit: undefined,
    ...options.settings,
  };
  const secret = { apiKey: 'simulated-api-key', secretKey: randomUUID() };
  const jobs = jobTable(now, settings);
  const faults = faultQueue();
  const calls: Record<string, number> = {};
  const window = { from: 0, calls: 0 };

  /** Milliseconds to wait, if the limit is reached. */
  function limited(): number | undefined {
    const { limit } = settings;
    if (!limit) return undefined;
    if (now() >= window.from + limit.seconds * 1000) Object.assign(window, { from: now(), calls: 0 });
    window.calls += 1;
    return window.calls > limit.calls ? window.from + limit.seconds * 1000 - now() : undefined;
  }

  function handle(received: Received): { status: number; envelope: string; body: Body } {
    const name = received.get('command');
    try {
      if (name === undefined || !COMMANDS[name] || !isSigned(received, secret, now())) {
        throw new Refusal(401, UNVERIFIED, name === undefined ? 'null' : COMMANDS[name] ? undefined : 'errorresponse');
      }
      const wait = limited();
      if (wait !== undefined) throw throttled(wait);
      return { status: 200, ...answerOf(name, received, jobs, settings) };
    } catch (error) {
      return refused(error instanceof Refusal ? error : new Refusal(530, String(error)), name ?? '');
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname !== '/client/api')
      return send(response, 404, 'text/html', '<html><body>HTTP Status 404</body></html>');
    const received: Received = new Map();
    receive(url.search.slice(1), received);
    if (request.method === 'POST') receive(await bodyOf(request), received);
    const name = received.get('command') ?? 'null';
    calls[name] = (calls[name] ?? 0) + 1;
    simulator.beforeCall?.(name);

    const fault = faults.next(name);
    const instead = fault && INSTEAD[fault];
    if (instead) return instead(request, response);
    const { status, envelope, body } = fault === 'throttled' ? refused(throttled(812), name) : handle(received);
    const format = received.get('response') === 'json' && !settings.alwaysXml ? 'json' : 'xml';
    const { type, text } = render(envelope, body, { format, encoded: settings.encoded });
    const spoilt = fault && AFTERWARDS[fault];
    if (spoilt) return spoilt(request, response, text);
    const description = status === 200 ? {} : { 'x-description': String(body.errortext).replace(/[^\x20-\x7e]/g, '?') };
    send(response, status, type, text, description);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain', String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  const ends = (outcome: Outcome, seconds: number) => ({
    operation: 'deployVirtualMachine',
    parameters: { ...VM, simulate: outcome, simulateseconds: seconds },
  });

  const simulator: CloudstackSimulator = {
    platform: 'cloudstack',
    connection: { url: `http://127.0.0.1:${port}/client/api`, secret: 'cloudstack-simulator' },
    secret,
    calls,
    settings,
    inject: faults.inject,
    /** Every request is signed by itself: there is no login. */
    expireSessions() {},
    forget: jobs.forget,
    restart: jobs.restart,
    rotateKeys() {
      secret.secretKey = randomUUID();
    },
    ends,
    scenarios: {
      succeeds: (seconds) => ends('ok', seconds),
      fails: (seconds) => ends('fail-with-text', seconds),
      runsForever: () => ends('stuck', 0),
      refused: () => ({ operation: 'deployVirtualMachine', parameters: { ...VM, zoneid: '' } }),
      adopts(seconds) {
        const { job } = COMMANDS.deployVirtualMachine!;
        const { id } = jobs.add(job!, { instanceId: jobs.newId(), outcome: 'ok', seconds });
        return { operation: 'deployVirtualMachine', adopt: { jobid: id } };
      },
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return simulator;
}

function refused({ code, message, envelope }: Refusal, name: string): { status: number; envelope: string; body: Body } {
  // Only what is thrown by a command, not a signature, has a number for its class of exception.
  const cserrorcode = code === 401 ? undefined : code === 431 ? 9999 : 4250;
  const body = { uuidList: [], errorcode: code, cserrorcode, errortext: message };
  return { status: code, envelope: envelope ?? envelopeOf(name), body };
}

function throttled(milliseconds: number): Refusal {
  return new Refusal(
    429,
    `The given user has reached his/her account api limit, please retry after [${Math.ceil(milliseconds)}] ms.`,
  );
}
