import type { JsonObject } from '../../job/job.ts';
import type { CallOptions, SubmitOutcome } from '../adapter.ts';
import { messageOf, readAnswers, textOf } from './answer.ts';
import { type Call, type Fault, faultOf, meaningOf, submitFailure } from './errors.ts';
import { ID, writeHandle } from './handle.ts';
import type { SymphonyOptions } from './options.ts';
import type { SubmitRequest } from './request.ts';
import { shortened, withMessages } from './said.ts';
import { namesARequest, type StartedRequest, startedIn } from './started.ts';
import type { Run, Script, Transport } from './transport.ts';
import { type CapacityUnits, ownSetting } from './units.ts';

/** What is left of an API call's time goes to the caller: beyond, the wait-loop carries on. */
const PATIENCE_MS = 10_000;

/** A request that a script was told to start. */
export interface Starting {
  operation: Extract<Script, 'requestMachines' | 'requestReturnMachines'>;
  machineCount: number;
  units?: CapacityUnits | undefined;
}

/** Runs requestMachines or requestReturnMachines once. Never repeated: there is no idempotency key (HF §2.3). */
export async function submit(
  transport: Transport,
  call: Call,
  options: SymphonyOptions,
  request: SubmitRequest,
  { signal }: CallOptions,
): Promise<SubmitOutcome> {
  const { operation } = request;
  const machineCount = operation === 'requestMachines' ? request.template.machineCount : request.machines.length;
  if (operation === 'requestReturnMachines' && options.requestForm === 'object' && machineCount > 1)
    return oneAtATime(call);
  const input =
    operation === 'requestMachines' ? { template: request.template } : returnInput(request.machines, options);
  const units =
    operation === 'requestMachines'
      ? ownSetting(request.capacityUnits, options.capacityUnits, request.template.templateId)
      : undefined;
  const run = await transport.run(operation, input, { signal, patienceMs: PATIENCE_MS });
  return startedOf(run, { operation, machineCount, units }, call);
}

export function returnInput(
  machines: readonly { machineId: string; name: string }[],
  options: SymphonyOptions,
): JsonObject {
  const list = machines.map(({ machineId, name }) => ({ name, machineId }));
  return { machines: options.requestForm === 'object' && list.length === 1 ? list[0]! : list };
}

/** What a run that starts a request has come to. */
export function startedOf(run: Run, starting: Starting, call: Call): SubmitOutcome {
  const { machineCount, units } = starting;
  const counted = { machineCount, ...(units !== undefined && { units }) };
  if (run.kind === 'running') return { kind: 'pending', handle: writeHandle({ run: run.ticket, ...counted }) };
  if (run.kind === 'failed') return submitFailure(faultOf(run, 'empty', call));
  const { kind, documents, other } = readAnswers(run.stdout, 'requestId', namesARequest);
  const quiet = documents.map(({ body, rank }) => ({ body: withMessages(body, call.hide), rank }));
  const started = startedIn(quiet, starting.operation);
  if (started) return answerOf(started, run.exitCode, starting, call, faultOf(run, 'answer', call, started.body));
  const fault = faultOf(run, kind, call, other);
  if (other) return withoutId(other, run.exitCode, fault);
  // "ERROR: Command returned empty result", with exit 0: what a wrapper makes of an unknown template.
  return submitFailure(
    fault.code === 'text' && /^\s*error\b/i.test(run.stdout) ? { ...fault, code: 'error text' } : fault,
  );
}

/**
 * HF-T9: an id and a refusal may come in one answer, and exit 1 with a live request. So an id counts, whatever the exit code,
 * unless the answer's own status says that it is over before it began.
 */
function answerOf(
  { requestId, others, body }: StartedRequest,
  exitCode: number,
  { operation, machineCount, units }: Starting,
  call: Call,
  fault: Fault,
): SubmitOutcome {
  if (requestId === undefined) return withoutId(body, exitCode, fault);
  const status = textOf(body.status).trim().toLowerCase();
  const message = messageOf(body.message);
  const { code, submit, retryable } = meaningOf(message);
  // Where the provider's own state failed, polls of the id tell what was ordered.
  if (status === 'complete_with_error' && submit !== 'unknown') {
    return {
      kind: 'refused',
      error: {
        code: code ?? status,
        message: shortened(message, 1_500) || `${call.name}: ${status}`,
        ...(retryable !== undefined && { retryable }),
      },
    };
  }
  if (!ID.test(requestId))
    return unknown(
      'BadRequestId',
      `${call.name}: ${shortened(JSON.stringify(requestId), 200)} is not an id that can be asked about`,
    );
  const handle = writeHandle({
    requestId,
    machineCount,
    ...(units !== undefined && { units }),
    ...(operation === 'requestReturnMachines' && others.length > 0 && { others }),
  });
  return { kind: 'accepted', handle, platformJobId: requestId };
}

/** An answer that names no request: the script's own word that it did not start one, or an accident. */
function withoutId(body: JsonObject, exitCode: number, fault: Fault): SubmitOutcome {
  // A wrapper that hides an exception: nobody knows how far the script had come.
  const isSwallowed = 'requests' in body && textOf(body.status).trim().toLowerCase() === 'running';
  if (isSwallowed) return submitFailure({ ...fault, code: 'swallowed' });
  const saidWhy =
    fault.text !== '' && isExplicit(exitCode) && ('requestId' in body || 'message' in body || 'error' in body);
  return submitFailure(saidWhy ? { ...fault, code: 'error text' } : fault);
}

/** The script itself came to its end: it was neither killed nor kept from starting. */
function isExplicit(exitCode: number): boolean {
  return exitCode < 124;
}

function unknown(code: string, message: string): SubmitOutcome {
  return { kind: 'unknown', error: { code, message: shortened(message, 1_500), outcomeUncertain: true } };
}

function oneAtATime({ name }: Call): SubmitOutcome {
  const message = `${name}: its scripts take single objects (requestForm "object"): one machine for each requestReturnMachines`;
  return { kind: 'refused', error: { code: 'requestForm', message, retryable: false } };
}
