import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTerminal } from '../../../shared/job/job.ts';
import type { CompletionStatus } from '../../../shared/platforms/f5-vcmp/completion-status.ts';
import type { GuestsHandle } from '../../../shared/platforms/f5-vcmp/handle.ts';
import { judge, needs, type Seen, together } from '../../../shared/platforms/f5-vcmp/mapping.ts';
import { type Facts, outcomeOf } from '../../../shared/platforms/f5-vcmp/outcome.ts';
import { GUEST_STATES, VM_STATUSES } from '../../../shared/platforms/f5-vcmp/words.ts';
import { STATE } from './rig.ts';

const DEPLOYED = `${STATE}DEPLOYED` as const;
const PROVISIONED = `${STATE}PROVISIONED` as const;
const CONFIGURED = `${STATE}CONFIGURED` as const;

/** `1 RUNNING true`, about deployed unless told. */
function record(text: string, requestedState: string = DEPLOYED): CompletionStatus {
  const [slot, status, complete, ...comment] = text.split(' ');
  return {
    slot: Number(slot),
    requestedState,
    requestComplete: complete === 'true',
    status: `VCMP_STATUS_${status}`,
    comment: comment.join(' '),
  };
}

const deployed = (...records: string[]): Seen => ({ wanted: DEPLOYED, records: records.map((it) => record(it)) });
const stale = (state: string): Seen => ({ wanted: DEPLOYED, records: [record('1 RUNNING true', state)] });

describe('one guest', () => {
  it.each<[string, Seen, string, string?]>([
    ['F5-12 no record yet', { wanted: DEPLOYED, records: [], wish: DEPLOYED }, 'QUEUED'],
    [
      'F5-12 no record, and configured is what was wanted',
      { wanted: CONFIGURED, records: [], wish: CONFIGURED },
      'SUCCEEDED',
    ],
    ['no record, as somebody has set it back', { wanted: DEPLOYED, records: [], wish: CONFIGURED }, 'SUPERSEDED'],
    ['no record, and the wish cannot be had', { wanted: CONFIGURED, records: [], wish: '' }, 'QUEUED'],
    ['all slots wait', deployed('1 WAIT_INSTALL false', '2 CREATED false'), 'QUEUED'],
    ['one waits, one works', deployed('1 WAIT_INSTALL false', '2 INSTALLING false'), 'RUNNING'],
    ['one waits, one is done', deployed('1 WAIT_INSTALL false', '2 RUNNING true'), 'RUNNING'],
    ['F5-07 the first slot is done, the second is not', deployed('1 RUNNING true', '2 STARTING false'), 'RUNNING'],
    ['F5-08 complete and failed', { ...deployed('1 FAILED true'), slots: 1 }, 'FAILED'],
    ['F5-08 one of two failed', { ...deployed('1 FAILED true', '2 RUNNING true'), slots: 2 }, 'PARTIALLY_SUCCEEDED'],
    ['F5-09 failed, and not complete', deployed('1 FAILED false'), 'RUNNING'],
    [
      'F5-10 complete, for another request: ours is the wish',
      { ...stale(PROVISIONED), wish: DEPLOYED },
      'RUNNING',
      'stale',
    ],
    [
      'F5-10 complete, for another request: theirs is the wish',
      { ...stale(PROVISIONED), wish: PROVISIONED },
      'SUPERSEDED',
    ],
    ['F5-10 complete, for another request: the wish cannot be had', { ...stale(PROVISIONED), wish: '' }, 'RUNNING'],
    ['the wish is not known to the host itself', { ...stale(PROVISIONED), wish: `${STATE}UNKNOWN` }, 'RUNNING'],
    ['F5-11 the same state, whoever asked for it', { ...deployed('1 RUNNING true'), slots: 1 }, 'SUCCEEDED'],
    ['F5-12 fewer records than slots', { ...deployed('1 RUNNING true'), slots: 2 }, 'RUNNING'],
    ['F5-12 the number of slots is not known now', { ...deployed('1 RUNNING true'), slots: 'later' }, 'RUNNING'],
    ['the number of slots cannot be known', { ...deployed('1 RUNNING true'), slots: 'unknown' }, 'SUCCEEDED'],
    ['F5-13 slots 3 and 7', { ...deployed('3 RUNNING true', '7 RUNNING true'), slots: 2 }, 'SUCCEEDED'],
    ['one slot told twice is one slot', { ...deployed('3 RUNNING true', '3 RUNNING true'), slots: 2 }, 'RUNNING'],
    ['deployed, and stopped', { ...deployed('1 STOPPED true'), slots: 1 }, 'RUNNING', 'contradiction'],
    ['complete, with no information', { ...deployed('1 UNKNOWN true'), slots: 1 }, 'RUNNING', 'inconsistent'],
    ['complete, with a word of tomorrow', { ...deployed('1 HIBERNATED true'), slots: 1 }, 'RUNNING', 'inconsistent'],
    ['complete, and waiting', { ...deployed('1 CREATED true'), slots: 1 }, 'RUNNING', 'contradiction'],
    ['a word of tomorrow under way', deployed('1 THAWING false'), 'RUNNING'],
    [
      'inactive, as configured was wanted',
      { wanted: CONFIGURED, records: [record('1 INACTIVE true', CONFIGURED)] },
      'SUCCEEDED',
    ],
    ['gone after a delete', { wanted: 'ABSENT', records: 'missing' }, 'SUCCEEDED'],
    ['there after a delete', { wanted: 'ABSENT', records: [] }, 'RUNNING'],
    ['gone without a delete', { wanted: DEPLOYED, records: 'missing' }, 'RUNNING', 'missing'],
  ])('%s', (_, seen, status, doubt) => {
    expect(judge(seen)).toMatchObject({ status, ...(doubt !== undefined && { doubt }) });
    expect(judge(seen).doubt).toBe(doubt);
  });

  it('asks for the wish only when the records do not speak of ours, and counts slots only before an end', () => {
    expect(needs(deployed('1 INSTALLING false'))).toBeUndefined();
    expect(needs(deployed('1 RUNNING true'))).toBe('slots');
    expect(needs(deployed())).toBe('wish');
    expect(needs(stale(PROVISIONED))).toBe('wish');
    expect(needs({ wanted: CONFIGURED, records: [record('1 INACTIVE true', CONFIGURED)] })).toBeUndefined();
    expect(needs({ wanted: 'ABSENT', records: [] })).toBeUndefined();
  });
});

it.each([
  [['QUEUED', 'QUEUED'], 'QUEUED'],
  [['QUEUED', 'SUCCEEDED'], 'RUNNING'],
  [['FAILED', 'RUNNING'], 'RUNNING'],
  [['SUCCEEDED', 'SUCCEEDED'], 'SUCCEEDED'],
  [['SUCCEEDED', 'SUPERSEDED'], 'PARTIALLY_SUCCEEDED'],
  [['SUCCEEDED', 'LOST'], 'PARTIALLY_SUCCEEDED'],
  [['FAILED', 'SUPERSEDED'], 'FAILED'],
  [['SUPERSEDED', 'LOST'], 'SUPERSEDED'],
  [['CANCELED', 'CANCELED'], 'CANCELED'],
  [['CANCELED', 'FAILED'], 'FAILED'],
  [['CANCELED', 'SUPERSEDED'], 'SUPERSEDED'],
] as const)('several guests, %j: %s', (guests, status) => {
  expect(together(guests)).toBe(status);
});

describe('whatever is told', () => {
  const statuses = fc.oneof(fc.constantFrom(...Object.keys(VM_STATUSES)), fc.string());
  const states = fc.oneof(fc.constantFrom<string>(...GUEST_STATES, `${STATE}UNKNOWN`), fc.string());
  const records = fc.array(
    fc.record({
      slot: fc.integer({ min: 0, max: 8 }),
      requestedState: states,
      requestComplete: fc.boolean(),
      status: statuses,
      comment: fc.oneof(fc.string(), fc.constantFrom('done', 'failed', '100%')),
    }),
    { maxLength: 4 },
  );
  const facts: fc.Arbitrary<Facts> = fc.record(
    {
      reading: records.map((it) => ({ kind: 'records' as const, records: it })),
      wish: states,
      slots: fc.nat({ max: 4 }),
    },
    { requiredKeys: ['reading'] },
  );
  const handle = fc.record({
    guests: fc.constant('g1').map((name) => [name]),
    wanted: fc.constantFrom(...GUEST_STATES, 'ABSENT' as const),
  });

  it('has a row, and comments change nothing but texts', () => {
    fc.assert(
      fc.property(handle, facts, (job, known) => {
        const told = outcomeOf(job, new Map([['g1', known]]), 0).outcome;
        const silent = structuredClone(known);
        if (silent.reading.kind === 'records') for (const it of silent.reading.records) it.comment = '';
        const without = outcomeOf(job, new Map([['g1', silent]]), 0).outcome;
        const bare = (outcome: typeof told) =>
          outcome.kind === 'observed' && [outcome.status, outcome.message, outcome.parts?.map((part) => part.status)];
        expect(bare(without)).toEqual(bare(told));
      }),
    );
  });

  it('F5-07 F5-09 F5-10 never ends but by request_complete on every slot, for the wanted state, or by the wish', () => {
    fc.assert(
      fc.property(handle, facts, (job, known) => {
        const { outcome } = outcomeOf(job, new Map([['g1', known]]), 0);
        if (outcome.kind !== 'observed' || !isTerminal(outcome.status)) return;
        const told = known.reading.kind === 'records' ? known.reading.records : [];
        if (outcome.status === 'SUPERSEDED') expect(known.wish).not.toBe(job.wanted);
        else expect(told.every((it) => it.requestComplete && it.requestedState === job.wanted)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('never ends a job of which a guest could not be read', () => {
    const code = fc.oneof(fc.string(), fc.constantFrom('HTTP 503', '01020036', 'Common::AccessDenied', 'html'));
    fc.assert(
      fc.property(handle, facts, code, (job, known, word) => {
        const fault = { code: word, text: 'no', call: 'get_completion_status', sent: true };
        const both: GuestsHandle = { ...job, guests: ['g1', 'g2'] };
        const all = new Map<string, Facts>([
          ['g1', known],
          ['g2', { reading: { kind: 'failed', fault } }],
        ]);
        expect(outcomeOf(both, all, 0).outcome.kind).toMatch(/^(transient|permanent|not_found)$/);
      }),
    );
  });
});

describe('doubts', () => {
  const job: GuestsHandle = { guests: ['g1'], wanted: DEPLOYED };
  function looks(seen: Facts, times: readonly number[]) {
    let handle = job;
    return times.map((seconds) => {
      const told = outcomeOf(handle, new Map([['g1', seen]]), seconds * 1000);
      handle = told.handle;
      return told.outcome.kind === 'observed' ? told.outcome.status : told.outcome.kind;
    });
  }
  const reading = (...records: CompletionStatus[]): Facts['reading'] => ({ kind: 'records', records });

  it('F5-10 waits half an hour for stale records, and then says that it makes no sense', () => {
    const seen: Facts = { reading: reading(record('1 RUNNING true', PROVISIONED)), wish: DEPLOYED };
    const times = Array.from({ length: 20 }, (_, n) => n * 100);
    expect(looks(seen, times)).toEqual([...Array(18).fill('RUNNING'), 'FAILED', 'FAILED']);
    const { outcome } = outcomeOf(
      { ...job, doubts: { stale: { since: 0, looks: 9 } } },
      new Map([['g1', seen]]),
      1_800_000,
    );
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'inconsistent', outcomeUncertain: true } });
  });

  it('takes a contradiction for a success at the third look', () => {
    const seen: Facts = { reading: reading(record('1 STOPPED true')), slots: 1 };
    expect(looks(seen, [0, 5, 10])).toEqual(['RUNNING', 'RUNNING', 'SUCCEEDED']);
    expect(looks(seen, [0, 1, 2, 3])).toEqual(['RUNNING', 'RUNNING', 'RUNNING', 'RUNNING']);
  });

  it('does not change the handle for ever while a doubt lasts', () => {
    const seen: Facts = { reading: reading(record('1 HIBERNATED true')), slots: 1 };
    const counted: GuestsHandle = { ...job, doubts: { inconsistent: { since: 0, looks: 10 } } };
    expect(outcomeOf(counted, new Map([['g1', seen]]), 1000).handle).toEqual(counted);
  });

  it('forgets a doubt that is over', () => {
    const doubted: GuestsHandle = { ...job, doubts: { contradiction: { since: 0, looks: 2 } } };
    const fine = new Map<string, Facts>([['g1', { reading: reading(record('1 STARTING false')) }]]);
    expect(outcomeOf(doubted, fine, 1000).handle).toEqual(job);
  });
});

describe('a message says what is missing, not only what is there', () => {
  const said = (guests: Record<string, Facts>, wanted: GuestsHandle['wanted'] = DEPLOYED) => {
    const { outcome } = outcomeOf({ guests: Object.keys(guests), wanted }, new Map(Object.entries(guests)), 0);
    return outcome.kind === 'observed' ? outcome.message : outcome.kind;
  };
  const facts = (seen: Seen): Facts => ({
    reading: { kind: 'records', records: seen.records === 'missing' ? [] : seen.records },
    ...(seen.wish !== undefined && { wish: seen.wish }),
    ...(seen.slots !== undefined && { slots: seen.slots }),
  });
  const gone: Facts = {
    reading: { kind: 'missing', fault: { code: '01020036', text: '', call: 'x', sent: true } },
  };

  it.each<[string, Seen, string]>([
    [
      'of four slots three have a record',
      { ...deployed('1 RUNNING true', '2 RUNNING true', '3 RUNNING true'), slots: 4 },
      '3 VCMP_STATUS_RUNNING; 1 of 4 slots is without a record',
    ],
    [
      'one of two records is not complete',
      deployed('1 RUNNING true', '2 FAILED false'),
      '1 VCMP_STATUS_RUNNING, 1 VCMP_STATUS_FAILED; 1 of 2 records is not complete yet',
    ],
    [
      'the number of slots cannot be read',
      { ...deployed('1 RUNNING true'), slots: 'later' },
      '1 VCMP_STATUS_RUNNING; the number of its slots cannot be read just now',
    ],
    ['no record', { ...deployed(), wish: DEPLOYED }, 'no slot has been allocated yet'],
    [
      'records of another request',
      { ...stale(PROVISIONED), wish: DEPLOYED },
      '1 VCMP_STATUS_RUNNING; its records are still those of the request before',
    ],
    [
      'complete, and without a status',
      { ...deployed('1 UNKNOWN true'), slots: 1 },
      '1 VCMP_STATUS_UNKNOWN; its slots are complete, but a status does not say how',
    ],
    [
      'complete, and stopped',
      { ...deployed('1 STOPPED true'), slots: 1 },
      '1 VCMP_STATUS_STOPPED; its slots are complete, but not where the wanted state comes to rest',
    ],
  ])('%s', (_, seen, message) => expect(said({ g1: facts(seen) })).toBe(message));

  it('by guest where there are several, ten at most', () => {
    const done = facts({ ...deployed('1 RUNNING true'), slots: 1 });
    const half = facts({ ...deployed('1 RUNNING true'), slots: 2 });
    expect(said({ g1: done, g2: half, g3: gone })).toBe(
      '2 VCMP_STATUS_RUNNING; g2: 1 of 2 slots is without a record; g3: the host has no such guest',
    );
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`guest-with-a-long-name-${n}`, half]));
    expect(said(many)).toContain('40 more guests have not ended');
    expect(said({ g1: half }, 'ABSENT')).toContain('the guest is still there');
  });
});
