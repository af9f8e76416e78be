import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTerminal, type Job, type JobStatus, OPEN_STATUSES, TERMINAL_STATUSES } from '../../shared/job/job.ts';
import { next } from '../../shared/job/next.ts';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import { BOUNDS } from '../support/world.ts';

const T0 = Date.UTC(2026, 0, 1);

function job(fields: Partial<Job> = {}): Job {
  return {
    platform: 'fake',
    connection: 'lab',
    id: '01KSN0000000000000000000AB',
    operation: 'op',
    status: 'RUNNING',
    rev: 3,
    createdAt: T0,
    activeSince: T0,
    deadline: T0 + 3_600_000,
    submitter: 'r',
    handle: { task: 't' },
    ...fields,
  };
}

const anyOutcome: fc.Arbitrary<CheckOutcome> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('observed' as const),
      status: fc.constantFrom(
        'QUEUED',
        'RUNNING',
        'SUCCEEDED',
        'PARTIALLY_SUCCEEDED',
        'FAILED',
        'CANCELED',
        'SUPERSEDED',
        'LOST',
      ),
      progress: fc.integer({ min: 0, max: 100 }),
      message: fc.string({ maxLength: 5 }),
      result: fc.jsonValue() as fc.Arbitrary<null>,
    },
    { requiredKeys: ['kind', 'status'] },
  ) as fc.Arbitrary<CheckOutcome>,
  fc.record({
    kind: fc.constantFrom('transient', 'permanent', 'not_found'),
    code: fc.string({ maxLength: 5 }),
    message: fc.string({ maxLength: 5 }),
  }),
);
const anyStatus = fc.constantFrom<JobStatus>(...OPEN_STATUSES, ...TERMINAL_STATUSES);

describe('next', () => {
  test('VS-27 a terminal job is never anything else again, whatever the platform says later', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TERMINAL_STATUSES),
        fc.option(anyOutcome, { nil: undefined }),
        fc.nat(1e8),
        (status, outcome, later) => {
          const over = job({ status });
          expect(next(over, outcome, T0 + later, BOUNDS)).toBe(over);
        },
      ),
    );
  });

  test('a look that failed never ends a job before its deadline, unless the platform has forgotten it', () => {
    fc.assert(
      fc.property(fc.array(anyOutcome.filter((o) => o.kind === 'transient' || o.kind === 'permanent')), (outcomes) => {
        let current = job();
        outcomes.forEach((outcome, i) => {
          current = next(current, outcome, T0 + i * 1000, BOUNDS);
        });
        expect(current.status).toBe('RUNNING');
        expect(current.unknown?.since).toBe(outcomes.length > 0 ? T0 : undefined);
      }),
    );
  });

  test('whatever comes, in whatever order: one end, one owed event, its id made of job and status', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyOutcome, fc.nat(120)), { maxLength: 40 }), (steps) => {
        let current = job({ status: 'QUEUED' });
        let now = T0;
        let first: Job | undefined;
        for (const [outcome, seconds] of steps) {
          now += seconds * 1000;
          current = next(current, outcome, now, BOUNDS);
          if (isTerminal(current.status)) first ??= current;
          if (first) expect(current).toBe(first);
          else expect(current).not.toHaveProperty('owed');
        }
        if (first) expect(first.owed).toMatchObject({ eventId: `${first.id}-${first.status}` });
      }),
    );
  });

  test('the same outcome a second time writes nothing', () => {
    fc.assert(
      fc.property(
        anyStatus,
        anyOutcome.filter((o) => o.kind !== 'not_found'),
        (status, outcome) => {
          const once = next(job({ status }), outcome, T0 + 1000, BOUNDS);
          expect(next(once, outcome, T0 + 2000, BOUNDS)).toBe(once);
        },
      ),
    );
  });

  test('a deadline ends an open job, and says that the operation may go on', () => {
    const late = next(job(), undefined, T0 + 3_600_000, BOUNDS);
    expect(late).toMatchObject({
      status: 'TIMED_OUT',
      error: { outcomeUncertain: true },
      owed: { previousStatus: 'RUNNING' },
    });
  });

  test('a deadline tells what the platform reported last, or why it could not be polled', () => {
    const message = '3 VCMP_STATUS_RUNNING; 1 of 4 slots has no record yet';
    const seen = next(job(), { kind: 'observed', status: 'RUNNING', message }, T0 + 4_000_000, BOUNDS);
    expect(seen.error?.message).toContain(`It reported last: ${message}`);
    const unseen = next(job(), { kind: 'transient', code: 'HTTP 503', message: 'away' }, T0 + 4_000_000, BOUNDS);
    expect(unseen.error?.message).toContain('The last poll failed: HTTP 503: away');
  });

  test('an end that is seen after the deadline is still the end that the platform tells', () => {
    const seen = next(job(), { kind: 'observed', status: 'SUCCEEDED' }, T0 + 4_000_000, BOUNDS);
    expect(seen.status).toBe('SUCCEEDED');
  });

  test('progress is written when it moved noticeably, or a while has passed', () => {
    const at = (progress: number) => ({ kind: 'observed', status: 'RUNNING', progress }) as const;
    const first = next(job(), at(10), T0, BOUNDS);
    expect(first.progress).toBe(10);
    expect(next(first, at(13), T0 + 1000, BOUNDS)).toBe(first);
    expect(next(first, at(15), T0 + 1000, BOUNDS)).toMatchObject({ progress: 15 });
    expect(next(first, at(11), T0 + 31_000, BOUNDS)).toMatchObject({ progress: 11 });
  });

  test('a job does not step back from RUNNING to QUEUED', () => {
    const queued = { kind: 'observed', status: 'QUEUED' } as const;
    const running = job({ updatedAt: T0 });
    expect(next(running, queued, T0 + 1000, BOUNDS)).toBe(running);
  });

  test('a submit that goes on at the platform stays one until it has told its handle', () => {
    const pending = job({ status: 'SUBMITTING', handle: { workflow: 'w-1' }, updatedAt: T0 });
    const queued = { kind: 'observed', status: 'QUEUED' } as const;
    expect(next(pending, queued, T0 + 1000, BOUNDS)).toBe(pending);
    const told = next(pending, { ...queued, handle: { task: 't-1' } }, T0 + 2000, BOUNDS);
    expect(told).toMatchObject({ status: 'QUEUED', handle: { task: 't-1' } });
  });

  test('progress is 100 only for SUCCEEDED; a failed job keeps its last', () => {
    const failed = next(job({ progress: 90 }), { kind: 'observed', status: 'FAILED' }, T0, BOUNDS);
    expect(failed.progress).toBe(90);
    expect(next(job(), { kind: 'observed', status: 'SUCCEEDED' }, T0, BOUNDS).progress).toBe(100);
  });

  test('not_found within the creation grace says nothing', () => {
    const fresh = job();
    expect(next(fresh, { kind: 'not_found', code: 'x', message: 'y' }, T0 + 9_000, BOUNDS)).toBe(fresh);
  });

  test('so does another failure', () => {
    const gone = { kind: 'not_found', code: 'x', message: 'y' } as const;
    const first = next(job(), gone, T0 + 20_000, BOUNDS);
    const down = next(first, { kind: 'transient', code: 'HTTP 503', message: 'z' }, T0 + 25_000, BOUNDS);
    expect(next(down, gone, T0 + 3_000_000, BOUNDS)).toMatchObject({ status: 'RUNNING' });
  });

  test('a map that comes back with its keys in another order is the same map', () => {
    const stored = job({ handle: { a: 1, b: 2 }, resource: { type: 'VM', id: '1' } });
    const seen = {
      kind: 'observed',
      status: 'RUNNING',
      handle: { b: 2, a: 1 },
      resource: { id: '1', type: 'VM' },
    } as const;
    expect(next(stored, seen, T0, BOUNDS)).toBe(stored);
  });

  test('when it must be looked at next is worth a write', () => {
    const seen = { kind: 'observed', status: 'RUNNING', lookBy: T0 + 9000 } as const;
    expect(next(job(), seen, T0, BOUNDS)).toMatchObject({ lookBy: T0 + 9000 });
  });

  test('an observation between two not_founds starts the grace anew', () => {
    const gone = { kind: 'not_found', code: 'x', message: 'y' } as const;
    const first = next(job(), gone, T0 + 20_000, BOUNDS);
    const seen = next(first, { kind: 'observed', status: 'RUNNING' }, T0 + 30_000, BOUNDS);
    const again = next(seen, gone, T0 + 60_000, BOUNDS);
    expect(again).toMatchObject({ status: 'RUNNING', unknown: { notFoundSince: T0 + 60_000 } });
  });
});
