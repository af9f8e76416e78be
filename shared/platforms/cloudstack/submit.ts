import type { JsonObject, Resource, SubmitIntent } from '../../job/job.ts';
import type { Accepted, CallOptions, SubmitOutcome } from '../adapter.ts';
import { textOf } from './answer.ts';
import type { Call } from './call.ts';
import type { commandAdviser } from './commands.ts';
import { keysRefused, submitFailure } from './errors.ts';
import { customJobId, isJobId } from './job-id.ts';
import { flatten } from './parameters.ts';
import { probe } from './probe.ts';
import { queryJob } from './query.ts';
import type { SubmitRequest } from './request.ts';
import type { Pairs } from './signature.ts';

/** What is noted before the submit: the id that the job will have at CloudStack. */
export function intentOf(request: SubmitRequest, job: { id: string }): SubmitIntent {
  return { operation: request.operation, customjobid: customJobId(job.id) };
}

/**
 * Starts the command. An asynchronous one answers with a `jobid`, and the `id` of what it creates.
 *
 * Never repeated by itself: a command that creates something has made the row of it before CloudStack looks at
 * `customjobid`, so each repetition would leave a resource behind.
 */
export async function submit(
  call: Call,
  adviser: ReturnType<typeof commandAdviser>,
  request: SubmitRequest,
  intent: SubmitIntent | undefined,
  { signal }: CallOptions,
): Promise<SubmitOutcome> {
  const { operation } = request;
  const customjobid = textOf(intent?.customjobid);
  const own: Pairs = customjobid === undefined ? [] : [['customjobid', customjobid]];
  const reply = await call(operation, [...flatten(request.parameters ?? {}).pairs, ...own], { signal, fresh: true });
  if (reply.ok) return acceptedOf(reply.body, operation) ?? withoutJobid(call, operation, customjobid, { signal });
  const { code, text } = reply.fault;
  if (customjobid !== undefined && code === '431' && isOurs(text, customjobid)) return accepted(customjobid);
  // One text for wrong keys and for a command that is not there: another command tells them apart.
  const probed = code === '401' ? await probe(call, { signal }) : undefined;
  if (probed) return keysRefused(reply.fault, probed.code !== '401');
  return submitFailure(await adviser(reply.fault, operation, { signal }));
}

/**
 * An answer that names no job: of a command that is carried out at once, or the name was lost. The id that the job was to
 * have tells which.
 */
async function withoutJobid(
  call: Call,
  operation: string,
  customjobid: string | undefined,
  options: CallOptions,
): Promise<SubmitOutcome> {
  if (customjobid === undefined) return notAsynchronous(operation);
  const { outcome } = await queryJob(call, customjobid, options);
  if (outcome.kind === 'observed') return accepted(customjobid, outcome.resource);
  return outcome.kind === 'not_found' ? notAsynchronous(operation) : badId(operation);
}

/** The job that an answer speaks of. The server's own `jobid` counts: before 4.5 it does not know `customjobid`. */
function acceptedOf(body: JsonObject, operation: string): SubmitOutcome | undefined {
  const jobid = textOf(body.jobid);
  const id = textOf(body.id);
  if (jobid === undefined) return undefined;
  if (!isJobId(jobid)) return badId(operation);
  return accepted(jobid, id === undefined ? undefined : { type: typeOf(operation), id });
}

function badId(operation: string): SubmitOutcome {
  const message = `${operation} was answered without a good jobid: the job is looked for by the id that it was to have`;
  return { kind: 'unknown', error: { code: 'bad_jobid', message, outcomeUncertain: true } };
}

export function accepted(jobid: string, resource?: Resource): Accepted {
  return { kind: 'accepted', handle: { jobid }, platformJobId: jobid, ...(resource && { resource }) };
}

/** `deployVirtualMachine` creates a `VirtualMachine`: as `jobinstancetype` will call it. */
function typeOf(operation: string): string {
  return /^[a-z]+([A-Z].*)$/.exec(operation)?.[1] ?? operation;
}

/** "UUID: … already exists …" about our own id: an earlier attempt of this very submit has arrived. */
function isOurs(text: string, customjobid: string): boolean {
  return /already exists/i.test(text) && text.toLowerCase().includes(customjobid);
}

function notAsynchronous(operation: string): SubmitOutcome {
  return {
    kind: 'refused',
    error: {
      code: 'not_asynchronous',
      message: `${operation} is not an asynchronous command: CloudStack has carried it out and answered at once, and there is no job to follow`,
      retryable: false,
      outcomeUncertain: true,
    },
  };
}
