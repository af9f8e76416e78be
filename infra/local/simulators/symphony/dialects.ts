import type { RequestTable, SimulatedMachine, SimulatedRequest } from './requests.ts';

/** What a script prints, and its exit code. */
export interface Said {
  stdout: string;
  exit: number;
}

export type Dialect = 'vendor' | 'real' | 'noisy';

/** What a provider makes of an id that it does not know: ten are known, these differ for who asks. */
export const UNKNOWN_ID = {
  /** IBM Java Google, GCE, OpenStack. */
  complete: (requestId: string) => ({ requestId, status: 'complete', machines: [], message: '' }),
  /** GKE, awsv2. */
  'not found': (requestId: string) => ({
    requestId,
    status: 'complete_with_error',
    machines: [],
    message: `No resource found for requestId: ${requestId}`,
  }),
  /** ORB. */
  running: (requestId: string) => ({ requestId, status: 'running', machines: [], message: '' }),
  /** IBM Cloud gen2. */
  omitted: () => undefined,
  /** Morgan Stanley: the whole call fails, without a word. */
  silent: () => 'silent' as const,
  /** The contract's own: exit 1, the text on stdout. */
  text: (requestId: string) => `Error: request ${requestId} not found` as const,
} satisfies Record<string, (requestId: string) => object | string | undefined>;

export type UnknownId = keyof typeof UNKNOWN_ID;

/** `real` providers print this before the JSON, without a line break (IBM's Java wrappers, where `bc` is missing). */
const NOISE = 'Command bc not found! please install ';

/** Half of a document, and a list of something else; behind the answer a record with an id of its own. */
const LOG_BEFORE = 'DEBUG request: {"Filters": [{"Name": "tag:Req…\nINFO [main] {starting} ["a","b"]\n';
const LOG_BEHIND = '{"level":"info","message":"call is over","requestId":"call-4711"}\n';

interface Spelling {
  input(value: unknown): Record<string, unknown>[] | undefined;
  print(body: object): string;
  requests(entries: object[]): unknown;
  machines(machines: object[]): unknown;
  machine(machine: SimulatedMachine, request: SimulatedRequest, at: number): object;
  /** Of requestMachines that was taken. */
  acceptedExit: number;
}

const object = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? [value as Record<string, unknown>] : undefined;
const array = (value: unknown) => (Array.isArray(value) ? (value as Record<string, unknown>[]) : undefined);

export const SPELLINGS: Record<Dialect, Spelling> = {
  vendor: {
    input: object,
    print: (body) => `${JSON.stringify(body, null, 2)}\n`,
    requests: (entries) => entries[0] ?? {},
    machines: (machines) => machines[0] ?? {},
    machine: (machine, request, at) => ({
      ...common(machine, request, at),
      launchtime: Math.floor(request.createdAt / 1000),
    }),
    acceptedExit: 0,
  },
  real: {
    // Real ones loop over a list, and fail on anything else.
    input: array,
    print: (body) => `${NOISE}${JSON.stringify({ status: 'complete', ...body })}\n`,
    requests: (entries) => entries,
    machines: (machines) => machines,
    machine: (machine, request, at) => ({
      ...common(machine, request, at),
      launchtime: String(Math.floor(request.createdAt / 1000)),
      priceType: 'ondemand',
      instanceTags: '',
      cloudHostId: null,
      statusReasons: [],
    }),
    // One provider ends so when its answer says that something is still to come.
    acceptedExit: 1,
  },
  /** As `real`, among the lines of a log that goes to stdout, and out of a template that ends each member with a comma. */
  noisy: {
    input: array,
    print: (body) => `${LOG_BEFORE}${JSON.stringify(body, null, 1).replace(/(["\]}])\n/g, '$1,\n')}\n${LOG_BEHIND}`,
    requests: (entries) => entries,
    machines: (machines) => machines,
    machine: (machine, request, at) => common(machine, request, at),
    acceptedExit: 0,
  },
};

function common(machine: SimulatedMachine, request: SimulatedRequest, at: number): object {
  const { result, status } = stateOf(machine, request, at);
  const up = result === 'succeed' && status === 'running';
  return {
    machineId: machine.machineId,
    name: machine.name,
    result,
    status,
    privateIpAddress: up ? '10.0.0.7' : '',
    message: result === 'fail' ? 'Timeout: VM is not in the running state' : '',
  };
}

/** Of a return, "terminated" is good; of a request, a machine that was given back has failed it. */
function stateOf(machine: SimulatedMachine, request: SimulatedRequest, at: number): { result: string; status: string } {
  const gone = machine.goneAt !== undefined && at >= machine.goneAt;
  if (request.kind === 'return') {
    return gone ? { result: 'succeed', status: 'terminated' } : { result: 'executing', status: 'shutting-down' };
  }
  if (gone) return { result: 'fail', status: 'terminated' };
  if (at < machine.settledAt) return { result: 'executing', status: 'stopped' };
  return machine.fails ? { result: 'fail', status: 'terminated' } : { result: 'succeed', status: 'running' };
}

export function entryOf(request: SimulatedRequest, spelling: Spelling, table: RequestTable, at: number): object {
  const over = table.isOver(request);
  const failed = request.machines.some((machine) => stateOf(machine, request, at).result === 'fail');
  const machines = request.machines.map((machine) => spelling.machine(machine, request, at));
  return {
    requestId: request.requestId,
    status: !over ? 'running' : failed || request.outcome === 'nothing' ? 'complete_with_error' : 'complete',
    message: over && request.outcome === 'nothing' ? 'Error Code: InsufficientInstanceCapacity' : '',
    machines: spelling.machines(machines),
  };
}
