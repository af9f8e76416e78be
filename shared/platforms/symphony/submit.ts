import type { JsonObject } from '../../job/job.ts';
import type { CallOptions, SubmitOutcome } from '../adapter.ts';
import { idOf, messageOf, readAnswer, textOf } from './answer.ts';
import { type Fault, faultOf, meaningOf, submitFailure } from './errors.ts';
import { ID, writeHandle } from './handle.ts';
import type { SymphonyOptions } from './options.ts';
import type { SubmitRequest } from './request.ts';
import type { Run, Transport } from './transport.ts';

/** What is left of an API call's time goes to the caller: beyond, the wait-loop carries on. */
const PATIENCE_MS = 10_000;

/** Runs requestMachines or requestReturnMachines once. Never repeated: there is no idempotency key (HF §2.3). */
export async function submit(
  transport: Transport,
  name: string,
  options: SymphonyOptions,
  request: SubmitRequest,
  { signal }: CallOptions,
): Promise<SubmitOutcome> {
  const { operation } = request;
  const machineCount = operation === 'requestMachines' ? request.template.machineCount : request.machines.length;
  if (operation === 'requestReturnMachines' && options.requestForm === 'object' && machineCount > 1)
    return oneAtATime(name);
  const input =
    operation === 'requestMachines' ? { template: request.template } : returnInput(request.machines, options);
  const run = await transport.run(operation, input, { signal, patienceMs: PATIENCE_MS });
  return startedOf(run, machineCount, `${transport.label(operation)} of ${name}`);
}

export function returnInput(
  machines: readonly { machineId: string; name: string }[],
  options: SymphonyOptions,
): JsonObject {
  const list = machines.map(({ machineId, name }) => ({ name, machineId }));
  return { machines: options.requestForm === 'object' && list.length === 1 ? list[0]! : list };
}

/** What a run that starts a request has come to. */
export function startedOf(run: Run, machineCount: number, call: string): SubmitOutcome {
  if (run.kind === 'running') return { kind: 'pending', handle: writeHandle({ run: run.ticket, machineCount }) };
  if (run.kind === 'failed') return submitFailure(faultOf(run, 'empty', call));
  const answer = readAnswer(run.stdout, ['requestId']);
  if (answer.kind !== 'answer') {
    const fault = faultOf(run, answer.kind, call);
    // "ERROR: Command returned empty result", with exit 0: what a wrapper makes of an unknown template.
    return submitFailure(
      fault.code === 'text' && /^\s*error\b/i.test(run.stdout) ? { ...fault, code: 'error text' } : fault,
    );
  }
  return answerOf(answer.body, run.exitCode, machineCount, call, (text) => ({
    ...faultOf(run, 'answer', call),
    ...(text && { text }),
  }));
}

/**
 * HF-T9: an id and a refusal may come in one answer, and exit 1 with a live request. So an id counts, whatever the exit code,
 * unless the answer's own status says that it is over before it began.
 */
function answerOf(
  body: JsonObject,
  exitCode: number,
  machineCount: number,
  call: string,
  fault: (text: string) => Fault,
): SubmitOutcome {
  const requestId = idOf(body.requestId);
  const status = textOf(body.status).trim().toLowerCase();
  const message = messageOf(body.message);
  if (requestId === undefined) {
    // A wrapper that hides an exception: nobody knows how far the script had come.
    if ('requests' in body && status === 'running') return unknown('swallowed', `${call}: ${message}`);
    const text = [textOf(body.error), message].filter(Boolean).join(': ');
    if (text === '')
      return exitCode === 0
        ? unknown('protocol', `${call}: neither a requestId nor a message`)
        : submitFailure(fault(''));
    return submitFailure({ ...fault(text), ...(isExplicit(exitCode) && { code: 'error text' }) });
  }
  if (status === 'complete_with_error') {
    const { code, retryable } = meaningOf(message);
    return {
      kind: 'refused',
      error: {
        code: code ?? status,
        message: message || `${call}: ${status}`,
        ...(retryable !== undefined && { retryable }),
      },
    };
  }
  if (!ID.test(requestId))
    return unknown(
      'BadRequestId',
      `${call}: ${JSON.stringify(requestId).slice(0, 200)} is not an id that can be asked about`,
    );
  return { kind: 'accepted', handle: writeHandle({ requestId, machineCount }), platformJobId: requestId };
}

/** The script itself came to its end: it was neither killed nor kept from starting. */
function isExplicit(exitCode: number): boolean {
  return exitCode < 124;
}

function unknown(code: string, message: string): SubmitOutcome {
  return { kind: 'unknown', error: { code, message: message.slice(0, 1500), outcomeUncertain: true } };
}

function oneAtATime(name: string): SubmitOutcome {
  const message = `The scripts of ${name} take single objects (requestForm "object"): one machine for each requestReturnMachines`;
  return { kind: 'refused', error: { code: 'requestForm', message, retryable: false } };
}
