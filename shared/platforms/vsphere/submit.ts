import { HttpFailure } from '../../http/client.ts';
import type { JobError, JsonObject, SubmitIntent } from '../../job/job.ts';
import { attribute } from '../../xml/parse.ts';
import type { XmlNode } from '../../xml/write.ts';
import type { CallOptions, SubmitOutcome } from '../adapter.ts';
import { encodeArguments, isArgumentsError } from './arguments.ts';
import { callFault } from './faults.ts';
import type { TaskHandle } from './handle.ts';
import { faultError } from './mapping.ts';
import { namingAdvice } from './methods.ts';
import { isId, type MoRef } from './moref.ts';
import type { VsphereRequest } from './request.ts';
import { tellsOfRestart } from './restart-words.ts';
import { NotLoggedIn, type Session, SessionExpired } from './session.ts';
import { envelope, lookFailure, NotSoap, SoapFault } from './soap.ts';

/**
 * Calls the method once. Ordinary methods have no client token, so a call of which it is not known whether it arrived is
 * never repeated: it may still start later (recorded: two seconds after the client had given up).
 */
export async function submit(
  session: Session,
  request: VsphereRequest,
  intent: SubmitIntent | undefined,
  sentAt: number,
  { signal }: CallOptions,
): Promise<SubmitOutcome> {
  let parameters: XmlNode[];
  try {
    parameters = encodeArguments(request.operation, (request.arguments ?? {}) as JsonObject);
    // Written once before anything is sent, for a forbidden character is found only then.
    envelope(request.operation, request.target, parameters);
  } catch (error) {
    if (!isArgumentsError(error)) throw error;
    return { kind: 'refused', error: { code: 'InvalidArguments', message: error.message, retryable: false } };
  }
  try {
    return await session.run(signal, async (live): Promise<SubmitOutcome> => {
      const [returned] = await live.call(request.operation, request.target, parameters, {
        fresh: true,
        ...(typeof intent?.jobId === 'string' && { operationId: `pollux-${intent.jobId}` }),
      });
      if (!returned || attribute(returned, 'type') !== 'Task' || !isId(returned.text)) return noTask(request.operation);
      const handle: TaskHandle = { task: returned.text, target: request.target, sentAt };
      const { instanceUuid } = live.content;
      return {
        kind: 'accepted',
        handle: { ...handle, ...(instanceUuid !== undefined && { instanceUuid }) },
        platformJobId: returned.text,
      };
    });
  } catch (error) {
    return submitFailure(error, request.operation, request.target);
  }
}

/** A few methods may answer without a task (GenerateLogBundles_Task …); elsewhere it breaks the protocol. Both are looked for. */
function noTask(method: string): SubmitOutcome {
  return {
    kind: 'unknown',
    error: { code: 'NoTask', message: `${method} was answered without a task`, outcomeUncertain: true },
  };
}

/** Faults of a call that names something which is not there. */
const MISNAMED = new Set([
  'MethodNotFound',
  'NotImplemented',
  'NotSupported',
  'InvalidRequest',
  'InvalidType',
  'InvalidArgument',
  'ManagedObjectNotFound',
  'unknown',
]);

export function submitFailure(error: unknown, method: string, target: MoRef): SubmitOutcome {
  const failure = lookFailure(error);
  const wait = failure.retryAfterSeconds !== undefined && { retryAfterSeconds: failure.retryAfterSeconds };
  const plain: JobError = { code: failure.code, message: failure.message };
  const kind = kindOf(error);
  if (kind === 'unavailable') return { kind, error: { ...plain, retryable: failure.kind !== 'permanent' }, ...wait };
  if (kind === 'unknown') return { kind, error: { ...plain, outcomeUncertain: true } };
  const fault = error instanceof SoapFault ? faultError(error.fault) : { ...plain, retryable: false };
  const { outcomeUncertain: _nothingStarted, ...refusal } = fault;
  const advice = MISNAMED.has(fault.code) ? namingAdvice(method, target) : undefined;
  const message = failure.message || `${method} was refused`;
  return { kind, error: { ...refusal, message: advice ? `${message} (${advice})` : message } };
}

/** Whether the platform may have taken it. What is not known to be harmless is unknown. */
function kindOf(error: unknown): 'refused' | 'unavailable' | 'unknown' {
  if (error instanceof NotLoggedIn || error instanceof SessionExpired) return 'unavailable';
  if (error instanceof SoapFault)
    return tellsOfRestart(error.fault.message ?? '') ? 'unknown' : callFault(error.fault.type).submit;
  if (error instanceof NotSoap) return error.submit;
  if (error instanceof HttpFailure) return error.sent ? 'unknown' : 'unavailable';
  return 'unknown';
}
