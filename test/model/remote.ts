import type { CheckOutcome } from '../../shared/job/outcome.ts';
import type { JobRef, SubmitOutcome } from '../../shared/platforms/adapter.ts';

/** What the platform does with a submit. */
export type Behaviour =
  | 'accepted'
  /** Takes it, and the answer is lost. */
  | 'unanswered'
  /** The request is lost on its way, and nobody can tell. */
  | 'lost'
  | 'refused'
  /** Is not reached in the first minute; then takes it. */
  | 'unavailable'
  /** Takes it with a handle that is replaced when the work has begun. */
  | 'pending';

export interface RemoteRequest {
  operation: string;
  does: Behaviour;
  /** The work is over after so many seconds. */
  seconds: number;
}

export interface RemoteJob {
  /** How often the platform saw a submit of it. */
  submits: number;
  does: Behaviour;
  /** Absent: nothing was started. */
  endsAt?: number;
  canceledAt?: number;
}

const AWAY_MS = 60_000;

/** The platform's memory, by the job's id (which the intent carries as a marker). */
export type Remote = ReadonlyMap<string, RemoteJob>;

type Told = { value: unknown; remote: Remote };

export function callRemote(remote: Remote, method: string, args: any[], now: number, start: number): Told {
  switch (method) {
    case 'submit':
      return submit(remote, behaves(args[0], now - start), args[1].marker, now);
    case 'check':
      return { remote, value: new Map(args[0].map((job: JobRef) => [job.id, look(remote, job, now)])) };
    case 'findSubmitted':
      return { remote, value: find(remote, args[0].marker) };
    case 'cancel':
      return cancel(remote, args[0].handle.task, now);
    default:
      throw new Error(`the platform of the model has no ${method}`);
  }
}

function behaves({ does, ...request }: RemoteRequest, after: number): RemoteRequest {
  return { ...request, does: does === 'unavailable' && after >= AWAY_MS ? 'accepted' : does };
}

function submit(remote: Remote, { does, seconds }: RemoteRequest, id: string, now: number): Told {
  const submits = (remote.get(id)?.submits ?? 0) + 1;
  const starts = does === 'accepted' || does === 'unanswered' || does === 'pending';
  const job: RemoteJob = { submits, does, ...(starts && { endsAt: now + seconds * 1000 }) };
  return { value: answerTo(does, id), remote: new Map(remote).set(id, job) };
}

function answerTo(does: Behaviour, id: string): SubmitOutcome {
  const error = { code: does, message: `${does}.` };
  if (does === 'accepted') return { kind: 'accepted', handle: { task: id }, platformJobId: id };
  if (does === 'pending') return { kind: 'pending', handle: { task: id, begun: false } };
  return { kind: does === 'refused' || does === 'unavailable' ? does : 'unknown', error };
}

function look(remote: Remote, { handle }: JobRef, now: number): CheckOutcome {
  const job = remote.get(String(handle.task));
  if (job?.endsAt === undefined) return { kind: 'not_found', code: 'NoSuchTask', message: 'no such task' };
  if (job.canceledAt !== undefined) return { kind: 'observed', status: 'CANCELED' };
  const begun = handle.begun === false ? { handle: { task: handle.task! } } : {};
  return { kind: 'observed', status: now >= job.endsAt ? 'SUCCEEDED' : 'RUNNING', ...begun };
}

function find(remote: Remote, id: string): unknown {
  if (remote.get(id)?.endsAt === undefined) return { kind: 'absent', message: 'not there' };
  return { kind: 'accepted', handle: { task: id }, platformJobId: id };
}

function cancel(remote: Remote, id: string, now: number): Told {
  const job = remote.get(id);
  if (job?.endsAt === undefined || now >= job.endsAt || job.canceledAt !== undefined) {
    return { remote, value: { kind: 'over' } };
  }
  return { value: { kind: 'accepted' }, remote: new Map(remote).set(id, { ...job, canceledAt: now }) };
}
