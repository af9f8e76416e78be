import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AdapterSettings, adapterFailure, vmwareAdapter } from './bmc/adapter.ts';
import { AFTERWARDS, INSTEAD } from './bmc/faults.ts';
import { orcaService } from './bmc/orca.ts';
import { plain, type RestSettings, restApi } from './bmc/rest.ts';
import { type TaskFault, type TaskTable, taskTable } from './bmc/tasks.ts';
import { type Output, type WorkflowSettings, workflowTable } from './bmc/workflows.ts';
import { bodyOf } from './body.ts';
import { faultQueue, send } from './faults.ts';
import type { Simulator } from './simulator.ts';

/** What differs between versions, installations and sites. May be changed while the simulator runs. */
export interface BmcSettings extends RestSettings, WorkflowSettings, AdapterSettings {
  /** How the adapter's document stands in the output: as it is, inside `<result>`, or as escaped text inside it. */
  wrapping: 'plain' | 'result' | 'escaped';
  /** The last word on the adapter's document of an operation. */
  rewrite: ((operation: string, document: string) => string) | undefined;
  /** Outputs of the workflow beside the adapter's document. */
  otherOutputs: Output[];
}

export interface BmcSimulatorOptions {
  port?: number;
  protocol?: 'rest' | 'orca';
  mode?: 'sync' | 'async';
  settings?: Partial<BmcSettings>;
  now?: () => number;
}

export interface BmcSimulator extends Simulator {
  readonly settings: BmcSettings;
  readonly tasks: TaskTable;
  /** A body whose task ends like this after `seconds`, on a VM of its own. */
  ends(operation: string, seconds: number, fault?: TaskFault): Record<string, unknown>;
  /** A VM of this name, whose tasks take a second. */
  addVm(name: string): void;
  forgetWorkflows(): void;
  rotatePassword(): void;
  /** Bodies of all requests but logins, for what must and must not stand in them. */
  readonly received: string[];
}

const PROCESS = ':VMware_Integration:VIS:Call Adapter';
const ADAPTER = 'VMwareInfra';
const GRID = 'GRID1';
const INPUTS = { adapter: 'adapter name', request: 'adapter request' };
const OUTPUT = 'adapter response';
const GROUPS: Record<string, string> = { Migrate_VM: 'Advanced_Vm', Clone_VM: 'Configure_Vm' };

/** A configuration distribution peer with a VMware adapter and a vCenter behind it, on plain http and loopback. */
export async function startBmcSimulator(options: BmcSimulatorOptions = {}): Promise<BmcSimulator> {
  const { port = 0, protocol = 'rest', mode = 'sync', now = Date.now } = options;
  const settings: BmcSettings = {
    workflowMs: 0,
    endState: 'COMPLETED',
    leaky: false,
    queueMs: 50,
    wrapping: 'plain',
    asyncAnswer: 'jobId',
    token: 'header',
    rewrite: undefined,
    otherOutputs: [],
    ...options.settings,
  };
  const secret = { username: 'orchestrator', password: randomUUID() };
  const tasks = taskTable(now);
  const adapter = vmwareAdapter(tasks, settings);
  const workflows = workflowTable(now, settings, PROCESS);
  const rest = restApi({ secret, settings, workflows, process: PROCESS, run });
  const orca = orcaService({ secret, settings, process: PROCESS, gridName: GRID, run });
  const faults = faultQueue();
  const calls: Record<string, number> = {};
  const received: string[] = [];

  /** Runs the workflow: its inputs in, its outputs out. */
  function run(inputs: Map<string, string>): Output[] {
    const request = inputs.get(INPUTS.request) ?? '';
    const name = inputs.get(INPUTS.adapter) ?? '';
    const document =
      name === ADAPTER ? adapter.perform(request) : adapterFailure(`Adapter ${name} not found on peer cdp-1`);
    const rewritten = settings.rewrite?.(adapter.operationOf(request), document) ?? document;
    return [{ name: OUTPUT, value: WRAPPINGS[settings.wrapping](rewritten) }, ...settings.otherOutputs];
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const body = await bodyOf(request);
    const call = callOf(url.pathname, body);
    calls[call] = (calls[call] ?? 0) + 1;
    if (call !== 'login') received.push(body);
    const fault = faults.next(call);
    const instead = fault && INSTEAD[fault];
    if (instead) return instead(request, response);
    const known = url.pathname.startsWith('/baocdp/rest/') || url.pathname === '/baocdp/orca';
    const answer = !known
      ? plain(404, 'Not Found')
      : url.pathname === '/baocdp/orca'
        ? await orca(body)
        : await rest.answer(request, url, body).catch((error) => plain(400, String(error)));
    const spoilt = fault && AFTERWARDS[fault];
    if (spoilt) spoilt(request, response, answer.text);
    else send(response, answer.status, answer.type, answer.text, answer.headers);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain', String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/baocdp/${protocol}`;

  let vms = 0;
  const vmWith = (runMs: number, fault?: TaskFault) => {
    const name = `web${String(++vms).padStart(5, '0')}`;
    adapter.addVm(name, { runMs: Math.max(0, runMs), ...(fault && { fault }) });
    return name;
  };
  const ends = (operation: string, seconds: number, fault?: TaskFault) => ({
    operation,
    operationType: GROUPS[operation] ?? 'Basic_Vm',
    parameters: { 'virtual-machine': vmWith(seconds * 1000 - settings.queueMs, fault) },
  });

  return {
    platform: 'bmc',
    connection: {
      url: address,
      secret: 'bmc-simulator',
      process: PROCESS,
      adapter: ADAPTER,
      ...(protocol === 'orca' && { protocol, gridName: GRID }),
      ...(mode === 'async' && { mode }),
    },
    secret,
    calls,
    settings,
    tasks,
    received,
    inject: faults.inject,
    expireSessions: rest.expireSessions,
    forget: tasks.forget,
    forgetWorkflows: workflows.forgetAll,
    rotatePassword() {
      secret.password = randomUUID();
    },
    ends,
    addVm: (name) => adapter.addVm(name, { runMs: 1000 }),
    scenarios: {
      succeeds: (seconds) => ends('Power_On_VM', seconds),
      fails: (seconds) => ends('Power_On_VM', seconds, INVALID_POWER_STATE),
      runsForever: () => ends('Migrate_VM', Number.POSITIVE_INFINITY),
      refused: () => ({
        operation: 'Power_Off_VM',
        operationType: 'Basic_Vm',
        parameters: { 'virtual-machine': 'no-such-vm' },
      }),
      adopts(seconds) {
        const task = tasks.start({
          method: 'PowerOnVM_Task',
          descriptionId: 'VirtualMachine.powerOn',
          vm: 'adopted',
          queueMs: 0,
          runMs: seconds * 1000,
        });
        return { operation: 'Power_On_VM', adopt: { task } };
      },
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const INVALID_POWER_STATE: TaskFault = {
  type: 'InvalidPowerState',
  message: 'The attempted operation cannot be performed in the current state (Powered on).',
  fields: { requestedState: 'poweredOn', existingState: 'poweredOn' },
};

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const WRAPPINGS: Record<BmcSettings['wrapping'], (document: string) => string> = {
  plain: (document) => document,
  result: (document) => `<result>${document}</result>`,
  escaped: (document) => `<result>${escaped(document)}</result>`,
};

/** An execute is named after the adapter's operation, which is what tests want to break. */
function callOf(path: string, body: string): string {
  const operation = /<operation-name>([^<]*)</.exec(body)?.[1];
  if (operation) return operation;
  return /\/(login|logout|status)$/.exec(path)?.[1] ?? path;
}
