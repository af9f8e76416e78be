import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterCall } from './adapter-request.ts';
import type { Carrier, ExecuteOptions, Output } from './carrier.ts';
import type { Fault } from './errors.ts';

/** What a state of the carrying workflow means. It is never a state of the task. */
export type Meaning = 'wait' | 'read the output' | 'ended without an answer';

/**
 * ProcessStateType of the Orchestrator. What is not here is waited for: a younger release may have more words.
 * Source: the SOAP schema; the REST job status uses the same words.
 */
export const WORKFLOW_STATES: Readonly<Record<string, Meaning>> = {
  READY: 'wait',
  PENDING: 'wait',
  ASSIGNED: 'wait',
  PENDING_REASSIGNMENT: 'wait',
  IN_PROGRESS: 'wait',
  PAUSED: 'wait',
  COMPLETED: 'read the output',
  COMPENSATED: 'ended without an answer',
  CANCELLED: 'ended without an answer',
  FAILED: 'ended without an answer',
  ABORTED: 'ended without an answer',
};

export type Ran =
  | { kind: 'outputs'; outputs: Output[] }
  | { kind: 'under way'; workflow: string; state: string }
  /** `outputs` may hold the adapter's answer all the same: it failed in a later step. */
  | { kind: 'ended'; state: string; outputs: Output[] }
  /** The Orchestrator does not know the workflow. */
  | { kind: 'gone'; workflow: string }
  /** `workflow`: it was started before the fault. */
  | { kind: 'fault'; fault: Fault; workflow?: string };

/** Runs the workflow once; one that goes on by itself is waited for as long as `patienceMs` says. */
export async function run(
  carrier: Carrier,
  call: AdapterCall,
  options: ExecuteOptions & { patienceMs: number },
): Promise<Ran> {
  const executed = await carrier.execute(call, options);
  if (executed.kind !== 'started') return executed;
  return follow(carrier, executed.workflow, options);
}

/** First after a tenth of a second, at last once a second. */
const FIRST_GAP_MS = 100;
const LAST_GAP_MS = 1000;

export async function follow(
  carrier: Carrier,
  workflow: string,
  { signal, patienceMs }: { signal: AbortSignal; patienceMs: number },
): Promise<Ran> {
  let waited = 0;
  for (let gap = FIRST_GAP_MS; ; gap = Math.min(gap * 2, LAST_GAP_MS)) {
    const told = await carrier.status(workflow, { signal });
    if (told.kind === 'fault') return { ...told, workflow };
    if (told.kind === 'gone') return { kind: 'gone', workflow };
    const meaning = Object.hasOwn(WORKFLOW_STATES, told.state) ? WORKFLOW_STATES[told.state]! : 'wait';
    if (meaning === 'read the output') return { kind: 'outputs', outputs: told.outputs };
    if (meaning !== 'wait') return { kind: 'ended', state: told.state, outputs: told.outputs };
    const pause = Math.min(gap, patienceMs - waited);
    if (pause <= 0 || !(await paused(pause, signal))) return { kind: 'under way', workflow, state: told.state };
    waited += pause;
  }
}

/** False: the time for all of it is over. */
async function paused(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, true, { signal }).catch(() => false);
}
