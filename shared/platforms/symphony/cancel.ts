import { isTerminal } from '../../job/job.ts';
import type { CheckFailure, CheckOutcome, Observation } from '../../job/outcome.ts';
import type { CallOptions, CancelOutcome, JobRef } from '../adapter.ts';
import type { Entry, Machine } from './answer.ts';
import type { Ask } from './ask.ts';
import { type Canceling, kindOf, readHandle, type SymphonyHandle, writeHandle } from './handle.ts';
import { machineStatus, outcomeOf, partsOf } from './mapping.ts';
import type { SymphonyOptions } from './options.ts';
import { returnInput, startedOf } from './submit.ts';
import { MAX_MACHINES, type Run, type Transport } from './transport.ts';

type Request = Extract<SymphonyHandle, { requestId: string }>;

/** So often machines are given back, beyond one for each where they go one at a time. */
const SPARE_ROUNDS = 5;
/** A script of its own for each step; the rest waits for the next look. */
const STEPS_OF_A_LOOK = 3;

/** HF-T3: the words by which providers mean that a machine is gone or going. */
const GONE = /^(terminated|terminating|shutting[-_ ]?down|deleted|deleting|stopping|stopped|destroyed)$/;

/**
 * Host factory has no cancel: to cancel is to give back the machines that came, again while more come, until the provider
 * lists none. This is only noted here, with the job; the looks do it, so that it survives this function.
 */
export function cancel(job: JobRef, ended: (handle: Request) => boolean): CancelOutcome {
  const handle = readHandle(job.handle);
  if (!handle) return { kind: 'permanent', code: 'handle', message: `${job.id} names no request` };
  if (kindOf(job) === 'return') {
    const message = 'Machines that are given back are not taken again: a return cannot be canceled';
    return { kind: 'refused', error: { code: 'NotCancelable', message, retryable: false } };
  }
  if ('run' in handle) {
    return {
      kind: 'transient',
      code: 'StillSubmitting',
      message: 'requestMachines has not ended: there is nothing to give back yet',
    };
  }
  if (ended(handle)) return { kind: 'over' };
  if (handle.cancel) return { kind: 'accepted' };
  return { kind: 'accepted', handle: writeHandle({ ...handle, cancel: { rounds: 0 } }) };
}

interface Ports {
  ask: Ask;
  transport: Transport;
  options: SymphonyOptions;
  name: string;
}

/** What one step has come to: an outcome, or the next step. */
type Step = { outcome: CheckOutcome } | { cancel: Canceling };

/** Carries a cancel on. */
export async function followCancel(ports: Ports, given: Request, callOptions: CallOptions): Promise<CheckOutcome> {
  let handle = given;
  for (let steps = 0; ; steps++) {
    const before = handle.cancel!;
    const step = await (before.run ? endOfRun : before.returnId ? endOfReturn : giveBack)(
      ports,
      handle,
      before,
      callOptions,
    );
    if ('outcome' in step) return handle === given ? step.outcome : withHandle(step.outcome, handle);
    handle = { ...handle, cancel: step.cancel };
    // A return has just begun: it takes its time.
    if (step.cancel.returnId || step.cancel.run || steps >= STEPS_OF_A_LOOK) return withHandle(goesOn(handle), handle);
  }
}

function goesOn({ requestId, cancel }: Request): Observation {
  const message = cancel?.returnId ? `Canceling: machines are given back by request ${cancel.returnId}` : 'Canceling';
  return { kind: 'observed', status: 'RUNNING', platformJobId: requestId, message };
}

/** A failed look keeps no handle; what it had come to is done again, which returns bear. */
function withHandle(outcome: CheckOutcome, handle: Request): CheckOutcome {
  return outcome.kind === 'observed' ? { handle: writeHandle(handle), ...outcome } : outcome;
}

/** Looks at the request itself, and gives back what it lists. */
async function giveBack(ports: Ports, handle: Request, cancel: Canceling, callOptions: CallOptions): Promise<Step> {
  const { requestId, machineCount } = handle;
  const told = (await ports.ask([handle], callOptions)).get(requestId)!;
  if ('kind' in told) return { outcome: told.kind === 'not_found' && cancel.rounds > 0 ? canceled(handle) : told };
  const seen = outcomeOf(told, 'provision', machineCount);
  // Its machines were given back and it names none: that is how a request ends that was canceled.
  if (seen.kind === 'not_found' && cancel.rounds > 0) return { outcome: canceled(handle, told) };
  if (seen.kind !== 'observed') return { outcome: seen };
  const over = isTerminal(seen.status as never);
  // It had ended by itself before anything was given back.
  if (over && cancel.rounds === 0) return { outcome: plain(seen, handle) };
  const live = told.machines.filter(isThere);
  if (over && live.length === 0) return { outcome: canceled(handle, told) };
  if (live.length === 0)
    return { outcome: { ...seen, message: `Canceling: no machine to give back (${seen.message})` } };
  if (cancel.rounds >= machineCount + SPARE_ROUNDS) {
    return {
      outcome: plain(
        { ...seen, message: `Not canceled: ${live.length} machines are still there after ${cancel.rounds} returns` },
        handle,
      ),
    };
  }
  const batch = live.slice(0, ports.options.requestForm === 'object' ? 1 : MAX_MACHINES);
  const run = await ports.transport.run('requestReturnMachines', returnInput(batch, ports.options), callOptions);
  const last = over && batch.length === live.length;
  const rounds = cancel.rounds + 1;
  return started(ports, run, { rounds, ...(last && { over: true as const }) }, (message) => ({
    // An end is told once: it stands, with its machines. Before the end, the next look tries again.
    outcome: over ? plain({ ...seen, message }, handle) : retried({ ...handle, cancel: { rounds } }, message),
  }));
}

/** The run of requestReturnMachines was not over at the last look. */
async function endOfRun(
  ports: Ports,
  handle: Request,
  { run, ...cancel }: Canceling,
  callOptions: CallOptions,
): Promise<Step> {
  const ended = await ports.transport.resume(run!, callOptions);
  return started(ports, ended, cancel, (message) => ({ outcome: retried({ ...handle, cancel }, message) }));
}

function started(ports: Ports, run: Run, cancel: Canceling, refused: (message: string) => Step): Step {
  const call = `${ports.transport.label('requestReturnMachines')} of ${ports.name}`;
  const outcome = startedOf(run, 1, call);
  if (outcome.kind === 'pending') return { cancel: { ...cancel, run: String(outcome.handle.run) } };
  if (outcome.kind === 'accepted') return { cancel: { ...cancel, returnId: String(outcome.handle.requestId) } };
  if (outcome.kind === 'refused') return refused(`Not canceled: ${outcome.error.message}`);
  // Unlike a request, a return may be repeated: machines cannot go twice. The next look tries again.
  const failure: CheckFailure = {
    kind: 'transient',
    code: outcome.error.code,
    message: `Canceling: ${outcome.error.message}`,
  };
  return { outcome: failure };
}

function retried(handle: Request, message: string): Observation {
  const { requestId } = handle;
  return { kind: 'observed', status: 'RUNNING', platformJobId: requestId, message, handle: writeHandle(handle) };
}

/** Follows the return. When it is over, the request says what is left. */
async function endOfReturn(
  ports: Ports,
  handle: Request,
  { returnId, ...cancel }: Canceling,
  callOptions: CallOptions,
): Promise<Step> {
  const wanted = { requestId: returnId!, machineCount: handle.machineCount };
  const told = (await ports.ask([wanted], callOptions)).get(returnId!)!;
  const seen = 'kind' in told ? told : outcomeOf(told, 'return', handle.machineCount);
  if (seen.kind === 'observed' && !isTerminal(seen.status as never)) return { outcome: goesOn(handle) };
  if (seen.kind !== 'observed' && seen.kind !== 'not_found') return { outcome: seen };
  if (!cancel.over) return { cancel };
  // HF-T4: the request has ended and is not asked again, so the return has the last word.
  const entry = 'kind' in told ? undefined : told;
  if (seen.kind === 'not_found' || (seen.kind === 'observed' && seen.status === 'SUCCEEDED'))
    return { outcome: canceled(handle, entry) };
  const message = 'The request was over, and not all of its machines could be given back';
  return {
    outcome: {
      kind: 'observed',
      status: 'FAILED',
      platformJobId: handle.requestId,
      message,
      ...(entry && entry.machines.length > 0 && { parts: partsOf(entry.machines) }),
      error: { code: 'ReturnFailed', message: entry?.message || message, outcomeUncertain: true },
    },
  };
}

function isThere(machine: Machine): boolean {
  return machineStatus(machine) !== 'FAILED' && !isGone(machine) && (machine.machineId !== '' || machine.name !== '');
}

/** GCE says "stopped" of a machine that is being created (HF-T3): gone is what is not on its way. */
function isGone(machine: Machine): boolean {
  return machineStatus(machine) !== 'RUNNING' && GONE.test(machine.status);
}

function canceled({ requestId }: Request, entry?: Entry): Observation {
  return {
    kind: 'observed',
    status: 'CANCELED',
    platformJobId: requestId,
    message: 'The machines that came were given back',
    ...(entry &&
      entry.machines.length > 0 && {
        parts: partsOf(entry.machines).map((part) => ({ ...part, status: 'CANCELED' as const })),
      }),
  };
}

/** No longer canceling. */
function plain(seen: Observation, { requestId, machineCount }: Request): Observation {
  return { ...seen, handle: writeHandle({ requestId, machineCount }) };
}
