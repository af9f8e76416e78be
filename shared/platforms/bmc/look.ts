import type { CheckOutcome } from '../../job/outcome.ts';
import type { CallOptions, JobRef } from '../adapter.ts';
import { contradiction } from '../vsphere/handle.ts';
import type { TaskInfo } from '../vsphere/task-info.ts';
import { retrieveTaskStatus } from './adapter-request.ts';
import { DEFAULT_OUTPUT, findResponse, missingResponse } from './adapter-response.ts';
import type { Carrier, Output } from './carrier.ts';
import type { BmcContext } from './context.ts';
import { errorOutputOf } from './error-output.ts';
import { callFault, checkFailure, type Fault } from './errors.ts';
import { elsewhere, placeOf, readHandle, type TaskHandle, type WorkflowHandle } from './handle.ts';
import { outcomeOf, taskOf } from './mapping.ts';
import { lookAtSubmit } from './submit.ts';
import { follow, type Ran, run } from './workflow.ts';

/** `fault`: the look told nothing; whether the next one would meet the same is for the caller. */
export interface Looked {
  outcome: CheckOutcome;
  fault?: Fault;
}

/** Workflows of looks that had not ended in time; the next look at the same task goes on with them. */
const MAX_UNDER_WAY = 1000;

export class Looker {
  readonly #carrier: Carrier;
  readonly #context: BmcContext;
  readonly #underWay = new Map<string, string>();

  constructor(carrier: Carrier, context: BmcContext) {
    this.#carrier = carrier;
    this.#context = context;
  }

  async look(job: JobRef, options: CallOptions): Promise<Looked> {
    const handle = readHandle(job.handle);
    if (!handle) {
      return { outcome: { kind: 'permanent', code: 'BadHandle', message: "The job's handle names no task" } };
    }
    const stranger = elsewhere(handle, placeOf(this.#context.options));
    if (stranger) return { outcome: stranger };
    return 'workflow' in handle ? this.#atSubmit(job, handle, options) : this.#atTask(handle, options);
  }

  async #atSubmit(job: JobRef, { workflow }: WorkflowHandle, { signal }: CallOptions): Promise<Looked> {
    const ran = await follow(this.#carrier, workflow, { signal, patienceMs: 0 });
    const outcome = lookAtSubmit(ran, this.#context, job.operation);
    return ran.kind === 'fault' ? failed(ran.fault) : { outcome };
  }

  async #atTask(handle: TaskHandle, options: CallOptions): Promise<Looked> {
    const call = `Retrieve_Task_Status of ${handle.task} at ${this.#context.name}`;
    const ran = await this.#run(handle.task, options);
    switch (ran.kind) {
      case 'outputs':
        return this.#read(ran.outputs, handle, call);
      case 'fault':
        return failed(ran.fault);
      case 'under way':
        return failed(callFault('WorkflowUnderWay', call, ran.state));
      case 'gone':
        return failed(callFault('WorkflowGone', call));
      case 'ended':
        return failed(callFault('WorkflowEnded', call, ran.state));
    }
  }

  async #run(task: string, { signal }: CallOptions): Promise<Ran> {
    const { lookMode = 'sync', requestTimeoutSeconds = 10 } = this.#context.options;
    const patience = { signal, patienceMs: requestTimeoutSeconds * 1000 };
    const known = this.#underWay.get(task);
    this.#underWay.delete(task);
    const ran = known
      ? await follow(this.#carrier, known, patience)
      : await run(this.#carrier, retrieveTaskStatus(task), { ...patience, mode: lookMode });
    const workflow = ran.kind === 'under way' || ran.kind === 'fault' ? ran.workflow : undefined;
    if (workflow !== undefined && this.#underWay.size < MAX_UNDER_WAY) this.#underWay.set(task, workflow);
    return ran;
  }

  #read(outputs: readonly Output[], handle: TaskHandle, call: string): Looked {
    const { options, log, name } = this.#context;
    const problem = errorOutputOf(outputs, options);
    const response = findResponse(outputs, options.output ?? DEFAULT_OUTPUT);
    // The other outputs may look fine while this one tells the truth; the task is asked about again.
    if (problem !== undefined && response?.status !== 'error') {
      return failed(callFault('ErrorOutput', call, problem));
    }
    if (!response) return failed(missingResponse(outputs, options.output ?? DEFAULT_OUTPUT, call));
    const told = taskOf(response, handle.task, call);
    if (told.kind === 'absent') return notFound('NoTaskInfo', told.message);
    if (told.kind === 'fault') {
      if (told.fault.code === 'OtherTask') {
        log.warn('an answer about another task: does the workflow keep old answers?', {
          connection: name,
          task: handle.task,
        });
      }
      return failed(told.fault);
    }
    const { info } = told;
    const { task, queueTime } = handle;
    const other = contradiction({ task, ...(queueTime !== undefined && { queueTime }) }, info);
    if (other) return notFound('OtherTask', `${call}: the id is another task's now: ${other}`);
    const outcome = outcomeOf(info, call);
    if ('meaning' in outcome) return failed(outcome);
    return { outcome: { ...outcome, platformJobId: task, ...learned(handle, info) } };
  }
}

/** From the first look on, the time by the server's clock tells the task from one of the same id. */
function learned(handle: TaskHandle, { queueTime }: TaskInfo): { handle: TaskHandle } | undefined {
  if (handle.queueTime !== undefined || queueTime === undefined) return undefined;
  return { handle: { ...handle, queueTime } };
}

/** vCenter keeps a finished task for ten minutes or less, and its history cannot be read through the adapter. */
const GONE_HINT =
  'vCenter forgets a finished task after about ten minutes: how it ended can be seen in its task history only';

function notFound(code: string, message: string): Looked {
  return { outcome: { kind: 'not_found', code, message: `${message} (${GONE_HINT})` } };
}

function failed(fault: Fault): Looked {
  const failure = checkFailure(fault);
  return failure.kind === 'not_found' ? notFound(failure.code, failure.message) : { outcome: failure, fault };
}
