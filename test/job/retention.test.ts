import { describe, expect, test } from 'vitest';
import { keepFinishedSeconds } from '../../shared/job/retention.ts';

describe('how long a finished job is kept', () => {
  test('30 days unless the stack says otherwise', () => {
    expect(keepFinishedSeconds({})).toBe(2_592_000);
    expect(keepFinishedSeconds({ POLLUX_KEEP_FINISHED_DAYS: '' })).toBe(2_592_000);
    expect(keepFinishedSeconds({ POLLUX_KEEP_FINISHED_DAYS: '7' })).toBe(604_800);
    expect(keepFinishedSeconds({ POLLUX_KEEP_FINISHED_DAYS: '0.5' })).toBe(43_200);
  });

  test.each(['0', '-1', 'a week', 'NaN', '1e9', 'Infinity'])('%s days is an error that names the variable', (text) => {
    expect(() => keepFinishedSeconds({ POLLUX_KEEP_FINISHED_DAYS: text })).toThrow(
      /POLLUX_KEEP_FINISHED_DAYS is ".+": it must be a number of days/,
    );
  });
});
