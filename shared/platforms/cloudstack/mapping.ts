import type { JobStatus, Json, JsonObject, Part } from '../../job/job.ts';
import type { CheckOutcome, Observation } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import { integer, isObject, textOf } from './answer.ts';
import { failureOf, isError, MAX_TEXT, parsedResult, reasonOf, unsuccessful } from './job-error.ts';
import { hasResult, innerOf, resultOf } from './result.ts';

/** What the result of a job looks like, as far as it matters for its status. */
export type ResultShape =
  | 'none'
  | 'an error'
  | 'success: false'
  | 'all success: false'
  | 'some success: false'
  | 'other';

export interface StateRow {
  jobstatus: number;
  jobresult: ResultShape | 'any';
  status: Observation['status'];
  note: string;
}

/**
 * CloudStack's words and ours; the first row that fits counts. Only the outer `jobstatus` is looked at: the resource in the
 * result has one of its own, which is 0 even after success (issue 12538). `jobprocstatus` and, with status 1,
 * `jobresultcode` say nothing.
 *
 * Source: JobInfo.Status of the server; "Asynchronous Commands" in the developer's guide.
 */
export const JOB_STATES: readonly StateRow[] = [
  { jobstatus: 0, jobresult: 'any', status: 'RUNNING', note: 'queued behind others or running: it does not tell' },
  {
    jobstatus: 1,
    jobresult: 'an error',
    status: 'FAILED',
    note: 'an errorcode with an errortext in place of a resource',
  },
  { jobstatus: 1, jobresult: 'success: false', status: 'FAILED', note: 'some commands of plugins say so' },
  { jobstatus: 1, jobresult: 'all success: false', status: 'FAILED', note: 'no member of a list went well' },
  { jobstatus: 1, jobresult: 'some success: false', status: 'PARTIALLY_SUCCEEDED', note: 'Kubernetes node removal' },
  { jobstatus: 1, jobresult: 'any', status: 'SUCCEEDED', note: 'also without a result' },
  {
    jobstatus: 2,
    jobresult: 'none',
    status: 'FAILED',
    note: 'the server gave up on it: a restart, or a queue that was blocked too long; outcomeUncertain',
  },
  {
    jobstatus: 2,
    jobresult: 'any',
    status: 'FAILED',
    note: 'errortext, or a bare text; outcomeUncertain where it says that the job was canceled, timed out, or lost its server',
  },
  { jobstatus: 3, jobresult: 'any', status: 'CANCELED', note: 'in the enumeration, never set up to 4.20' },
];

/** A cluster can have a thousand nodes. */
const MAX_PARTS = 200;

/** What the answer to `queryAsyncJobResult`, or an item of `listAsyncJobs`, says about the job. */
export function outcomeOf(body: JsonObject, jobid: string): CheckOutcome {
  const answered = textOf(body.jobid);
  // A server since 3.0 that is asked by a number answers with the job's UUID.
  if (answered !== undefined && answered.toLowerCase() !== jobid.toLowerCase() && !/^\d+$/.test(jobid)) {
    return protocolError(`asked for job ${jobid}, the answer is about ${shortened(answered, 64)}`);
  }
  const jobstatus = integer(body.jobstatus);
  const jobresult = parsedResult(body.jobresult);
  const members = membersOf(jobresult);
  const shape = shapeOf(jobresult, members);
  const row = JOB_STATES.find((it) => it.jobstatus === jobstatus && (it.jobresult === 'any' || it.jobresult === shape));
  if (!row) return protocolError(`job ${jobid} has jobstatus ${shortened(JSON.stringify(body.jobstatus ?? null), 40)}`);

  const result = row.status === 'RUNNING' || row.status === 'FAILED' ? undefined : resultOf(jobresult);
  const message = messageOf(body, row, members);
  const parts = row.status === 'RUNNING' ? [] : partsOf(members);
  return {
    kind: 'observed',
    status: row.status,
    platformJobId: jobid,
    ...(message !== undefined && { message }),
    ...(parts.length > 0 && { parts }),
    ...resourceOf(body),
    ...(result !== undefined && { result }),
    ...(row.status === 'FAILED' && { error: row.jobstatus === 1 ? unsuccessful(body, shape) : failureOf(body) }),
    ...timesOf(body),
  };
}

function protocolError(what: string): CheckOutcome {
  return { kind: 'transient', code: 'protocol', message: `CloudStack's answer makes no sense: ${what}` };
}

/**
 * The entries of a result that report their own success: a list, the one thing inside the envelope, or lists beside other
 * fields. In XML a list of one is an object.
 */
function membersOf(jobresult: Json | undefined): JsonObject[] {
  if (!hasResult(jobresult)) return [];
  const inner = unwrapped(jobresult);
  const lists = isObject(inner) ? Object.values(inner) : [inner];
  return lists.flatMap((list) => {
    const members = [list].flat().filter((member) => isObject(member));
    return members.some(reports) ? members : [];
  });
}

/** Without all envelopes that hold one thing each. The parsers bound their number. */
function unwrapped(jobresult: Json): Json {
  const inner = innerOf(jobresult);
  return inner === jobresult || (isObject(jobresult) && reports(jobresult)) ? jobresult : unwrapped(inner);
}

function reports(member: JsonObject): boolean {
  return 'success' in member || isError(member);
}

function shapeOf(jobresult: Json | undefined, members: readonly JsonObject[]): ResultShape {
  if (!hasResult(jobresult)) return 'none';
  const inner = unwrapped(jobresult);
  if (isError(inner)) return 'an error';
  if (isObject(inner) && saysNo(inner)) return 'success: false';
  const failed = members.filter(hasFailed).length;
  if (failed === 0) return 'other';
  return failed === members.length ? 'all success: false' : 'some success: false';
}

function hasFailed(member: JsonObject): boolean {
  return saysNo(member) || isError(member);
}

/** Some commands write the word as text. */
function saysNo({ success }: JsonObject): boolean {
  return ['false', '0', 'no'].includes(String(success).trim().toLowerCase());
}

function partsOf(members: readonly JsonObject[]): Part[] {
  return members.slice(0, MAX_PARTS).flatMap((member) => {
    const id = textOf(member.id);
    const name = textOf(member.name);
    const said = hasFailed(member) ? reasonOf(member).text : (textOf(member.displaytext) ?? textOf(member.details));
    const message = said && shortened(said, MAX_TEXT);
    const status: JobStatus = hasFailed(member) ? 'FAILED' : 'SUCCEEDED';
    return id === undefined
      ? []
      : [{ id, status, ...(name !== undefined && { name }), ...(message !== undefined && { message }) }];
  });
}

/** `org.apache.cloudstack.api.command.user.vm.DeployVMCmd` is `DeployVMCmd`: all that is known of a job under way. */
function messageOf(body: JsonObject, row: StateRow, members: readonly JsonObject[]): string | undefined {
  if (row.status === 'FAILED') return undefined;
  if (row.status === 'PARTIALLY_SUCCEEDED') {
    return `${members.filter(hasFailed).length} of ${members.length} report success: false`;
  }
  return textOf(body.cmd)?.split('.').at(-1);
}

/** The type has no id where the server's view does not know the kind (Kubernetes clusters). */
function resourceOf(body: JsonObject): Pick<Observation, 'resource'> | undefined {
  const type = textOf(body.jobinstancetype);
  const id = textOf(body.jobinstanceid);
  return type !== undefined && id !== undefined ? { resource: { type, id } } : undefined;
}

/** Both are the server's own clock and zone (`+0100`), good to be compared with each other only: one alone is of no use. */
function timesOf(body: JsonObject): Pick<Observation, 'startedAt' | 'completedAt' | 'tookSeconds'> | undefined {
  const startedAt = timeOf(body.created);
  const completedAt = timeOf(body.completed);
  if (startedAt === undefined || completedAt === undefined) return undefined;
  return { startedAt, completedAt, tookSeconds: (completedAt - startedAt) / 1000 };
}

/** `2026-04-10T14:27:14+0000`: ISO 8601 without the colon in the offset. */
export function timeOf(value: Json | undefined): number | undefined {
  if (typeof value !== 'string' || !/^\s*\d{4}-\d\d-\d\dT/.test(value)) return undefined;
  const at = Date.parse(value.trim().replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(at) ? undefined : at;
}
