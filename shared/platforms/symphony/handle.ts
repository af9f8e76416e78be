import type { Handle, Json, JsonObject } from '../../job/job.ts';
import type { JobRef } from '../adapter.ts';

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

export type SymphonyHandle =
  /** The script that starts the request has not ended. */
  { run: string; machineCount: number } | { requestId: string; machineCount: number; cancel?: Canceling };

export function writeHandle(handle: SymphonyHandle): Handle {
  return JSON.parse(JSON.stringify(handle)) as Handle;
}

export function readHandle(handle: Handle): SymphonyHandle | undefined {
  const machineCount = countOf(handle.machineCount, 1);
  if (isTicket(handle.run)) return { run: handle.run, machineCount };
  if (!isRequestId(handle.requestId)) return undefined;
  const cancel = readCanceling(handle.cancel);
  return { requestId: handle.requestId, machineCount, ...(cancel && { cancel }) };
}

function readCanceling(value: Json | undefined): Canceling | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { rounds, returnId, run, over } = value as JsonObject;
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
