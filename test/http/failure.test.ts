import { expect, test } from 'vitest';
import { retryAfterSeconds } from '../../shared/http/failure.ts';

const NOW = Date.UTC(2026, 0, 1);

test.each([
  ['7', 7],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400],
  ['9'.repeat(400), 86_400],
  ['never', undefined],
  ['-5', 0],
  [['3', '5'], 3],
  [undefined, undefined],
])('Retry-After %s is %s seconds', (header, seconds) => {
  expect(retryAfterSeconds(header, NOW)).toBe(seconds);
});
