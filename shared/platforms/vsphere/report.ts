import type { Json } from '../../job/job.ts';
import { element, type XmlNode } from '../../xml/write.ts';
import type { CallOptions, Report, ReportedJob, ReportOutcome } from '../adapter.ts';
import { anyTypeOf } from './any-type.ts';
import { isArgumentsError } from './arguments.ts';
import { readHandle } from './handle.ts';
import { otherServer } from './look.ts';
import { faultNode } from './reported-fault.ts';
import type { Session } from './session.ts';
import { envelope, lookFailure, SoapFault } from './soap.ts';

interface Call {
  method: 'SetTaskState' | 'UpdateProgress' | 'SetTaskDescription';
  parameters: XmlNode[];
}

/**
 * A worker's report as calls of vim.Task. Each one is a call of its own with the session, so that a session which expires
 * in between repeats none that was carried out. An empty report is a sign of life, for which vCenter has no call.
 */
export async function report(
  session: Session,
  job: ReportedJob,
  told: Report,
  { signal }: CallOptions,
): Promise<ReportOutcome> {
  const handle = readHandle(job.handle);
  if (!handle) return { kind: 'permanent', code: 'BadHandle', message: "The job's handle names no task" };
  if (handle.taskTypeId === undefined) return refused('NotSupported', NOT_OURS);
  const broken = RULES.find(({ breaks }) => breaks(told));
  if (broken) return refused('InvalidState', broken.rule);
  const self = { type: 'Task', value: handle.task };

  let calls: Call[];
  try {
    calls = callsOf(told, handle.taskTypeId);
    // All are written before the first is sent, for a forbidden character is found only then.
    for (const { method, parameters } of calls) envelope(method, self, parameters);
  } catch (error) {
    if (!isArgumentsError(error)) throw error;
    return refused('InvalidArguments', error.message);
  }

  for (const { method, parameters } of calls) {
    try {
      const stranger = await session.run(signal, async (live) => {
        const elsewhere = await otherServer(live, handle);
        // On a connection of its own: an end that is sent twice is refused the second time.
        if (!elsewhere) await live.call(method, self, parameters, { fresh: true, operationId: `pollux-${job.id}` });
        return elsewhere;
      });
      if (stranger) return stranger;
    } catch (error) {
      return failed(method, error);
    }
  }
  return { kind: 'accepted' };
}

const NOT_OURS =
  'Pollux did not create this task: vCenter itself, or another extension, carries it out and reports on it.';

interface Rule {
  rule: string;
  breaks(report: Report): boolean;
}

/**
 * What the server would refuse with InvalidState, and what would have been half done by then. Whether the task is running
 * now is for the server to say: what we know of it is as old as the last look.
 */
const RULES: readonly Rule[] = [
  {
    rule: 'progress may be reported only while the task is running, not with its end.',
    breaks: ({ progress, state = 'running' }) => progress !== undefined && state !== 'running',
  },
  {
    rule: 'a result goes with the state "success" only.',
    breaks: ({ result, state }) => result !== undefined && state !== 'success',
  },
  {
    rule: 'a fault goes with the state "error" only.',
    breaks: ({ fault, state }) => fault !== undefined && state !== 'error',
  },
];

/**
 * Running comes first, for a queued task takes no progress; the end comes last, for nothing is taken after it.
 *
 * @throws {ArgumentsError}
 */
function callsOf({ state, progress, description, result, fault }: Report, taskTypeId: string): Call[] {
  const calls: Call[] = [];
  if (state === 'running') calls.push(setState(state));
  if (progress !== undefined) calls.push({ method: 'UpdateProgress', parameters: [percentDone(progress)] });
  if (description !== undefined) {
    calls.push({ method: 'SetTaskDescription', parameters: [localizable(taskTypeId, description)] });
  }
  if (state === 'success') calls.push(setState(state, result === undefined ? [] : resultNodes(result)));
  if (state === 'error') calls.push(setState(state, fault ? [faultNode(fault)] : []));
  return calls;
}

function setState(state: NonNullable<Report['state']>, more: XmlNode[] = []): Call {
  return { method: 'SetTaskState', parameters: [element('state', {}, state), ...more] };
}

/** An int. VirtualCenter 2.x refused what is out of bounds, and simulators have stored it. */
function percentDone(progress: number): XmlNode {
  return element('percentDone', {}, String(Math.round(Math.min(100, Math.max(0, progress)))));
}

/** LocalizableMessage. The extension may register the key with texts of its own; without them the message is shown. */
function localizable(taskTypeId: string, description: string): XmlNode {
  const key = element('key', {}, `${taskTypeId}.description`);
  return element('description', {}, key, element('message', {}, description));
}

function resultNodes(result: Json): XmlNode[] {
  return result === null ? [] : [anyTypeOf('result', result)];
}

/** Faults by which the server says no to the report, and what the worker should know. All others are failures of the call. */
const REFUSALS: Readonly<Record<string, string>> = {
  InvalidState: 'the task has ended there',
  NotSupported: '',
  NotImplemented: '',
  MethodNotFound: '',
  InvalidArgument: '',
  InvalidRequest: 'the result or the fault has a type or a property that the server does not know',
  InvalidType: 'the result or the fault has a type that the server does not know',
};

function failed(method: Call['method'], error: unknown): ReportOutcome {
  const failure = lookFailure(error);
  if (!(error instanceof SoapFault)) return failure;
  const { type } = error.fault;
  if (type === 'ManagedObjectNotFound') {
    const message = 'The server does not know the task: it ended a while ago, or is not completely created yet';
    return { kind: 'not_found', code: type, message };
  }
  if (!Object.hasOwn(REFUSALS, type)) return failure;
  const notRunning = type === 'InvalidState' && method === 'UpdateProgress';
  const hint = notRunning
    ? 'the task is not running there: it is queued, so report the state "running" first, or it has ended'
    : REFUSALS[type];
  return refused(type, hint ? `${failure.message} (${hint})` : failure.message);
}

function refused(code: string, message: string): ReportOutcome {
  return { kind: 'refused', error: { code, message, retryable: false } };
}
