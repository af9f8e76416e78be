import type { JsonObject } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import type { CallOptions, ConnectionContext } from '../adapter.ts';
import {
  bestOf,
  type Document,
  type Entry,
  entriesAbout,
  entriesOf,
  messageOf,
  readAnswers,
  textOf,
} from './answer.ts';
import { batchesOf } from './batches.ts';
import { type Call, checkFailure, type Fault, faultOf, rowOf } from './errors.ts';
import { saysUnknown } from './mapping.ts';
import type { LeftRun, Memory } from './memory.ts';
import type { SymphonyOptions } from './options.ts';
import { withMessages } from './said.ts';
import { type Run, SCRIPT_TIMEOUT_SECONDS, type Transport } from './transport.ts';

/** One id of getRequestStatus, with the machines that its answer is likely to list. */
export interface Wanted {
  requestId: string;
  machineCount: number;
}

export type Told = Entry | CheckFailure;

/** What the provider says of these requests, each of them by its id. */
export type Ask = (wanted: readonly Wanted[], options: CallOptions) => Promise<Map<string, Told>>;

/** So many failures in a row are not about single requests any more. */
const MAX_FAILURES_IN_A_ROW = 5;
/** Silence is how one provider says "unknown id"; after so many times, if it speaks of other ids meanwhile. */
const SILENCES = 3;
/** A process lives for hours and a provider has thousands of requests. */
const REMEMBERED = 1000;
/** Beyond its own limit, for the run to be ended and its end to be read. */
const LEFT_MARGIN_MS = 60_000;

/** What one run of getRequestStatus told. */
type Reply =
  | { kind: 'entries'; entries: Map<string, Entry> }
  | { kind: 'fault'; fault: Fault }
  /** It goes on; a later poll reads its answer. */
  | { kind: 'left'; fault?: Fault };

interface AskPorts extends Pick<ConnectionContext<SymphonyOptions, unknown>, 'name' | 'now' | 'random' | 'log'> {
  options: SymphonyOptions;
  transport: Transport;
  memory: Memory;
  call: Call;
}

/**
 * getRequestStatus for many requests. One call for all, and single calls where the batch as a whole failed (HF-T13), for ids
 * that it left out (HF-T12) and for those whose entry may be another's (HF-T14). An id that fails alone is kept apart from
 * the batches that follow. A run that is not over when the tick is goes on, and nothing is asked beside it.
 */
export function asker({ transport, memory, call, name, options, now, random, log }: AskPorts): Ask {
  const single = options.requestForm === 'object';
  const limitMs = (options.requestTimeoutSeconds ?? SCRIPT_TIMEOUT_SECONDS) * 1000 + LEFT_MARGIN_MS;
  const pending: CheckFailure = {
    kind: 'transient',
    code: 'StillRunning',
    message: `${call.name}: not over within this tick; a later one reads its answer`,
    pending: true,
  };
  const loners = new Set<string>();
  const silences = new Map<string, { count: number; since: number }>();
  let answeredAt = Number.NEGATIVE_INFINITY;

  async function runFor(ids: readonly string[], options: CallOptions): Promise<Reply> {
    const run = await transport.run('getRequestStatus', inputOf(ids, single), { ...options, resumable: true });
    if (run.kind === 'running') memory.leave({ ticket: run.ticket, ids, since: now() });
    return conclude(run, ids);
  }

  function conclude(run: Run, ids: readonly string[]): Reply {
    if (run.kind === 'running')
      return { kind: 'left', ...(run.trouble && { fault: faultOf(run.trouble, 'empty', call) }) };
    const reply = replyOf(run, ids, call);
    if (reply.kind === 'entries' && reply.entries.size > 0) answeredAt = now();
    return reply;
  }

  /** The end of a run that was left, as far as it is there. */
  async function readLeft(run: LeftRun, callOptions: CallOptions): Promise<Reply> {
    const ended = await transport.resume(run.ticket, callOptions);
    const open = ended.kind === 'running' || (ended.kind === 'failed' && ended.started && !ended.over);
    if (open && now() - run.since < limitMs) {
      const failed = ended.kind === 'failed' ? ended : ended.trouble;
      return { kind: 'left', ...(failed && { fault: faultOf(failed, 'empty', call) }) };
    }
    memory.take(run);
    if (!open) return conclude(ended, run.ids);
    const text = `run ${run.ticket} is not over after ${Math.round(limitMs / 1000)} s (requestTimeoutSeconds and a minute)`;
    return { kind: 'fault', fault: { code: 'exit 124', text, call: call.name, started: true } };
  }

  /** What the reply to a run for one id alone means. What is wrong now is wrong with this id, or with all. */
  function ofOne(id: string, reply: Reply): { told: Told; fault?: Fault | undefined; left?: true } {
    if (reply.kind === 'left') return { told: reply.fault ? checkFailure(reply.fault) : pending, left: true };
    if (reply.kind === 'entries') {
      silences.delete(id);
      loners.delete(id);
      const entry = reply.entries.get(id);
      return { told: entry ?? notFound(id, `${call.name}: the answer has no request ${id}`) };
    }
    const { fault } = reply;
    if (rowOf(fault.code).ofOneId) remember(loners, id);
    if (fault.code === 'mismatch')
      log.warn('an answer about other requests than the one asked about', { connection: name });
    if (fault.code === 'error text' && deniesId(fault.text, id))
      return { told: notFound(id, `${call.name}: ${fault.text}`) };
    if (fault.code === 'silent') {
      const silence = silences.get(id) ?? { count: 0, since: now() };
      silences.set(id, { ...silence, count: silence.count + 1 });
      if (silences.size > REMEMBERED) silences.delete(silences.keys().next().value!);
      if (silence.count + 1 >= SILENCES && answeredAt >= silence.since) {
        return { told: notFound(id, `${call.name}: silence about request ${id}, and answers about others`) };
      }
    }
    return { told: checkFailure(fault), fault };
  }

  return async (wanted, callOptions) => {
    const told = new Map<string, Told>();
    const counts = new Map(wanted.map(({ requestId, machineCount }) => [requestId, machineCount]));
    const singly = new Set<string>();
    /** Why nothing more is asked in this poll: the next call would meet the same, or a run goes on. */
    let stopped: Told | undefined;
    let failures = 0;
    const note = (fault: Fault | undefined) => {
      failures = fault ? failures + 1 : 0;
      if (fault && !rowOf(fault.code).ofOneId) stopped = checkFailure(fault);
      // What was said of the last one is no word about those that are not asked any more.
      else if (fault && failures >= MAX_FAILURES_IN_A_ROW) stopped = checkFailure({ ...fault, text: '' });
    };
    const leave = (fault: Fault | undefined) => {
      stopped = fault ? checkFailure(fault) : pending;
    };
    /** The reply about several requests: what cannot be concluded from it is asked singly. */
    const takeBatch = (ids: readonly string[], reply: Reply) => {
      if (reply.kind === 'left') leave(reply.fault);
      else if (reply.kind === 'fault') {
        const { fault } = reply;
        if (rowOf(fault.code).ofOneId || fault.code === 'mismatch') for (const id of ids) singly.add(id);
        else stopped = checkFailure(fault);
      } else {
        const odd = oddOnes(ids, reply.entries);
        for (const id of ids) {
          const entry = reply.entries.get(id);
          if (odd.has(id)) singly.add(id);
          else if (counts.has(id)) told.set(id, entry!);
          // Nobody asks about it just now, and it may have been said for the only time.
          else memory.keep(entry!);
        }
      }
    };

    for (const id of counts.keys()) {
      const entry = memory.answer(id);
      if (entry) told.set(id, entry);
    }
    for (const run of memory.runs) {
      const reply = await readLeft(run, callOptions);
      if (run.ids.length > 1) takeBatch(run.ids, reply);
      else {
        const id = run.ids[0]!;
        const { told: said, fault, left } = ofOne(id, reply);
        if (left) stopped = said;
        else if (counts.has(id)) told.set(id, said);
        else if (!('kind' in said)) memory.keep(said);
        note(fault);
      }
    }

    const open = [...counts.keys()].filter((id) => !told.has(id));
    const alone = open.filter((id) => single || loners.has(id) || singly.has(id));
    const together = open.filter((id) => !alone.includes(id));
    singly.clear();
    const atOnce = options.maxConcurrentRequests ?? 1;

    await eachOf(batchesOf(together, counts), atOnce, async (ids) => {
      if (stopped) return;
      if (ids.length === 1) singly.add(ids[0]!);
      else takeBatch(ids, await runFor(ids, callOptions));
    });
    alone.push(...[...singly].filter((id) => counts.has(id)));
    // Begins anywhere: those in front must not keep the others from ever being asked.
    const start = Math.floor(random() * alone.length);
    await eachOf([...alone.slice(start), ...alone.slice(0, start)], atOnce, async (id) => {
      if (stopped) return;
      const { told: said, fault, left } = ofOne(id, await runFor([id], callOptions));
      if (left) stopped = said;
      else told.set(id, said);
      note(fault);
    });
    for (const id of counts.keys()) if (!told.has(id)) told.set(id, stopped ?? notAsked(call.name));
    return told;
  };
}

/** Never rejects: no work that is given to it does. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

function inputOf(ids: readonly string[], single: boolean): JsonObject {
  const requests = ids.map((requestId) => ({ requestId }));
  return { requests: single ? requests[0]! : requests };
}

/** Left out, without a word that means something, or with machines of another request of this batch (HF-T14). */
function oddOnes(ids: readonly string[], entries: ReadonlyMap<string, Entry>): Set<string> {
  const odd = new Set<string>();
  const lists = new Map<string, string>();
  for (const id of ids) {
    const entry = entries.get(id);
    if (!entry || STATELESS.includes(entry.status)) odd.add(id);
    if (!entry || entry.machines.length === 0) continue;
    const list = entry.machines.map(({ machineId, name }) => `${machineId}/${name}`).join();
    const other = lists.get(list);
    if (other !== undefined && list.length > 1) odd.add(id).add(other);
    else lists.set(list, id);
  }
  return odd;
}

const STATELESS = ['', 'error', 'warning'];

function replyOf(run: Exclude<Run, { kind: 'running' }>, ids: readonly string[], call: Call): Reply {
  if (run.kind === 'failed') return { kind: 'fault', fault: faultOf(run, 'empty', call) };
  const wanted = new Set(ids);
  const about = (documents: readonly Document[]) => entriesAbout(documents, wanted);
  const { kind, documents, other } = readAnswers(run.stdout, 'requests', (found) => about(found).size > 0);
  const quiet = documents.map(({ body, rank }) => ({ body: withMessages(body, call.hide), rank }));
  // HF §6: the output first, the exit code second. Only an entry of ours counts, exactly as it was asked for (HF-T6, HF-T12).
  const entries = about(quiet);
  if (entries.size > 0) return { kind: 'entries', entries };
  const body = bestOf(quiet)?.body;
  const fault = (code?: string): Reply => {
    const plain = faultOf(run, kind, call, body ?? other);
    return { kind: 'fault', fault: code === undefined ? plain : { ...plain, code, started: true } };
  };
  if (body === undefined) return fault();
  if ((entriesOf(body) ?? []).length > 0) return fault('mismatch');
  if (run.exitCode !== 0) return fault();
  if (textOf(body.status).trim().toLowerCase() === 'running') return fault('swallowed');
  if (saysFailed(body)) return fault('protocol');
  return { kind: 'entries', entries };
}

/** An empty list beside a failure is no word about the requests: "complete_with_error" is of the call here (HF-T6). */
function saysFailed(body: JsonObject): boolean {
  return textOf(body.status).trim().toLowerCase() === 'complete_with_error' && !saysUnknown(messageOf(body.message));
}

/** Words of a failed run that are about this id: "Request not found: req-1", and not "Input file not found". */
function deniesId(text: string, id: string): boolean {
  return saysUnknown(text) && (text.includes(id) || /request( id)? (was )?not found|unknown request/i.test(text));
}

function notFound(id: string, message: string): CheckFailure {
  return { kind: 'not_found', code: 'RequestNotFound', message: shortened(message, 500) || id };
}

function notAsked(call: string): CheckFailure {
  return { kind: 'transient', code: 'NotAsked', message: `${call}: not asked in this tick` };
}

function remember(set: Set<string>, id: string): void {
  set.add(id);
  if (set.size > REMEMBERED) set.delete(set.values().next().value!);
}
