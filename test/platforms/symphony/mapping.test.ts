import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../shared/job/job.ts';
import { type Entry, entriesOf } from '../../../shared/platforms/symphony/answer.ts';
import { documentation } from '../../../shared/platforms/symphony/documentation.ts';
import type { Kind } from '../../../shared/platforms/symphony/handle.ts';
import { outcomeOf } from '../../../shared/platforms/symphony/mapping.ts';
import { entry, machine } from './rig.ts';

/** `SFE`: one machine that succeeded, one that failed, one that is executing. */
function given(status: string, letters: string, message = ''): Entry {
  const results = { S: 'succeed', F: 'fail', E: 'executing', '?': '' } as Record<string, string>;
  const machines = [...letters].map((letter, index) => machine(`i-${index}`, results[letter]!));
  return entriesOf({ requests: [entry('req-1', status, machines, message)] } as JsonObject)![0]!;
}

const told = (status: string, letters: string, { kind = 'provision' as Kind, wanted = 2, message = '' } = {}) => {
  const outcome = outcomeOf(given(status, letters, message), kind, wanted);
  return outcome.kind === 'observed' ? outcome.status : outcome.kind;
};

describe('a request for two machines', () => {
  it.each([
    ['running', '', 'RUNNING'],
    ['running', 'FF', 'RUNNING'],
    ['RUNNING ', 'SE', 'RUNNING'],
    ['pending', '', 'RUNNING'],
    ['complete', 'SS', 'SUCCEEDED'],
    ['complete', 'SSS', 'SUCCEEDED'],
    ['complete', 'SSF', 'SUCCEEDED'],
    ['complete', 'S', 'PARTIALLY_SUCCEEDED'],
    ['complete', 'SF', 'PARTIALLY_SUCCEEDED'],
    ['complete', 'FF', 'FAILED'],
    ['complete', '', 'not_found'],
    ['complete', 'SE', 'RUNNING'],
    ['complete', 'S?', 'RUNNING'],
    ['complete_with_error', 'EF', 'RUNNING'],
    ['complete_with_error', 'SF', 'PARTIALLY_SUCCEEDED'],
    ['complete_with_error', 'SS', 'SUCCEEDED'],
    ['complete_with_error', 'SSF', 'PARTIALLY_SUCCEEDED'],
    ['complete_with_error', 'FF', 'FAILED'],
    ['complete_with_error', '', 'FAILED'],
    ['cancelled', 'S', 'CANCELED'],
    ['canceled', '', 'CANCELED'],
    ['failed', '', 'FAILED'],
    ['timeout', 'S', 'PARTIALLY_SUCCEEDED'],
    ['partial', '', 'FAILED'],
    ['warning', 'SS', 'transient'],
    ['error', 'FF', 'transient'],
    ['', 'SS', 'transient'],
    ['zombie', 'SS', 'transient'],
  ])('HF-T2 HF-T3 HF-T5: "%s" with %s is %s', (status, letters, expected) => {
    expect(told(status, letters)).toBe(expected);
  });

  it('HF-T3: the state of a machine says nothing', () => {
    const all = ['stopped', 'terminated', 'STAGING', 'unknown', ''].map((status, index) =>
      machine(`i-${index}`, 'succeed', { status }),
    );
    const [read] = entriesOf({ requests: [entry('a', 'complete', all)] } as JsonObject)!;
    expect(outcomeOf(read!, 'provision', all.length)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('HF-T8: says that it is not known, in the words of four providers', () => {
    for (const message of [
      'Request not found: req-1',
      'No resource found for requestId: req-1',
      'request not found',
      'Unknown request id',
    ]) {
      expect(told('complete_with_error', '', { message })).toBe('not_found');
    }
    expect(told('complete', '', { message: 'Spot Fleet fulfilled' })).toBe('not_found');
    expect(told('complete', 'SS', { message: 'image not found, another was taken' })).toBe('SUCCEEDED');
  });

  it('a failure has the code that is made for machines, and says whether to try again', () => {
    const failed = outcomeOf(
      given('complete_with_error', '', 'No room. Error Code: InsufficientInstanceCapacity'),
      'provision',
      2,
    );
    expect(failed).toMatchObject({
      error: { code: 'InsufficientInstanceCapacity', retryable: true, outcomeUncertain: true },
    });
    expect(outcomeOf(given('complete', 'FF'), 'provision', 2)).toMatchObject({ error: { code: 'complete' } });
  });

  it('tells machines as parts, in an order of their own, and as a result', () => {
    const machines = [
      machine('i-2', 'succeed', { privateIpAddress: '10.0.0.2' }),
      machine('i-1', 'succeed', { launchtime: 7 }),
    ];
    const [read] = entriesOf({ requests: [entry('a', 'complete', machines, '<No message>')] } as JsonObject)!;
    expect(outcomeOf(read!, 'provision', 2)).toMatchObject({
      message: '2 of 2 machines are up',
      parts: [{ id: 'i-1', status: 'SUCCEEDED' }, { id: 'i-2' }],
      result: {
        machines: [
          { machineId: 'i-1', launchtime: 7 },
          { machineId: 'i-2', privateIpAddress: '10.0.0.2' },
        ],
      },
    });
  });
});

describe('a return of two machines', () => {
  it.each([
    ['running', 'SE', '', 'RUNNING'],
    ['complete', 'SS', '', 'SUCCEEDED'],
    ['complete', 'S', '', 'SUCCEEDED'],
    ['complete', '', '', 'SUCCEEDED'],
    ['complete', '', 'No machines found for request ret-1', 'SUCCEEDED'],
    ['complete', '', 'request not found', 'not_found'],
    ['complete', 'SE', '', 'RUNNING'],
    ['complete', 'SF', '', 'PARTIALLY_SUCCEEDED'],
    ['complete', 'FF', '', 'FAILED'],
    ['complete_with_error', 'SE', '', 'RUNNING'],
    ['complete_with_error', 'S', '', 'PARTIALLY_SUCCEEDED'],
    ['complete_with_error', '', '', 'FAILED'],
    ['complete_with_error', '', 'Warning: Ignoring unknown termination request id.', 'not_found'],
  ])('"%s" with %s "%s" is %s', (status, letters, message, expected) => {
    expect(told(status, letters, { kind: 'return', message })).toBe(expected);
  });
});

describe('whatever a provider says', () => {
  const letters = fc.string({ unit: fc.constantFrom('S', 'F', 'E', '?'), maxLength: 6 });
  const words = fc.constantFrom(
    'running',
    'complete',
    'complete_with_error',
    'failed',
    'partial',
    'timeout',
    'error',
    'x',
    '',
  );
  const kinds = fc.constantFrom<Kind>('provision', 'return');

  it('success needs all machines that were asked for, and none on its way', () => {
    fc.assert(
      fc.property(words, letters, fc.integer({ min: 1, max: 5 }), (status, letters, wanted) => {
        const ups = [...letters].filter((letter) => letter === 'S').length;
        if (told(status, letters, { wanted }) === 'SUCCEEDED') {
          expect(ups).toBeGreaterThanOrEqual(wanted);
          expect(letters).not.toMatch(/[E?]/);
        }
      }),
    );
  });

  it('the words of the page end nothing while a machine is on its way', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('running', 'complete', 'complete_with_error'),
        letters,
        kinds,
        (status, letters, kind) => {
          if (/[E?]/.test(letters)) expect(told(status, letters, { kind })).toBe('RUNNING');
        },
      ),
    );
  });

  it('FAILED has an error, progress is 0 to 99 while it runs', () => {
    fc.assert(
      fc.property(words, letters, kinds, fc.string(), (status, letters, kind, message) => {
        const outcome = outcomeOf(given(status, letters, message), kind, 2);
        if (outcome.kind !== 'observed') {
          expect(outcome.message).not.toBe('');
          return;
        }
        expect(outcome.status === 'FAILED').toBe(outcome.error !== undefined);
        if (outcome.progress !== undefined) expect(outcome.progress).toBeLessThan(100);
      }),
    );
  });

  it('is in the documentation', () => {
    expect(documentation.states.length).toBeGreaterThan(15);
    for (const row of [...documentation.states, ...documentation.errors]) expect(row.why).not.toBe('');
  });
});
