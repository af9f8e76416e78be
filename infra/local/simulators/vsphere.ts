import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from '../../../shared/platforms/options.ts';
import { element } from '../../../shared/xml/write.ts';
import { bodyOf } from './body.ts';
import { faultQueue } from './faults.ts';
import type { Fault, Scenarios, Simulator } from './simulator.ts';
import { AFTERWARDS, INSTEAD } from './vsphere/faults.ts';
import { beginTask, perform } from './vsphere/methods.ts';
import { answer, faultAnswer, readCall, VimFault } from './vsphere/soap.ts';
import { DEFAULTS, World, type WorldOptions } from './vsphere/world.ts';

export interface VsphereSimulatorOptions extends Partial<WorldOptions> {
  /** 0, the default, takes a free one. */
  port?: number;
}

/**
 * A vCenter on plain http and loopback, as far as tasks go; stricter than the usual one about what real servers refuse
 * (namespaces, SOAPAction, the order of parameters, cookies byte for byte). Its task rules are those of the vim.Task reference.
 */
export async function startVsphereSimulator(options: VsphereSimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, ...given } = options;
  const world = new World({ ...DEFAULTS, ...given });
  const calls: Record<string, number> = {};
  const faults = faultQueue();

  const server = createServer(async (request, response) => {
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return void request.destroy();
    // Named before it is read strictly, so that a fault can be planned for a call that would be refused.
    const method = /<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? request.method ?? '';
    calls[method] = (calls[method] ?? 0) + 1;
    const fault = faults.next(method);
    const instead = fault && INSTEAD[fault];
    if (instead) {
      instead(request, response);
      return;
    }
    handle(world, request, response, body, fault);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sdk`;
  if (!isLoopback(url)) throw new Error('A simulator answers on loopback only');
  return {
    platform: 'vsphere',
    connection: { url, secret: 'vsphere-simulator' },
    secret: { username: world.options.username, password: world.options.password },
    calls,
    inject: faults.inject,
    expireSessions: () => world.sessions.closeAll(),
    forget: (id) => {
      world.tasks.settle(world.now());
      world.tasks.forget(id);
    },
    scenarios: scenariosOf(world),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function handle(world: World, request: IncomingMessage, response: ServerResponse, body: string, fault?: Fault): void {
  const now = world.now();
  if (request.url !== '/sdk' && request.url !== '/sdk/vimService') return void response.writeHead(404).end();
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const afterwards = fault && AFTERWARDS[fault];
  const send = (status: number, text: string, setCookie?: string) => {
    if (afterwards) return afterwards(request, response, text);
    const cookie = setCookie && { 'set-cookie': setCookie };
    response.writeHead(status, { 'content-type': 'text/xml; charset=utf-8', ...cookie }).end(text);
  };
  try {
    const action = request.headers.soapaction;
    const call = readCall(body, Array.isArray(action) ? action[0] : action, world.options.apiVersion);
    const session = world.sessions.of(request.headers.cookie, now);
    const { values, setCookie } = perform(world, call, session, now);
    send(200, answer(call.method, values), setCookie);
  } catch (error) {
    const refusal = error instanceof VimFault ? error : new VimFault('SystemError', String(error));
    send(500, faultAnswer(refusal));
  }
}

/** Every scenario works on a VM of its own, whose next task is preset. */
function scenariosOf(world: World): Scenarios {
  let count = 0;
  const vmWith = (runMs: number, fault?: VimFault) => {
    const vm = world.inventory.addVm(`job${String(++count).padStart(5, '0')}`);
    vm.preset = { runMs, ...(fault && { fault }) };
    return { type: 'VirtualMachine', value: vm.id };
  };
  const milliseconds = (seconds: number) => Math.max(0, (seconds - world.options.queueSeconds) * 1000);
  const hostAway = () =>
    new VimFault('HostNotConnected', 'Unable to communicate with the remote host, since it is disconnected.', [
      element(
        'faultMessage',
        {},
        element('key', {}, 'com.vmware.vim.host.disconnected'),
        element('message', {}, 'The host has not answered for 60 seconds.'),
      ),
    ]);
  return {
    succeeds: (seconds) => ({ operation: 'PowerOnVM_Task', target: vmWith(milliseconds(seconds)) }),
    fails: (seconds) => ({ operation: 'PowerOnVM_Task', target: vmWith(milliseconds(seconds), hostAway()) }),
    runsForever: () => ({
      operation: 'RelocateVM_Task',
      target: vmWith(Number.POSITIVE_INFINITY),
      arguments: { spec: { host: { type: 'HostSystem', value: 'host-11' } } },
    }),
    refused: () => ({ operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-1' } }),
    adopts: (seconds) => {
      const target = vmWith(milliseconds(seconds));
      const task = beginTask(world, 'PowerOnVM_Task', target, [], 'VSPHERE.LOCAL\\somebody', world.now());
      return { operation: 'PowerOnVM_Task', adopt: { task: task.id } };
    },
  };
}
