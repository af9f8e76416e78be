import { isTerminal } from '../../job/job.ts';
import type { CheckFailure, CheckOutcome, Observation } from '../../job/outcome.ts';
import type { CallOptions, CancelOutcome, JobRef } from '../adapter.ts';
import type { Entry, Machine } from './answer.ts';
import type { CheckPorts } from './check.ts';
import { type Canceling, kindOf, type RequestHandle, readHandle, type Watch, writeHandle } from './handle.ts';
import { digestOf, judge, watchOf } from './judge.ts';
import { machineStatus, outcomeOf, partsOf } from './mapping.ts';
import { returnInput, startedOf } from './submit.ts';
import { MAX_MACHINES, type Run } from './transport.ts';
import { settingOf } from './units.ts';

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
export function cancel(job: JobRef, ended: (handle: RequestHandle) => boolean): CancelOutcome {
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

interface Ports extends CheckPorts {
  stallMs: number;
}

/** What one step has come to: an outcome, or the next step. A watch is of what is asked about. */
type Step = { outcome: CheckOutcome; watch?: Watch | undefined } | { cancel: Canceling };

/** Carries a cancel on. */
export async function followCancel(
  ports: Ports,
  job: Pick<JobRef, 'createdAt'>,
  given: RequestHandle,
  callOptions: CallOptions,
): Promise<CheckOutcome> {
  let handle = given;
  for (let steps = 0; ; steps++) {
    const before = handle.cancel!;
    const step = await (before.run ? endOfRun : before.returnId ? endOfReturn : giveBack)(
      ports,
      handle,
      before,
      callOptions,
      job,
    );
    if ('outcome' in step) {
      const next = watching(handle, step.watch);
      return next === given ? step.outcome : withHandle(step.outcome, next);
    }
    handle = { ...watching(handle, undefined), cancel: step.cancel };
    // A return has just begun: it takes its time.
    if (step.cancel.returnId || step.cancel.run || steps >= STEPS_OF_A_LOOK) return withHandle(goesOn(handle), handle);
  }
}

function watching(handle: RequestHandle, watch: Watch | undefined): RequestHandle {
  if (watch?.said === handle.watch?.said && watch?.since === handle.watch?.since) return handle;
  const { watch: _before, ...rest } = handle;
  return { ...rest, ...(watch && { watch }) };
}

function goesOn({ requestId, cancel }: RequestHandle): Observation {
  const message = cancel?.returnId ? `Canceling: machines are given back by request ${cancel.returnId}` : 'Canceling';
  return { kind: 'observed', status: 'RUNNING', platformJobId: requestId, message };
}

/** A failed look keeps no handle; what it had come to is done again, which returns bear. */
function withHandle(outcome: CheckOutcome, handle: RequestHandle): CheckOutcome {
  return outcome.kind === 'observed' ? { handle: writeHandle(handle), ...outcome } : outcome;
}

/** Looks at the request itself, and gives back what it lists. */
async function giveBack(
  ports: Ports,
  handle: RequestHandle,
  cancel: Canceling,
  callOptions: CallOptions,
  { createdAt }: Pick<JobRef, 'createdAt'>,
): Promise<Step> {
  const { requestId, machineCount } = handle;
  const told = (await ports.ask([handle], callOptions)).get(requestId)!;
  if ('kind' in told) return { outcome: told.kind === 'not_found' && cancel.rounds > 0 ? canceled(handle) : told };
  const asked = {
    kind: 'provision' as const,
    wanted: machineCount,
    capacityUnits: settingOf(handle.units, ports.options.capacityUnits),
  };
  const { outcome: seen, watch } = judge(told, asked, handle.watch, {
    now: ports.now(),
    createdAt,
    stallMs: ports.stallMs,
  });
  // Its machines were given back and it names none: that is how a request ends that was canceled.
  if (seen.kind === 'not_found' && cancel.rounds > 0) return { outcome: canceled(handle, told) };
  if (seen.kind !== 'observed') return { outcome: seen };
  const over = isTerminal(seen.status);
  // It had ended by itself before anything was given back.
  if (over && cancel.rounds === 0) return { outcome: plain(seen, handle) };
  const live = told.machines.filter(isThere);
  if (over && live.length === 0) return { outcome: canceled(handle, told) };
  if (live.length === 0) {
    // HF-T8: "running" of any id, for ever.
    if (told.machines.length === 0 && ports.now() - createdAt >= ports.stallMs) return { outcome: neverNamed(handle) };
    return { outcome: { ...seen, message: `Canceling: no machine to give back (${seen.message})` }, watch };
  }
  if (cancel.rounds >= machineCount + SPARE_ROUNDS) {
    return {
      outcome: plain(
        { ...seen, message: `Not canceled: ${live.length} machines are still there after ${cancel.rounds} returns` },
        handle,
      ),
    };
  }
  const batch = live.slice(0, ports.options.requestForm === 'object' ? 1 : MAX_MACHINES);
  const input = returnInput(batch, ports.options);
  const run = await ports.transport.run('requestReturnMachines', input, { ...callOptions, resumable: true });
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
  handle: RequestHandle,
  { run, ...cancel }: Canceling,
  callOptions: CallOptions,
): Promise<Step> {
  const ended = await ports.transport.resume(run!, { ...callOptions, patienceMs: 0 });
  const isOpen = ended.kind === 'failed' && ended.started && !ended.over;
  const step = started(ports, ended, cancel, (message) => ({ outcome: retried({ ...handle, cancel }, message) }));
  if (isOpen || !('outcome' in step) || step.outcome.kind === 'observed') return step;
  // It is over and will never tell more: the machines are given back again.
  const message = 'message' in step.outcome ? step.outcome.message : 'Canceling';
  return { outcome: retried({ ...handle, cancel }, message) };
}

function started(ports: Ports, run: Run, cancel: Canceling, refused: (message: string) => Step): Step {
  const operation = 'requestReturnMachines';
  const outcome = startedOf(run, { operation, machineCount: 1 }, ports.callOf(operation));
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

function retried(handle: RequestHandle, message: string): Observation {
  const { requestId } = handle;
  return { kind: 'observed', status: 'RUNNING', platformJobId: requestId, message, handle: writeHandle(handle) };
}

/** Follows the return. When it is over, the request says what is left. */
async function endOfReturn(
  ports: Ports,
  handle: RequestHandle,
  { returnId, ...cancel }: Canceling,
  callOptions: CallOptions,
): Promise<Step> {
  const wanted = { requestId: returnId!, machineCount: handle.machineCount };
  const told = (await ports.ask([wanted], callOptions)).get(returnId!)!;
  if ('kind' in told && told.kind !== 'not_found') return { outcome: told };
  const seen = 'kind' in told ? told : outcomeOf(told, 'return', handle.machineCount);
  if (seen.kind === 'observed' && !isTerminal(seen.status)) {
    // Neither a return that never gets on, nor one that has ended so, may be followed for ever.
    const watch = 'kind' in told ? undefined : watchOf(`r ${digestOf(told)}`, handle.watch, ports.now());
    if (watch && ports.now() - watch.since < ports.stallMs) return { outcome: goesOn(handle), watch };
  } else if (seen.kind !== 'observed' && seen.kind !== 'not_found') return { outcome: seen };
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

function neverNamed({ requestId }: RequestHandle): CheckFailure {
  const message = `Request ${requestId} is "running" and never named a machine (stallSeconds): there is nothing to give back`;
  return { kind: 'not_found', code: 'Stalled', message };
}

function isThere(machine: Machine): boolean {
  return machineStatus(machine) !== 'FAILED' && !isGone(machine) && (machine.machineId !== '' || machine.name !== '');
}

/** GCE says "stopped" of a machine that is being created (HF-T3): gone is what is not on its way. */
function isGone(machine: Machine): boolean {
  return machineStatus(machine) !== 'RUNNING' && GONE.test(machine.status);
}

function canceled({ requestId }: RequestHandle, entry?: Entry): Observation {
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
function plain(seen: Observation, { cancel: _over, watch: _of, ...rest }: RequestHandle): Observation {
  return { ...seen, handle: writeHandle(rest) };
}
