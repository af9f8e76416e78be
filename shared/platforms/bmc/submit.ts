import type { JobError } from '../../job/job.ts';
import type { CheckOutcome } from '../../job/outcome.ts';
import type { CallOptions, SubmitOutcome } from '../adapter.ts';
import { adapterFault } from './adapter-errors.ts';
import { DEFAULT_OUTPUT, findResponse, missingResponse } from './adapter-response.ts';
import type { Carrier, Output } from './carrier.ts';
import { errorOutputOf } from './error-output.ts';
import { callFault, checkFailure, submitFailure } from './errors.ts';
import { type Place, placeOf, TASK_ID, type TaskHandle, type WorkflowHandle } from './handle.ts';
import type { BmcOptions } from './options.ts';
import type { BmcRequest } from './request.ts';
import { type Ran, run } from './workflow.ts';

const DEFAULT_PATIENCE_SECONDS = 3;

interface Where {
  name: string;
  options: BmcOptions;
}

/** Calls the adapter once. Nothing makes a repetition harmless (Clone_VM twice is two VMs), and nothing finds it again. */
export async function submit(
  carrier: Carrier,
  where: Where,
  request: BmcRequest,
  { signal }: CallOptions,
): Promise<SubmitOutcome> {
  const { operation, operationType, parameters } = request;
  const { options } = where;
  const ran = await run(
    carrier,
    { operation, operationType, parameters },
    {
      mode: options.mode ?? 'sync',
      patienceMs: (options.submitPatienceSeconds ?? DEFAULT_PATIENCE_SECONDS) * 1000,
      fresh: true,
      signal,
    },
  );
  return submitted(ran, where, operation);
}

/** What a workflow that was to start a task came to. */
function submitted(ran: Ran, where: Where, operation: string): SubmitOutcome {
  switch (ran.kind) {
    case 'outputs':
      return startedOf(ran.outputs, where, operation);
    case 'under way':
    // Not there yet, a moment after its start: with time, looks tell that from one that is gone.
    case 'gone':
      return pending(placeOf(where.options), ran.workflow);
    case 'fault':
      // Started before the fault: the loop goes on asking.
      return ran.workflow === undefined ? submitFailure(ran.fault) : pending(placeOf(where.options), ran.workflow);
    case 'ended':
      return endedOf(ran, where, operation);
  }
}

function pending(place: Place, workflow: string): SubmitOutcome {
  const handle: WorkflowHandle = { ...place, workflow };
  return { kind: 'pending', handle };
}

/**
 * FAILED says that the workflow failed, in this step or in a later one: if the adapter's answer is among its outputs that
 * counts, and otherwise it cannot be known whether a task was started.
 */
function endedOf({ state, outputs }: Ran & { kind: 'ended' }, where: Where, operation: string): SubmitOutcome {
  if (findResponse(outputs, where.options.output ?? DEFAULT_OUTPUT)) return startedOf(outputs, where, operation);
  return submitFailure(callFault('WorkflowEnded', `${operation} at ${where.name}`, state));
}

function startedOf(outputs: readonly Output[], where: Where, operation: string): SubmitOutcome {
  const { options, name } = where;
  const call = `${operation} at ${name}`;
  const response = findResponse(outputs, options.output ?? DEFAULT_OUTPUT);
  const problem = errorOutputOf(outputs, options);
  if (!response) {
    return submitFailure(
      problem === undefined
        ? missingResponse(outputs, options.output ?? DEFAULT_OUTPUT, call)
        : callFault('ErrorOutput', call, problem),
    );
  }
  const [task, ...others] = response.tasks.filter((id) => TASK_ID.test(id));
  // A task that was started is followed, whatever else the workflow reports.
  if (task !== undefined && others.length === 0 && response.status !== 'error') {
    const handle: TaskHandle = { ...placeOf(options), task };
    return { kind: 'accepted', handle, platformJobId: task };
  }
  if (task !== undefined && others.length > 0) return several([task, ...others], call);
  if (response.status === 'success') return noTask(call);
  return submitFailure(adapterFault(response.explanation || problem || `status ${response.status || 'absent'}`, call));
}

function noTask(call: string): SubmitOutcome {
  const message = `${call}: the adapter reports success without a task id: there is no task to follow`;
  return { kind: 'refused', error: { code: 'NoTask', message, retryable: false, outcomeUncertain: true } };
}

/** One job is one task. */
function several(tasks: readonly string[], call: string): SubmitOutcome {
  const message = `${call}: ${tasks.length} tasks were started, a job is one of them: adopt each by its id`;
  return { kind: 'unknown', error: { code: 'SeveralTasks', message, details: { tasks: tasks.slice(0, 50) } } };
}

/** A look at a submit that is still carried by its workflow. */
export function lookAtSubmit(ran: Ran, where: Where, operation: string): CheckOutcome {
  if (ran.kind === 'fault') return checkFailure(ran.fault);
  if (ran.kind === 'under way')
    return { kind: 'observed', status: 'QUEUED', message: `The workflow ${ran.workflow} is ${ran.state}` };
  if (ran.kind === 'gone') {
    const message = `The Orchestrator no longer knows the workflow ${ran.workflow}, and it had told no task`;
    return { kind: 'not_found', code: 'WorkflowGone', message };
  }
  const outcome = submitted(ran, where, operation);
  if (outcome.kind === 'accepted' || outcome.kind === 'pending') {
    const { kind: _kind, ...accepted } = outcome;
    return { kind: 'observed', status: 'QUEUED', ...accepted };
  }
  return endOf(outcome.kind, outcome.error);
}

/** Without its output the task cannot be known, but an operator may put the connection right: the job waits for it. */
const UNREADABLE = new Set(['NoAdapterResponse', 'ErrorOutput']);

function endOf(kind: 'refused' | 'unavailable' | 'unknown', error: JobError): CheckOutcome {
  if (kind !== 'unknown')
    return {
      kind: 'observed',
      status: 'FAILED',
      error: { ...error, ...(kind === 'unavailable' && { retryable: error.retryable ?? true }) },
    };
  if (UNREADABLE.has(error.code)) return { kind: 'permanent', code: error.code, message: error.message };
  return { kind: 'observed', status: 'LOST', error: { ...error, outcomeUncertain: true } };
}
