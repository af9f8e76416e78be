import type { Handle, Json, JsonObject } from '../../job/job.ts';
import type { JobRef } from '../adapter.ts';
import type { CapacityUnits } from './units.ts';

/** HF's REST ids, addresses of machines and provider ids alike: what the page lets through to a script. */
export const ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Whether machines are to come or to go. Told by the operation: ids have a dozen prefixes, or none (HF-T12). */
export type Kind = 'provision' | 'return';

export function kindOf(job: Pick<JobRef, 'operation'>): Kind {
  return job.operation === 'requestReturnMachines' ? 'return' : 'provision';
}

/** How far a cancel has come. A cancel is the return of the machines that came. */
export interface Canceling {
  /** How often machines were given back. */
  rounds: number;
  /** The return that is under way, */
  returnId?: string;
  /** or the run of requestReturnMachines that has not ended. */
  run?: string;
  /** The request itself has ended: it is not asked about again (HF-T4). */
  over?: true;
}

/** An end that is not believed yet: what was said, in short, and since when it is the same (epoch ms). */
export interface Watch {
  said: string;
  since: number;
}

/** How a request is counted, where it says so itself. */
interface Counted {
  machineCount: number;
  units?: CapacityUnits;
}

/** The script that starts the request has not ended. */
export type StartingHandle = Counted & { run: string };

export type RequestHandle = Counted & {
  requestId: string;
  /** Of a return for which the script named several requests: the others. */
  others?: readonly string[];
  cancel?: Canceling;
  watch?: Watch;
};

export type SymphonyHandle = StartingHandle | RequestHandle;

export function writeHandle(handle: SymphonyHandle): Handle {
  return JSON.parse(JSON.stringify(handle)) as Handle;
}

export function readHandle(handle: Handle): SymphonyHandle | undefined {
  const units = readUnits(handle.units);
  const counted = { machineCount: countOf(handle.machineCount, 1), ...(units !== undefined && { units }) };
  if (isTicket(handle.run)) return { run: handle.run, ...counted };
  if (!isRequestId(handle.requestId)) return undefined;
  const cancel = readCanceling(handle.cancel);
  const others = Array.isArray(handle.others) ? handle.others.filter(isRequestId) : [];
  const watch = readWatch(handle.watch);
  return {
    requestId: handle.requestId,
    ...counted,
    ...(others.length > 0 && { others }),
    ...(cancel && { cancel }),
    ...(watch && { watch }),
  };
}

function readUnits(value: Json | undefined): CapacityUnits | undefined {
  if (typeof value === 'boolean') return value;
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, number] => typeof pair[1] === 'number' && pair[1] > 0),
  );
}

function readWatch(value: Json | undefined): Watch | undefined {
  if (!isObject(value)) return undefined;
  const { said, since } = value;
  return typeof said === 'string' && typeof since === 'number' ? { said, since } : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readCanceling(value: Json | undefined): Canceling | undefined {
  if (!isObject(value)) return undefined;
  const { rounds, returnId, run, over } = value;
  return {
    rounds: countOf(rounds, 0),
    ...(isRequestId(returnId) && { returnId }),
    ...(isTicket(run) && { run }),
    ...(over === true && { over }),
  };
}

function countOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}

function isRequestId(value: Json | undefined): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** A transport's own word for a run. */
function isTicket(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 500;
}
