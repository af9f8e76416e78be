import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from './body.ts';
import { AFTERWARDS, INSTEAD, unauthorized } from './f5-vcmp/faults.ts';
import type { Preset } from './f5-vcmp/guest.ts';
import { DEFAULTS, type HostSettings, VcmpHost } from './f5-vcmp/host.ts';
import { perform } from './f5-vcmp/methods.ts';
import { type Call, EngineFault, failure, readCall, success } from './f5-vcmp/soap.ts';
import { faultQueue } from './faults.ts';
import type { Fault, Scenarios, Simulator } from './simulator.ts';

export interface F5VcmpSimulatorOptions extends Partial<HostSettings> {
  /** 0, the default, takes a free one. */
  port?: number;
  now?: () => number;
}

export interface F5VcmpSimulator extends Simulator {
  /** Its guests: to preset how their next change ends, or to ask for another state as somebody else. */
  readonly host: VcmpHost;
  /** Called before each call is served: for what happens in between two calls. */
  beforeCall?: (call: string) => void;
}

const PORTAL = '/iControl/iControlPortal.cgi';
/** A field note: about five wrong passwords lock the account for a quarter of an hour, and it stays a 401. */
const LOCK_AFTER = 5;
const LOCK_MS = 15 * 60_000;

/**
 * The management plane of a vCMP host on plain http and loopback: iControl SOAP as its engine writes it, over the interfaces
 * System/VCMP, System/Cluster and System/Session.
 */
export async function startF5VcmpSimulator(options: F5VcmpSimulatorOptions = {}): Promise<F5VcmpSimulator> {
  const { port = 0, now = Date.now, ...settings } = options;
  const host = new VcmpHost({ ...DEFAULTS, ...settings }, now);
  const calls: Record<string, number> = {};
  const faults = faultQueue();
  const wrong = { passwords: 0, lockedUntil: Number.NEGATIVE_INFINITY };

  function isAllowed({ headers }: IncomingMessage): boolean {
    const { username, password } = host.settings;
    const right = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    if (now() < wrong.lockedUntil) return false;
    if (headers.authorization === right) wrong.passwords = 0;
    else if (headers.authorization !== undefined && ++wrong.passwords >= LOCK_AFTER) {
      Object.assign(wrong, { passwords: 0, lockedUntil: now() + LOCK_MS });
    }
    return headers.authorization === right;
  }

  const server = createServer(async (request, response) => {
    const sent = await bodyOf(request).catch(() => undefined);
    if (sent === undefined) return void request.destroy();
    // A CGI reads as many bytes as Content-Length says: without one, none.
    const body = request.headers['content-length'] === undefined ? '' : sent;
    const name = /<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)/.exec(body)?.[1] ?? request.method ?? '';
    calls[name] = (calls[name] ?? 0) + 1;
    simulator.beforeCall?.(name);
    const fault = faults.next(name);
    const instead = fault && INSTEAD[fault];
    if (instead) return void instead(request, response);
    if (!isAllowed(request)) return unauthorized(response);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname !== PORTAL) return void response.writeHead(404, { 'content-type': 'text/html' }).end();
    if (request.method === 'GET') return description(response, url);
    answer(host, request, response, body, fault);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });

  const simulator: F5VcmpSimulator = {
    platform: 'f5-vcmp',
    connection: {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      secret: 'f5-vcmp-simulator',
    },
    secret: { username: host.settings.username, password: host.settings.password },
    calls,
    host,
    inject: faults.inject,
    /** Only explicit sessions can end so that a client notices; Basic authentication is on every call. */
    expireSessions: () => host.sessions.clear(),
    forget: (platformJobId) => {
      for (const name of platformJobId.split('=')[0]!.split(',')) host.forget(name);
    },
    scenarios: scenariosOf(host),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return simulator;
}

function answer(host: VcmpHost, request: IncomingMessage, response: ServerResponse, body: string, fault?: Fault): void {
  const header = (name: string) => String(request.headers[name] ?? '');
  let call: Call | undefined;
  let status = 200;
  let text: string;
  try {
    call = readCall(header('content-type'), header('soapaction'), body);
    const session = header('x-icontrol-session');
    if (session !== '' && !host.sessions.has(session)) throw new EngineFault('Server', 'Invalid session identifier');
    text = success(call, perform(host, call));
  } catch (error) {
    status = 500;
    text = failure(error, call);
  }
  const afterwards = fault && AFTERWARDS[fault];
  if (afterwards) return void afterwards(request, response, text);
  response.writeHead(status, {
    server: 'Apache',
    soapserver: 'EasySoap++/0.6',
    'content-type': 'text/xml; charset="UTF-8"',
    'set-cookie': ['BIGIPAuthCookie=0123456789ABCDEF; path=/; Secure', 'BIGIPAuthUsernameCookie=admin; path=/; Secure'],
    ...(!host.settings.chunked && { 'content-length': Buffer.byteLength(text) }),
  });
  response.end(text);
}

/** `?WSDL=System.VCMP`, whose address is a placeholder that a client must not use; else a list of them. */
function description(response: ServerResponse, url: URL): void {
  const name = url.searchParams.get('WSDL');
  if (!name)
    return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>System.VCMP</body></html>');
  const address = '<soap:address location="https://url_to_service"/>';
  const text = `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" name="${name.replace(/[^\w.]/g, '')}"><service><port>${address}</port></service></definitions>`;
  response.writeHead(200, { 'content-type': 'text/xml' }).end(text);
}

/** Every scenario works on a guest of its own, which is configured and whose next change is preset. */
function scenariosOf(host: VcmpHost): Scenarios {
  const guest = (seconds: number, ending: Preset['ending']) => {
    const added = host.add();
    added.next = { seconds, ending };
    return added;
  };
  const deploy = (name: string) => ({
    operation: 'set_guest_state',
    guests: [name],
    state: 'VCMP_GUEST_STATE_DEPLOYED',
  });
  return {
    // The last of two slots takes a quarter longer.
    succeeds: (seconds) => deploy(guest(seconds / 1.25, 'ok').name),
    fails: (seconds) => deploy(guest(seconds / 1.25, 'fails').name),
    runsForever: () => {
      // Stuck in the install; put back to configured it gives its slots up within half a second.
      const added = guest(0.2, 'stuck');
      added.afterwards = { seconds: 0.5, ending: 'ok' };
      return deploy(added.name);
    },
    isSuperseded: (seconds) => {
      const { name } = guest(seconds * 10, 'ok');
      setTimeout(() => host.setState([name], ['PROVISIONED']), seconds * 1000).unref();
      return deploy(name);
    },
    refused: () => deploy('nobody'),
    adopts: (seconds) => {
      const { name } = guest(seconds / 1.25, 'ok');
      host.setState([name], ['DEPLOYED']);
      return { ...deploy(name), adopt: {} };
    },
  };
}
