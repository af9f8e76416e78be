import type { JobError, JobStatus, Part } from '../../job/job.ts';
import type { CheckOutcome, Observation } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import type { Entry, Machine } from './answer.ts';
import { meaningOf } from './errors.ts';
import type { Kind } from './handle.ts';
import { type Capacity, type CapacityUnits, capacityOf } from './units.ts';

type Verdict = Observation['status'] | 'not_found' | 'unclear';

/** What the machines of a request look like, against the number that was asked for (N). */
export type Shape = 'executing' | 'all' | 'all, others failed' | 'some' | 'some failed' | 'failed' | 'none';

export interface StateRow {
  status: readonly string[];
  kind: Kind | 'any';
  machines: readonly Shape[] | 'any';
  /** The message says that the provider does not know the request. */
  unknownId?: true;
  becomes: Verdict;
  why: string;
}

/**
 * The words of a request, its machines, and what the job becomes; the first row that fits counts. A machine's `result`
 * decides, never its `status` (HF-T3); the number asked for decides, never the length of the list (HF-T2).
 *
 * Source: "getRequestStatus reference" (IBM Spectrum Symphony 7.3.2), and what providers in public use do.
 */
export const REQUEST_STATES: readonly StateRow[] = [
  {
    status: ['running', 'pending', 'in_progress', 'executing'],
    kind: 'any',
    machines: 'any',
    becomes: 'RUNNING',
    why: 'a machine that failed does not end the request',
  },
  { status: ['cancelled', 'canceled'], kind: 'any', machines: 'any', becomes: 'CANCELED', why: 'not on the page' },
  {
    status: ['complete', 'complete_with_error'],
    kind: 'any',
    machines: ['executing'],
    becomes: 'RUNNING',
    why: 'HF-T5: GCE goes by the last machine that is not well, and others may still be on their way; without a change for stallSeconds it ends as what it is, and they count as failed',
  },
  {
    status: ['complete', 'complete_with_error'],
    kind: 'any',
    machines: ['none', 'failed'],
    unknownId: true,
    becomes: 'not_found',
    why: 'HF-T8: ten providers say it in ten ways',
  },
  {
    status: ['complete'],
    kind: 'provision',
    machines: ['all', 'all, others failed'],
    becomes: 'SUCCEEDED',
    why: 'more than asked for counts too',
  },
  {
    status: ['complete_with_error'],
    kind: 'provision',
    machines: ['all'],
    becomes: 'SUCCEEDED',
    why: 'every machine that was asked for is there; the message is kept',
  },
  {
    status: ['complete_with_error'],
    kind: 'provision',
    machines: ['all, others failed'],
    becomes: 'PARTIALLY_SUCCEEDED',
    why: 'the provider itself calls it an error, and machines failed',
  },
  {
    status: ['complete', 'complete_with_error'],
    kind: 'provision',
    machines: ['some', 'some failed'],
    becomes: 'PARTIALLY_SUCCEEDED',
    why: 'HF-T2: a machine that is missing is not usable',
  },
  {
    status: ['complete'],
    kind: 'provision',
    machines: ['none'],
    becomes: 'not_found',
    why: 'HF-T8: a real end names machines; six providers answer an unknown id like this',
  },
  {
    status: ['complete', 'complete_with_error'],
    kind: 'provision',
    machines: ['failed', 'none'],
    becomes: 'FAILED',
    why: 'no machine came',
  },
  {
    status: ['complete'],
    kind: 'return',
    machines: ['none', 'some', 'all', 'all, others failed'],
    becomes: 'SUCCEEDED',
    why: 'GKE lists no machines of a return; "terminated" is good here',
  },
  {
    status: ['complete', 'complete_with_error'],
    kind: 'return',
    machines: ['some', 'some failed', 'all', 'all, others failed'],
    becomes: 'PARTIALLY_SUCCEEDED',
    why: 'some of the machines could not be given back',
  },
  {
    status: ['complete', 'complete_with_error'],
    kind: 'return',
    machines: ['failed', 'none'],
    becomes: 'FAILED',
    why: 'no machine could be given back',
  },
  {
    status: ['failed', 'timeout', 'partial'],
    kind: 'any',
    machines: ['all', 'all, others failed', 'some', 'some failed'],
    becomes: 'PARTIALLY_SUCCEEDED',
    why: 'words of one provider, not on the page',
  },
  {
    status: ['failed', 'timeout', 'partial'],
    kind: 'any',
    machines: 'any',
    becomes: 'FAILED',
    why: 'words of one provider, not on the page',
  },
  {
    status: ['warning', 'error', ''],
    kind: 'any',
    machines: 'any',
    becomes: 'unclear',
    why: 'the provider could not ask its cloud, or has nothing to say yet: the look failed, not the job',
  },
];

/** What a machine's `result` makes of it. Anything else is a machine on its way: one provider starts with an empty text. */
export const MACHINE_RESULTS: Readonly<Record<string, JobStatus>> = {
  succeed: 'SUCCEEDED',
  fail: 'FAILED',
  executing: 'RUNNING',
};

export function machineStatus({ result }: Machine): JobStatus {
  return (Object.hasOwn(MACHINE_RESULTS, result) ? MACHINE_RESULTS[result] : undefined) ?? 'RUNNING';
}

export interface Counts {
  succeeded: number;
  failed: number;
  executing: number;
}

export function countsOf(machines: readonly Machine[]): Counts {
  const count = (status: JobStatus) => machines.filter((machine) => machineStatus(machine) === status).length;
  return { succeeded: count('SUCCEEDED'), failed: count('FAILED'), executing: count('RUNNING') };
}

function shapeOf({ succeeded, failed, executing }: Counts, kind: Kind, enough: boolean): Shape {
  if (executing > 0) return 'executing';
  if (succeeded === 0) return failed > 0 ? 'failed' : 'none';
  // Of a return, a machine that is not listed is one that is gone.
  if (kind === 'return') return failed > 0 ? 'some failed' : 'all';
  if (enough) return failed > 0 ? 'all, others failed' : 'all';
  return failed > 0 ? 'some failed' : 'some';
}

/** HF §5. "No machines found" is not here: of a return that is its end, said for the second time. */
const UNKNOWN_ID = /not found|no resource found|unknown (termination )?request|ignoring unknown/i;
const NO_MACHINES = /no (active )?(machines?|vms?) found/i;

export function saysUnknown(message: string): boolean {
  return UNKNOWN_ID.test(message) && !NO_MACHINES.test(message);
}

/** A request as it was made. */
export interface Asked {
  kind: Kind;
  /** Machines, or units of capacity. */
  wanted: number;
  capacityUnits?: CapacityUnits | undefined;
}

/** What an entry says of a job, and by which row. `givenUp`: machines that are executing are not waited for any more. */
function judged(entry: Entry, { kind, wanted, capacityUnits }: Asked, givenUp: boolean) {
  const said = countsOf(entry.machines);
  const counts = givenUp ? { ...said, failed: said.failed + said.executing, executing: 0 } : said;
  const up = entry.machines.filter((machine) => machineStatus(machine) === 'SUCCEEDED');
  const capacity = kind === 'return' ? undefined : capacityOf(entry, up, wanted, capacityUnits);
  const shape = shapeOf(counts, kind, isEnough(entry, counts, capacity, wanted));
  const row = REQUEST_STATES.find(
    (it) =>
      it.status.includes(entry.status) &&
      (it.kind === 'any' || it.kind === kind) &&
      (it.machines === 'any' || it.machines.includes(shape)) &&
      (it.unknownId === undefined || saysUnknown(entry.message)),
  );
  return { counts: said, capacity, row };
}

/** Where nobody says what a machine counts for, the provider's own word must do. */
function isEnough({ status }: Entry, counts: Counts, capacity: Capacity | undefined, wanted: number): boolean {
  if (capacity === undefined) return counts.succeeded >= wanted;
  if (capacity.fulfilled === undefined) return status === 'complete' && counts.failed === 0;
  // Weights may be fractions.
  return capacity.fulfilled >= capacity.target - 1e-6;
}

/** Whether the request has ended by its own word, while machines of it have not. */
export function endsExecuting(entry: Entry, kind: Kind): boolean {
  const { row } = judged(entry, { kind, wanted: 1 }, false);
  return row?.becomes === 'RUNNING' && row.machines !== 'any';
}

/** What an entry of getRequestStatus says of a job. */
export function outcomeOf(entry: Entry, kind: Kind, wanted: number, capacityUnits?: CapacityUnits): CheckOutcome {
  return outcome(entry, { kind, wanted, capacityUnits }, false);
}

/** The end of a request of which some machines never got beyond executing, as it is. */
export function endOf(entry: Entry, asked: Asked): CheckOutcome {
  return outcome(entry, asked, true);
}

function outcome(entry: Entry, asked: Asked, givenUp: boolean): CheckOutcome {
  const { kind, wanted } = asked;
  const { counts, capacity, row } = judged(entry, asked, givenUp);
  const verdict = row?.becomes ?? 'unclear';
  const told = entry.message === '' ? '' : `: ${shortened(entry.message, 500)}`;
  const said = `request ${entry.requestId} is "${shortened(entry.status, 100)}" with ${entry.machines.length} machines${told}`;
  if (verdict === 'unclear')
    return { kind: 'transient', code: 'Unclear', message: `The provider gives no state: ${said}` };
  if (verdict === 'not_found') {
    const why =
      entry.status === 'complete' && !saysUnknown(entry.message) ? 'Completed without naming machines' : 'Not known';
    return { kind: 'not_found', code: 'RequestNotFound', message: `${why}: ${said}` };
  }
  const open = verdict === 'RUNNING';
  const progress = open ? progressOf(entry, counts, capacity, asked) : undefined;
  const result = !open && kind === 'provision' && counts.succeeded > 0 ? { result: resultOf(entry) } : undefined;
  const left = givenUp && counts.executing > 0 ? `, ${counts.executing} given up while executing` : '';
  const parts = partsOf(entry.machines).map((part) =>
    // What became of it is not known, and will not be.
    givenUp && part.status === 'RUNNING' ? { ...part, status: 'LOST' as const } : part,
  );
  return {
    kind: 'observed',
    status: verdict,
    platformJobId: entry.requestId,
    message: `${summary(counts, kind, wanted, capacity)}${left}${told}`,
    ...(parts.length > 0 && { parts }),
    ...(progress !== undefined && { progress }),
    ...result,
    ...(verdict === 'FAILED' && { error: errorOf(entry, row!, left !== '') }),
  };
}

/** 0 to 99; nothing where nobody says what a machine counts for. */
function progressOf(
  entry: Entry,
  { succeeded, failed }: Counts,
  capacity: Capacity | undefined,
  { kind, wanted }: Asked,
): number | undefined {
  if (capacity !== undefined) {
    if (capacity.fulfilled === undefined) return undefined;
    return Math.min(99, Math.floor((100 * capacity.fulfilled) / Math.max(1, capacity.target)));
  }
  const total = Math.max(kind === 'return' ? 1 : wanted, entry.machines.length);
  return Math.min(99, Math.floor((100 * (succeeded + failed)) / total));
}

function summary({ succeeded, failed }: Counts, kind: Kind, wanted: number, capacity: Capacity | undefined): string {
  const failures = failed > 0 ? `, ${failed} failed` : '';
  if (kind === 'return') return `${succeeded} machines are returned${failures}`;
  if (capacity === undefined) return `${succeeded} of ${wanted} machines are up${failures}`;
  const units =
    capacity.fulfilled === undefined
      ? `for ${capacity.target} units of capacity`
      : `with ${capacity.fulfilled} of ${capacity.target} units of capacity`;
  return `${succeeded} machines are up ${units}${failures}`;
}

/** In the order of their ids: answers come in any order, and an order is no news. */
export function partsOf(machines: readonly Machine[]): Part[] {
  return machines
    .map(
      (machine, index): Part => ({
        id: machine.machineId || machine.name || `machine-${index + 1}`,
        ...(machine.name !== '' && { name: machine.name }),
        status: machineStatus(machine),
        ...(machine.message !== '' && { message: shortened(machine.message, 500) }),
      }),
    )
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** The machines that can be used, with what a caller needs to reach them and to give them back. */
function resultOf(entry: Entry) {
  const machines = entry.machines
    .filter((machine) => machineStatus(machine) === 'SUCCEEDED')
    .map(({ machineId, name, privateIpAddress, publicIpAddress, launchtime }) => ({
      machineId,
      name,
      ...(privateIpAddress !== undefined && { privateIpAddress }),
      ...(publicIpAddress !== undefined && { publicIpAddress }),
      ...(launchtime !== undefined && { launchtime }),
    }))
    .sort((a, b) => (a.machineId < b.machineId ? -1 : a.machineId > b.machineId ? 1 : 0));
  return { machines };
}

function errorOf(entry: Entry, row: StateRow, givenUp: boolean): JobError {
  const ofMachines = entry.machines.map((machine) => machine.message).find((message) => message !== '');
  const message = entry.message || ofMachines || `The provider gave no reason (${row.why})`;
  const { code, retryable } = meaningOf(message);
  return {
    code: code ?? entry.status,
    message: shortened(message, 2000),
    ...(retryable !== undefined && { retryable }),
    // Of a failure that names no machine, or gives one up, nobody knows what it left behind.
    ...((entry.machines.length === 0 || givenUp) && { outcomeUncertain: true }),
  };
}
