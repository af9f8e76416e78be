import type { JsonObject } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import type { CallOptions, ConnectionContext } from '../adapter.ts';
import { type Entry, entriesOf, messageOf, readAnswer, textOf } from './answer.ts';
import { checkFailure, type Fault, faultOf, rowOf } from './errors.ts';
import { saysUnknown } from './mapping.ts';
import type { SymphonyOptions } from './options.ts';
import { type Run, SCRIPT_TIMEOUT_SECONDS, type Transport } from './transport.ts';

/** One id of getRequestStatus, with the machines that its answer is likely to list. */
export interface Wanted {
  requestId: string;
  machineCount: number;
}

export type Told = Entry | CheckFailure;

/** What the provider says of these requests, each of them by its id. */
export type Ask = (wanted: readonly Wanted[], options: CallOptions) => Promise<Map<string, Told>>;

/** 290 characters a machine: a call's answer stays at some 100 KB. */
const MACHINES_OF_A_CALL = 300;
const IDS_OF_A_CALL = 100;
/** So many failures in a row are not about single requests any more. */
const MAX_FAILURES_IN_A_ROW = 5;
/** Silence is how one provider says "unknown id"; after so many times, if it speaks of other ids meanwhile. */
const SILENCES = 3;
/** A process lives for hours and a provider has thousands of requests. */
const REMEMBERED = 1000;

/** What one run of getRequestStatus told. */
type Reply = { kind: 'entries'; entries: Map<string, Entry> } | { kind: 'fault'; fault: Fault };

/**
 * getRequestStatus for many requests. One call for all, and single calls where the batch as a whole failed (HF-T13), for ids
 * that it left out (HF-T12) and for those whose entry may be another's (HF-T14). An id that fails alone is kept apart from
 * the batches that follow.
 */
export function asker(
  transport: Transport,
  {
    name,
    options,
    now,
    random,
    log,
  }: Pick<ConnectionContext<SymphonyOptions, unknown>, 'name' | 'now' | 'random' | 'log'> & {
    options: SymphonyOptions;
  },
): Ask {
  const call = `${transport.label('getRequestStatus')} of ${name}`;
  const single = options.requestForm === 'object';
  const limitMs = ((options.requestTimeoutSeconds ?? SCRIPT_TIMEOUT_SECONDS) + 60) * 1000;
  const loners = new Set<string>();
  const silences = new Map<string, { count: number; since: number }>();
  let answeredAt = Number.NEGATIVE_INFINITY;
  /** A run that was not over when its tick was: its answer may be the only one (HF-T4), and scripts run one at a time. */
  let unfinished: { ticket: string; ids: readonly string[]; since: number } | undefined;

  async function runFor(ids: readonly string[], options: CallOptions): Promise<Reply> {
    const run = await transport.run('getRequestStatus', inputOf(ids, single), options);
    return settle(run, ids);
  }

  function settle(run: Run, ids: readonly string[]): Reply {
    if (run.kind === 'running') {
      unfinished = { ticket: run.ticket, ids, since: now() };
      return {
        kind: 'fault',
        fault: { code: 'exit 124', text: 'not over within the time of one tick', call, started: true },
      };
    }
    const reply = replyOf(run, ids, call);
    if (reply.kind === 'entries' && reply.entries.size > 0) answeredAt = now();
    return reply;
  }

  /** One id alone. What is wrong now is wrong with this id, or with all. */
  async function askAlone(id: string, callOptions: CallOptions): Promise<{ told: Told; fault?: Fault }> {
    const reply = await runFor([id], callOptions);
    if (reply.kind === 'entries') {
      silences.delete(id);
      loners.delete(id);
      const entry = reply.entries.get(id);
      return { told: entry ?? notFound(id, `${call}: the answer has no request ${id}`) };
    }
    const { fault } = reply;
    if (rowOf(fault.code).ofOneId) remember(loners, id);
    if (fault.code === 'mismatch')
      log.warn('an answer about other requests than the one asked about', { connection: name });
    if (fault.code === 'error text' && deniesId(fault.text, id))
      return { told: notFound(id, `${call}: ${fault.text}`) };
    if (fault.code === 'silent') {
      const silence = silences.get(id) ?? { count: 0, since: now() };
      silences.set(id, { ...silence, count: silence.count + 1 });
      if (silences.size > REMEMBERED) silences.delete(silences.keys().next().value!);
      if (silence.count + 1 >= SILENCES && answeredAt >= silence.since) {
        return { told: notFound(id, `${call}: silence about request ${id}, and answers about others`) };
      }
    }
    return { told: checkFailure(fault), fault };
  }

  return async (wanted, callOptions) => {
    const told = new Map<string, Told>();
    const counts = new Map(wanted.map(({ requestId, machineCount }) => [requestId, machineCount]));
    let stopped: Fault | undefined;
    let failures = 0;
    /** Whether the next call would meet the same. */
    const note = (fault: Fault | undefined) => {
      failures = fault ? failures + 1 : 0;
      if (fault && !rowOf(fault.code).ofOneId) stopped = fault;
      // What was said of the last one is no word about those that are not asked any more.
      else if (fault && failures >= MAX_FAILURES_IN_A_ROW) stopped = { ...fault, text: '' };
    };

    if (unfinished) {
      const { ticket, ids, since } = unfinished;
      unfinished = undefined;
      const run = await transport.resume(ticket, callOptions);
      const reply = settle(run, ids);
      if (reply.kind === 'entries') for (const [id, entry] of reply.entries) if (counts.has(id)) told.set(id, entry);
      // Still under way, for all that is known, and not for longer than a script may run: nothing is asked beside it.
      const asLongAs = now() - since < limitMs;
      const open = run.kind === 'running' || (run.kind === 'failed' && run.started && !run.over);
      unfinished = open && asLongAs ? { ticket, ids, since } : undefined;
      if (unfinished && reply.kind === 'fault') stopped = reply.fault;
    }

    const open = [...counts.keys()].filter((id) => !told.has(id));
    const alone = open.filter((id) => single || loners.has(id));
    const together = open.filter((id) => !single && !loners.has(id));
    const atOnce = options.maxConcurrentRequests ?? 1;

    await eachOf(batchesOf(together, counts), atOnce, async (ids) => {
      if (stopped) return;
      if (ids.length === 1) return void alone.push(ids[0]!);
      const reply = await runFor(ids, callOptions);
      if (reply.kind === 'fault') {
        const { fault } = reply;
        // The whole batch: concluding nothing, each is asked by itself.
        if (rowOf(fault.code).ofOneId || fault.code === 'mismatch') alone.push(...ids);
        else stopped = fault;
        return;
      }
      const odd = oddOnes(ids, reply.entries);
      for (const id of ids) {
        if (odd.has(id)) alone.push(id);
        else told.set(id, reply.entries.get(id)!);
      }
    });
    // Begins anywhere: those in front must not keep the others from ever being asked.
    const start = Math.floor(random() * alone.length);
    await eachOf([...alone.slice(start), ...alone.slice(0, start)], atOnce, async (id) => {
      if (stopped) return;
      const { told: said, fault } = await askAlone(id, callOptions);
      told.set(id, said);
      note(fault);
    });
    for (const id of counts.keys()) {
      if (!told.has(id)) told.set(id, stopped ? checkFailure(stopped) : notAsked(call));
    }
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

function batchesOf(ids: readonly string[], counts: ReadonlyMap<string, number>): string[][] {
  const batches: string[][] = [];
  let room = 0;
  for (const id of ids) {
    const machines = counts.get(id) ?? 1;
    const last = batches.at(-1);
    if (last && room >= machines && last.length < IDS_OF_A_CALL) last.push(id);
    else {
      batches.push([id]);
      room = MACHINES_OF_A_CALL;
    }
    room -= machines;
  }
  return batches;
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

function replyOf(run: Exclude<Run, { kind: 'running' }>, ids: readonly string[], call: string): Reply {
  if (run.kind === 'failed') return { kind: 'fault', fault: faultOf(run, 'empty', call) };
  const answer = readAnswer(run.stdout, ['requests']);
  const body = answer.kind === 'answer' ? answer.body : undefined;
  const listed = body && entriesOf(body);
  if (!body || !listed) {
    const fault = faultOf(run, answer.kind, call);
    // The page's own words, where the answer has some, instead of the JSON around them.
    const text = body ? [textOf(body.error), messageOf(body.message)].filter(Boolean).join(': ') : '';
    return { kind: 'fault', fault: text === '' ? fault : { ...fault, text } };
  }
  // HF §6: the output first, the exit code second. Only an entry of ours counts, exactly as it was asked for (HF-T6, HF-T12).
  const entries = new Map(
    listed.filter(({ requestId }) => ids.includes(requestId)).map((entry) => [entry.requestId, entry]),
  );
  if (entries.size > 0) return { kind: 'entries', entries };
  const text = messageOf(body.message);
  const status = textOf(body.status).trim().toLowerCase();
  const fault = (code: string): Reply => ({ kind: 'fault', fault: { code, text, call, started: true } });
  if (listed.length > 0) return fault('mismatch');
  if (run.exitCode !== 0)
    return { kind: 'fault', fault: { ...faultOf(run, 'answer', call), ...(text !== '' && { text }) } };
  if (status === 'running') return fault('swallowed');
  return { kind: 'entries', entries };
}

/** Words of a failed run that are about this id: "Request not found: req-1", and not "Input file not found". */
function deniesId(text: string, id: string): boolean {
  return saysUnknown(text) && (text.includes(id) || /request( id)? (was )?not found|unknown request/i.test(text));
}

function notFound(id: string, message: string): CheckFailure {
  return { kind: 'not_found', code: 'RequestNotFound', message: message.slice(0, 500) || id };
}

function notAsked(call: string): CheckFailure {
  return { kind: 'transient', code: 'NotAsked', message: `${call}: not asked in this tick` };
}

function remember(set: Set<string>, id: string): void {
  set.add(id);
  if (set.size > REMEMBERED) set.delete(set.values().next().value!);
}
