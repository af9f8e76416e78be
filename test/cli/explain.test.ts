import { describe, expect, test } from 'vitest';
import { PLAIN } from '../../cli/output.ts';
import { explainLines, explanationOf } from '../../cli/render/explain.ts';
import type { Job } from '../../client/index.ts';
import { jobWith, NOW } from './job.ts';

describe('explain', () => {
  test('says why, what it means, and what was seen in the order of time', () => {
    const job = jobWith({
      unknownSince: '2027-01-31T11:59:50.000Z',
      unknownReason: 'http.timeout: no answer',
      cancelRequestedAt: '2027-01-31T11:59:40.000Z',
      startedAt: '2027-01-31T11:59:20.000Z',
    });
    expect(explainLines(explanationOf(job, NOW), PLAIN)).toEqual([
      'vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C  PowerOnVM_Task',
      'RUNNING: the platform says that it is at work.',
      '  - no look has told its state since 2027-01-31T11:59:50.000Z (10 s ago): http.timeout: no answer',
      '  - a look that fails ends no job: it is looked at again, and its deadline stands',
      '  - what its errors mean: docs/platforms/vsphere.md',
      '  - a cancel was asked for 20 s ago; the job is CANCELED when the platform says so',
      '  - it is TIMED_OUT in 23 h 59 min unless it is over by then',
      'next: pollux connections check vsphere/dc1 asks the platform now',
      'seen',
      '  2027-01-31T11:59:15.000Z  submitted',
      '  2027-01-31T11:59:20.000Z  started, by the clock of the platform where it tells',
      '  2027-01-31T11:59:40.000Z  cancel requested',
      '  2027-01-31T11:59:50.000Z  looks do not tell its state: http.timeout: no answer',
    ]);
  });

  const timed = (...timeline: object[]): Partial<Job> => ({ timeline }) as Partial<Job>;
  const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
  const why = (fields: Partial<Job>) => explanationOf(jobWith(fields), NOW);
  const submitted = { at: at(-45), status: 'SUBMITTING' };

  test('does not say of an adopted job that the platform took it before a poll told so', () => {
    const adopted = { at: at(-45), status: 'QUEUED' };
    const unreached = why({ status: 'QUEUED', unknownSince: at(-45), ...timed(adopted) });
    expect(unreached.meaning).toBe('it was adopted, and no poll has told yet whether the platform knows it');
    expect(why({ status: 'QUEUED', ...timed(adopted) }).meaning).toBe('the platform took it and has not begun');
    expect(why({ status: 'QUEUED', unknownSince: at(-5), ...timed(submitted, adopted) }).meaning).toBe(
      'the platform took it and has not begun',
    );
  });

  test('says of a job whose connection was removed what became of it, and not that the platform lost it', () => {
    const error = { code: 'ConnectionRemoved', message: 'removed', outcomeUncertain: true };
    expect(why({ status: 'LOST', error, ...timed(submitted) }).meaning).toBe(
      'its connection was removed while it was open, so nobody can ask about it',
    );
  });

  test("prefers the API's own list of what was seen, and has words for each entry", () => {
    const timeline = [
      submitted,
      { at: at(-30), status: 'RUNNING', progress: 10, message: 'm', looks: 1 },
      { at: at(-25), parts: ['i-1', 'i-2'], looks: 2 },
      { at: at(-20), unknown: 'http.timeout: no answer', looks: 3 },
      { at: at(-15), unknown: null, looks: 4 },
      { at: at(-10), cancel: 'requested', looks: 4 },
      { at: at(-9), cancel: 'sent', looks: 4 },
      { at: at(-8), cancel: 'refused', looks: 4 },
    ];
    const seen = (fields: Partial<Job>) => {
      const lines = explainLines(why({ ...fields, ...timed(...timeline) }), PLAIN);
      return lines.slice(lines.indexOf('seen') + 1).map((line) => line.slice(at(0).length + 4));
    };
    expect(seen({})).toEqual([
      'SUBMITTING',
      'RUNNING  10 %  m  look 1',
      'parts: i-1, i-2  look 2',
      'looks do not tell its state: http.timeout: no answer  look 3',
      'looks tell its state again  look 4',
      'cancel requested',
      'the platform took the request to cancel',
      'the platform refused to cancel',
    ]);
    expect(seen({ platform: 'task' })).toContain('the worker is told in the answer to its next report');
  });

  test('an error, and what to do next', () => {
    const error = { code: 'X', message: 'e', retryable: true, outcomeUncertain: true, details: { a: 1 } };
    const timeline = timed(submitted, { at: at(5), status: 'FAILED', looks: 7 });
    const times = { startedAt: at(-30), completedAt: at(0), looks: 7 };
    expect(why({ status: 'FAILED', error, ...times, ...timeline })).toMatchObject({
      meaning: 'the platform says that it failed',
      reasons: [
        'the error is X: e',
        'its details are {"a":1}',
        'it may have had effects all the same',
        'what its errors mean: docs/platforms/vsphere.md',
        'it took 45 s from submit to end, 30 s of them at work',
        'it was looked at 7 times; its end was seen 5 s after it',
      ],
      next: 'look at the resource, then submit it again: another try may go through',
    });
  });

  test.each([
    [{ retryable: true }, /^submit it again: another try/],
    [{ retryable: false }, /^put right what the error names: the same job would fail again$/],
    [{}, /^look it up at the platform, where it is task-5: the error does not tell whether another try helps$/],
  ])('of a job that really failed, with %j', (more, next) => {
    const error = { code: 'X', message: 'e', ...more };
    expect(why({ status: 'FAILED', error, platformJobId: 'task-5' }).next).toMatch(next);
  });

  test('for how long looks told nothing, when they do again', () => {
    const spell = (from: number, to: number) => [
      { at: at(from), unknown: 'http.timeout: no answer' },
      { at: at(to), unknown: null },
    ];
    const { reasons } = why(timed(submitted, ...spell(-40, -30), ...spell(-20, -15)));
    expect(reasons).toContain('looks did not tell its state for 15 s in all: http.timeout: no answer');
    const open = timed(submitted, { at: at(-20), unknown: 'r' });
    const { reasons: still } = why({ ...open, unknownSince: at(-20), unknownReason: 'r' });
    expect(still.filter((reason) => reason.includes('in all'))).toEqual([]);
  });

  describe('a submit that started nothing', () => {
    const failed = timed(submitted, { at: at(-45), status: 'FAILED' });
    const over = { status: 'FAILED', completedAt: at(-45), ...failed } as const;
    const error = { code: 'InvalidLogin', message: 'Login was answered with InvalidLogin: no' };

    test('the platform could not be logged in to', () => {
      const explanation = why({ ...over, neverSubmitted: true, error: { ...error, retryable: true } });
      expect(explanation).toMatchObject({
        meaning: 'nothing was started, the platform could not be reached or logged in to',
        reasons: [
          'the error is Login was answered with InvalidLogin: no',
          'what its errors mean: docs/platforms/vsphere.md',
        ],
        next: 'pollux connections check vsphere/dc1 says when it works; then submit it again',
      });
    });

    test('the platform refused it', () => {
      expect(why({ ...over, error: { ...error, retryable: false } })).toMatchObject({
        meaning: 'nothing was started, the platform refused the submit',
        next: 'put right what the error names, and submit it again',
      });
      expect(why({ ...over, error: { ...error, retryable: true } }).next).toMatch(/^submit it again/);
    });

    test.each([
      ['it was looked at', { looks: 1 }],
      ['the platform has a name for it', { platformJobId: 'task-5' }],
      ['it may have had effects', { error: { ...error, outcomeUncertain: true } }],
      ['it was queued', timed(submitted, { at: at(-40), status: 'QUEUED' }, { at: at(-39), status: 'FAILED' })],
    ])('is not one: %s', (_, fields) => {
      expect(why({ ...over, error, ...fields }).meaning).toBe('the platform says that it failed');
    });
  });

  test('of a task it is the worker that says something', () => {
    const task = { platform: 'task', message: 'Writing' };
    expect(why(task)).toMatchObject({ meaning: 'the worker says that it is at work' });
    expect(why(task).reasons).toContain('the worker says: Writing');
    expect(why({ ...task, status: 'QUEUED' }).meaning).toBe('its worker has not reported yet');
    const error = { code: 'DiskFull', message: 'e' };
    expect(explainLines(why({ ...task, status: 'FAILED', error, looks: 2 }), PLAIN).join()).not.toContain('platforms/');
  });
});
