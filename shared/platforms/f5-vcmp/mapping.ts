import type { JobStatus } from '../../job/job.ts';
import type { CompletionStatus } from './completion-status.ts';
import type { Doubt } from './handle.ts';
import type { ExpectedSlots } from './slots.ts';
import { activityOf, FINAL_STATUS, isGuestState, type Wanted } from './words.ts';

/** All that is known of one guest when it is judged. What has not been asked is absent. */
export interface Seen {
  wanted: Wanted;
  /** `missing`: the host has no such guest. */
  records: readonly CompletionStatus[] | 'missing';
  /** What `get_guest_state` says; asked only when a row needs it. */
  wish?: string;
  /** How many records there must be; asked only before the end. */
  slots?: ExpectedSlots;
}

export type GuestStatus = Exclude<JobStatus, 'SUBMITTING' | 'TIMED_OUT'>;

export interface Row {
  /** The row's condition in words, for the docs. */
  observation: string;
  when(seen: Told): boolean;
  status: GuestStatus;
  /** The status holds for now; when the doubt lasts, its own row below decides. */
  doubt?: Doubt;
  note: string;
  /** What is missing to the end of this guest, where its records do not say so themselves. */
  lacks?(seen: Told): string;
}

/** The records of a guest that is there, or none. */
type Told = Omit<Seen, 'records'> & { records: readonly CompletionStatus[]; missing: boolean };

const foreign = ({ records, wanted }: Told) => records.some((record) => record.requestedState !== wanted);
const silent = ({ records }: Told) => records.length === 0;
const unfinished = ({ records }: Told) => records.some((record) => !record.requestComplete);
const activity = (record: CompletionStatus) => activityOf(record.status);
const failed = ({ records }: Told) => records.filter((record) => activity(record) === 'failed').length;
const countSlots = (records: readonly CompletionStatus[]) => new Set(records.map((record) => record.slot)).size;

function partOf(count: number, all: number, things: string, what: string): string {
  return `${count} of ${all} ${things} ${count === 1 ? 'is' : 'are'} ${what}`;
}

/** A configured guest has given its slots back, so there is nothing to count. */
const counted = ({ wanted }: Told) => wanted !== 'VCMP_GUEST_STATE_CONFIGURED';
const resting = ({ wanted, records }: Told) =>
  wanted !== 'ABSENT' && records.every((record) => record.status === FINAL_STATUS[wanted]);

/**
 * One guest, first row that fits. The end is `request_complete` on every slot, for the very state that was asked for; the
 * comment decides nothing, nor does a status while `request_complete` is false: the host may try again.
 *
 * Beyond the prose of the reference, the wish is asked for where there are no records too: a guest that somebody has set
 * back to configured has none, and would look as if it waited for its slots for ever.
 */
export const GUEST_TABLE: readonly Row[] = [
  {
    observation: 'no such guest, after delete_guest',
    when: ({ missing, wanted }) => missing && wanted === 'ABSENT',
    status: 'SUCCEEDED',
    note: 'its virtual disk may stay behind, on a chassis one for each slot',
  },
  {
    observation: 'no such guest, among others that are there',
    when: ({ missing }) => missing,
    status: 'RUNNING',
    doubt: 'missing',
    note: 'where no guest of the job is there, the look says not_found',
    lacks: () => 'the host has no such guest',
  },
  {
    observation: 'the guest is there, after delete_guest',
    when: ({ wanted }) => wanted === 'ABSENT',
    status: 'RUNNING',
    note: 'whatever its slots do',
    lacks: () => 'the guest is still there',
  },
  {
    observation: 'no record, or a record of another requested_state; get_guest_state tells another state too',
    when: (seen) => (foreign(seen) || silent(seen)) && isGuestState(seen.wish) && seen.wish !== seen.wanted,
    status: 'SUPERSEDED',
    note: 'somebody else asked for it; the same state asked for by somebody else cannot be told from ours',
  },
  {
    observation: 'a record of another requested_state; get_guest_state tells ours',
    when: (seen) => foreign(seen) && seen.wish === seen.wanted,
    status: 'RUNNING',
    doubt: 'stale',
    note: 'the records are those of the request before',
    lacks: () => 'its records are still those of the request before',
  },
  {
    observation: 'a record of another requested_state; get_guest_state cannot be had',
    when: foreign,
    status: 'RUNNING',
    note: 'a true request_complete of another request is never ours',
    lacks: () => 'its records are those of another request',
  },
  {
    observation: 'no record, configured was asked for, get_guest_state tells it',
    when: (seen) => silent(seen) && seen.wanted === 'VCMP_GUEST_STATE_CONFIGURED' && seen.wish === seen.wanted,
    status: 'SUCCEEDED',
    note: 'a configured guest has no slot',
  },
  {
    observation: 'no record',
    when: silent,
    status: 'QUEUED',
    note: 'no slot has been allocated yet',
    lacks: () => 'no slot has been allocated yet',
  },
  {
    observation: 'request_complete false on every slot, each of them waiting',
    when: ({ records }) => records.every((it) => !it.requestComplete && activity(it) === 'waiting'),
    status: 'QUEUED',
    note: 'CREATED, WAIT_STARTING, WAIT_INSTALL, WAIT_MIGRATE',
  },
  {
    observation: 'request_complete false on a slot',
    when: unfinished,
    status: 'RUNNING',
    note: 'FAILED too, and words that we do not know',
    lacks: ({ records }) =>
      partOf(records.filter((it) => !it.requestComplete).length, records.length, 'records', 'not complete yet'),
  },
  {
    observation: 'all complete, the number of slots cannot be had just now',
    when: (seen) => counted(seen) && seen.slots === 'later',
    status: 'RUNNING',
    note: 'asked for again by the next look',
    lacks: () => 'the number of its slots cannot be read just now',
  },
  {
    observation: 'all complete, fewer records than the guest has slots',
    when: (seen) => counted(seen) && typeof seen.slots === 'number' && countSlots(seen.records) < seen.slots,
    status: 'RUNNING',
    note: 'slots are still being allocated',
    lacks: ({ records, slots }) =>
      partOf(Number(slots) - countSlots(records), Number(slots), 'slots', 'without a record'),
  },
  {
    observation: 'all complete, a status is UNKNOWN or a word that we do not know',
    when: ({ records }) => records.some((record) => activity(record) === 'unknown'),
    status: 'RUNNING',
    doubt: 'inconsistent',
    note: 'neither a success nor a failure',
    lacks: () => 'its slots are complete, but a status does not say how',
  },
  {
    observation: 'all complete, every slot FAILED',
    when: (seen) => failed(seen) === seen.records.length,
    status: 'FAILED',
    note: 'the comments are the message',
  },
  {
    observation: 'all complete, some slots FAILED',
    when: (seen) => failed(seen) > 0,
    status: 'PARTIALLY_SUCCEEDED',
    note: 'the slots are the parts',
  },
  {
    observation: 'all complete, a status that is not where the wanted state comes to rest',
    when: (seen) => !resting(seen),
    status: 'RUNNING',
    doubt: 'contradiction',
    note: 'deployed and STOPPED, say: looked at again before it is called a success',
    lacks: () => 'its slots are complete, but not where the wanted state comes to rest',
  },
  {
    observation: 'all complete',
    when: () => true,
    status: 'SUCCEEDED',
    note: 'deployed: the virtual machine runs; TMOS inside may need minutes more',
  },
];

/** What a doubt becomes when it has lasted for so many looks one after the other, and for so long. */
export const DOUBTS: Readonly<Record<Doubt, { looks: number; seconds: number; end: GuestStatus; why: string }>> = {
  stale: { looks: 10, seconds: 1800, end: 'FAILED', why: 'the records stay those of another request' },
  inconsistent: { looks: 10, seconds: 600, end: 'FAILED', why: 'complete, but without a status that says how' },
  // F5's own Ansible module wants three good readings.
  contradiction: { looks: 3, seconds: 10, end: 'SUCCEEDED', why: 'request_complete is what counts' },
  missing: { looks: 3, seconds: 180, end: 'LOST', why: 'a management plane that restarts may list too little' },
  // After a state has been asked for twice, records of the first time look the same as those of the second.
  'put back': { looks: 2, seconds: 0, end: 'CANCELED', why: 'the records may be of the time before the job' },
};

export function judge(seen: Seen): Row {
  const told = toldBy(seen);
  return GUEST_TABLE.find((row) => row.when(told))!;
}

/** What this guest still lacks; nothing where it has ended or its records say it. */
export function lackOf(seen: Seen): string | undefined {
  return judge(seen).lacks?.(toldBy(seen));
}

function toldBy(seen: Seen): Told {
  const missing = seen.records === 'missing';
  return { ...seen, records: seen.records === 'missing' ? [] : seen.records, missing };
}

/** What must be asked before this guest can be judged. */
export function needs({ wanted, records, wish, slots }: Seen): 'wish' | 'slots' | undefined {
  if (records === 'missing' || wanted === 'ABSENT') return undefined;
  const agree = records.length > 0 && records.every((record) => record.requestedState === wanted);
  if (!agree) return wish === undefined ? 'wish' : undefined;
  const complete = records.every((record) => record.requestComplete);
  const countable = wanted !== 'VCMP_GUEST_STATE_CONFIGURED';
  return complete && countable && slots === undefined ? 'slots' : undefined;
}

const OPEN: readonly GuestStatus[] = ['QUEUED', 'RUNNING'];
const GOOD: readonly GuestStatus[] = ['SUCCEEDED', 'PARTIALLY_SUCCEEDED'];

/** Several guests, first row that fits. */
const JOB_TABLE: readonly { when(guests: readonly GuestStatus[]): boolean; status: GuestStatus }[] = [
  { when: (guests) => guests.every((it) => it === 'QUEUED'), status: 'QUEUED' },
  { when: (guests) => guests.some((it) => OPEN.includes(it)), status: 'RUNNING' },
  { when: (guests) => guests.every((it) => it === 'SUCCEEDED'), status: 'SUCCEEDED' },
  { when: (guests) => guests.every((it) => it === 'CANCELED'), status: 'CANCELED' },
  { when: (guests) => guests.some((it) => GOOD.includes(it)), status: 'PARTIALLY_SUCCEEDED' },
  { when: (guests) => guests.some((it) => it === 'FAILED'), status: 'FAILED' },
  { when: (guests) => guests.some((it) => it === 'SUPERSEDED'), status: 'SUPERSEDED' },
  { when: () => true, status: 'LOST' },
];

export function together(guests: readonly GuestStatus[]): GuestStatus {
  return JOB_TABLE.find((row) => row.when(guests))!.status;
}
