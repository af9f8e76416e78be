import { describe, expect, it, test } from 'vitest';
import { duration, elapsed, localTime, number, planned, plural, relative } from '../../console/format.ts';

test.each([
  [-3, '0 s'],
  [0, '0 s'],
  [0.44, '0.4 s'],
  [9.96, '10 s'],
  [13.4, '13 s'],
  [59.6, '1 min'],
  [60, '1 min'],
  [125, '2 min 5 s'],
  [3599.7, '1 h'],
  [12_000, '3 h 20 min'],
  [86_399, '1 d'],
  [187_200, '2 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

describe('what is to come and what has been', () => {
  const now = Date.parse('2026-03-01T12:00:00.000Z');
  it.each([
    [12_000, 'in 12 s', 'in 12 s'],
    [200, 'in 1 s', 'in 1 s'],
    [0, '0 s ago', 'due now'],
    [-12_900, '12 s ago', 'due now'],
  ])('%d ms from now', (ms, text, plan) => {
    expect(relative(now + ms, now)).toBe(text);
    expect(planned(now + ms, now)).toBe(plan);
  });

  it('counts whole seconds, and never backwards', () => {
    expect(elapsed(now, now + 1_999)).toBe('1 s');
    expect(elapsed(now, now - 5_000)).toBe('0 s');
  });

  it('names the day only where it is another, in the zone of the reader', () => {
    const at = Date.parse('2026-02-28T23:30:05.000Z');
    expect(localTime(at, now, 'en-GB', 'UTC')).toBe('28 Feb 2026, 23:30:05 UTC');
    expect(localTime(at, now, 'en-GB', 'Europe/Berlin')).toBe('00:30:05 CET');
  });
});

test('numbers', () => {
  expect([plural(1, 'look'), plural(0, 'look'), plural(2, 'look is', 'looks are')]).toEqual([
    '1 look',
    '0 looks',
    '2 looks are',
  ]);
  expect([number(3), number(2.345)]).toEqual(['3', '2.3']);
});
