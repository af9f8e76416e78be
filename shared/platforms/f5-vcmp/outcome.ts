import type { JobError, Part } from '../../job/job.ts';
import type { CheckOutcome, Observation } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import type { CompletionStatus } from './completion-status.ts';
import { checkFailure } from './faults.ts';
import type { Reading } from './guests.ts';
import { type Doubt, type Doubts, formerState, type GuestsHandle, platformJobId } from './handle.ts';
import { DOUBTS, type GuestStatus, judge, lackOf, type Seen, together } from './mapping.ts';
import type { ExpectedSlots } from './slots.ts';
import { activityOf, type Wanted } from './words.ts';

/** A job may have fifty guests. */
const MAX_LACKING = 10;
const MAX_MESSAGE = 2000;

/** What one look has told about a guest. */
export interface Facts {
  reading: Reading;
  wish?: string;
  slots?: ExpectedSlots;
}

/** One guest of one job, judged. */
interface Guest {
  name: string;
  aim: Wanted;
  records: readonly CompletionStatus[];
  wish: string | undefined;
  /** What it was before the job. */
  former: Wanted | undefined;
  status: GuestStatus;
  /** Why it ended other than by its records. */
  doubt: Doubt | undefined;
  /** What is missing to its end. */
  lack: string | undefined;
}

/** What is waited for: after a cancel, the former state. */
export function aimOf(handle: GuestsHandle, index: number): Wanted {
  return (handle.canceling && formerState(handle, index)) || handle.wanted;
}

export function seenOf(handle: GuestsHandle, index: number, { reading, wish, slots }: Facts): Seen {
  const records = reading.kind === 'records' ? reading.records : 'missing';
  const further = { ...(wish !== undefined && { wish }), ...(slots !== undefined && { slots }) };
  return { wanted: aimOf(handle, index), records, ...further };
}

/** What the facts say about the job, and the handle that it has afterwards. */
export function outcomeOf(
  handle: GuestsHandle,
  allFacts: ReadonlyMap<string, Facts>,
  now: number,
): { outcome: CheckOutcome; handle: GuestsHandle } {
  const known = handle.guests.map((name) => allFacts.get(name)!);
  const unread = known.find(({ reading }) => reading.kind === 'failed')?.reading;
  if (unread?.kind === 'failed') return { outcome: checkFailure(unread.fault), handle };
  const gone = known.map(({ reading }) => (reading.kind === 'missing' ? reading.fault : undefined));
  const lost = gone.every((fault, index) => fault && aimOf(handle, index) !== 'ABSENT') ? gone[0] : undefined;
  if (lost) return { outcome: { ...checkFailure(lost), kind: 'not_found' }, handle };

  const rows = known.map((it, index) => judged(handle, index, it));
  const doubts = doubtsAfter(handle.doubts, new Set(rows.flatMap(({ doubt }) => doubt ?? [])), now);
  const guests = known.map((facts, index): Guest => {
    const { reading, wish } = facts;
    const { status, doubt } = rows[index]!;
    const ripe = doubt !== undefined && isRipe(doubt, doubts, now);
    return {
      name: handle.guests[index]!,
      aim: aimOf(handle, index),
      records: reading.kind === 'records' ? reading.records : [],
      wish,
      former: formerState(handle, index),
      status: ripe ? DOUBTS[doubt].end : status,
      doubt,
      lack: ripe ? undefined : lackOf(seenOf(handle, index, facts)),
    };
  });
  const { doubts: _before, ...rest } = handle;
  const after: GuestsHandle = Object.keys(doubts).length > 0 ? { ...rest, doubts } : rest;
  return { outcome: observationOf(after, guests), handle: after };
}

/** Putting back is an end of its own: done is CANCELED, and a slot that failed to go back has failed. */
function judged(handle: GuestsHandle, index: number, facts: Facts): { status: GuestStatus; doubt?: Doubt } {
  const row = judge(seenOf(handle, index, facts));
  if (!handle.canceling) return row;
  if (row.status === 'PARTIALLY_SUCCEEDED') return { status: 'FAILED' };
  if (row.status !== 'SUCCEEDED') return row;
  const former = formerState(handle, index);
  return former === undefined || former === 'ABSENT'
    ? { status: 'CANCELED' }
    : { status: 'RUNNING', doubt: 'put back' };
}

function doubtsAfter(before: Doubts | undefined, seen: ReadonlySet<Doubt>, now: number): Doubts {
  const after: Doubts = {};
  for (const doubt of seen) {
    const { since, looks } = before?.[doubt] ?? { since: now, looks: 0 };
    // Counted no further than needed, so that a doubt that lasts does not have the job written at every look.
    after[doubt] = { since, looks: Math.min(looks + 1, DOUBTS[doubt].looks) };
  }
  return after;
}

function isRipe(doubt: Doubt, doubts: Doubts, now: number): boolean {
  const { since, looks } = doubts[doubt]!;
  return looks >= DOUBTS[doubt].looks && now - since >= DOUBTS[doubt].seconds * 1000;
}

function observationOf(handle: GuestsHandle, guests: readonly Guest[]): Observation {
  const status = together(guests.map((guest) => guest.status));
  const [only] = handle.guests;
  const error = errorOf(status, handle, guests);
  return {
    kind: 'observed',
    status,
    message: messageOf(status, handle, guests),
    parts: guests.flatMap((guest) => partsOf(guest, handle)),
    platformJobId: platformJobId(handle),
    ...(handle.guests.length === 1 && { resource: { type: 'guest', id: only! } }),
    ...(error && { error }),
  };
}

/** A part is a guest on a slot, or the guest where it has none. */
function partsOf(guest: Guest, { canceling }: GuestsHandle): Part[] {
  const { name, records, status } = guest;
  if (records.length === 0) return [{ id: name, name, status }];
  return records.map((record) => ({
    id: `${name}/${record.slot}`,
    name: `${name} slot ${record.slot}`,
    status: slotStatus(record, guest, canceling === true),
    message: record.comment === '' ? record.status : `${record.status}: ${record.comment}`,
  }));
}

function slotStatus(record: CompletionStatus, { aim, status, doubt }: Guest, canceling: boolean): GuestStatus {
  if (status === 'SUPERSEDED' || status === 'CANCELED') return status;
  if (doubt !== undefined || record.requestedState !== aim) return status;
  const activity = activityOf(record.status);
  if (!record.requestComplete) return activity === 'waiting' ? 'QUEUED' : 'RUNNING';
  if (activity === 'failed') return 'FAILED';
  return canceling ? 'RUNNING' : 'SUCCEEDED';
}

function messageOf(status: GuestStatus, handle: GuestsHandle, guests: readonly Guest[]): string {
  if (status === 'SUPERSEDED') return supersededText(guests);
  if (status === 'SUCCEEDED' && handle.wanted === 'VCMP_GUEST_STATE_DEPLOYED') {
    return 'The virtual machines run; TMOS inside them may need some minutes more';
  }
  const counts = new Map<string, number>();
  for (const { records } of guests) {
    for (const it of records) counts.set(it.status, (counts.get(it.status) ?? 0) + 1);
  }
  const shown = [...counts].slice(0, 10).map(([word, count]) => `${count} ${shortened(word, 60)}`);
  const said = shortened([shown.join(', '), ...lacksOf(guests)].filter(Boolean).join('; '), MAX_MESSAGE) || 'no slots';
  return handle.canceling ? `being put back: ${said}` : said;
}

/** What is missing, by guest where there are several. */
function lacksOf(guests: readonly Guest[]): string[] {
  const lacking = guests.filter((guest) => guest.lack !== undefined);
  if (guests.length === 1) return lacking.map(({ lack }) => lack!);
  const more = lacking.length - MAX_LACKING;
  const named = lacking.slice(0, MAX_LACKING).map(({ name, lack }) => `${name}: ${lack}`);
  return more > 0 ? [...named, `${more} more guests have not ended`] : named;
}

function supersededText(guests: readonly Guest[]): string {
  const others = guests.filter((guest) => guest.status === 'SUPERSEDED');
  const said = `Somebody else asked for ${others.map(({ name, wish }) => `${wish ?? 'another state'} of ${name}`).join(', ')}`;
  if (!others.some(({ aim, wish, former }) => wish === former && aim !== former)) return said;
  return `${said}. That is the state before this job: another client of the same user may hold its request in an open transaction`;
}

function errorOf(status: GuestStatus, handle: GuestsHandle, guests: readonly Guest[]): JobError | undefined {
  if (status === 'SUPERSEDED') return { code: 'Superseded', message: supersededText(guests) };
  if (status !== 'FAILED' && status !== 'PARTIALLY_SUCCEEDED' && status !== 'LOST') return undefined;
  const slots = guests.flatMap(({ name, records }) =>
    records
      .filter((record) => record.requestComplete && activityOf(record.status) === 'failed')
      .map(({ slot, comment }) => `${name} slot ${slot}: ${comment || 'no reason given'}`),
  );
  const doubted = guests.filter((guest) => guest.doubt !== undefined && guest.status === DOUBTS[guest.doubt].end);
  const reasons = doubted
    .filter((guest) => guest.status !== 'SUCCEEDED')
    .map((guest) => `${guest.name}: ${guest.status === 'LOST' ? 'no such guest any more' : DOUBTS[guest.doubt!].why}`);
  const superseded = guests.some((guest) => guest.status === 'SUPERSEDED') ? [supersededText(guests)] : [];
  const said = shortened([...slots, ...reasons, ...superseded].join('; '), MAX_MESSAGE);
  const what = handle.canceling ? 'could not be put back: ' : '';
  return {
    code: slots.length > 0 ? 'VCMP_STATUS_FAILED' : reasons.length > 0 ? 'inconsistent' : 'Superseded',
    message: `${what}${said}`,
    ...((reasons.length > 0 || handle.canceling) && { outcomeUncertain: true }),
  };
}
