import { expect, test } from 'vitest';
import { matchesTag } from '../../shared/api/entity-tag.ts';

test.each([
  ['"5"', true],
  ['W/"5"', true],
  ['*', true],
  [' * ', true],
  ['"4", "5"', true],
  ['"4",W/"5" , "6"', true],
  ['"a,b", "5"', true],
  ['"4"', false],
  ['"45"', false],
  ['5', false],
  ['""', false],
  ['', false],
  ['"4", *', false],
  [undefined, false],
])('If-None-Match: %s', (header, matches) => {
  expect(matchesTag(header, '"5"')).toBe(matches);
});

test('a header of any length takes no time to speak of', () => {
  const begun = process.cpuUsage();
  for (const piece of ['W/', '"x', '"",', '"', ',']) matchesTag(piece.repeat(200_000), '"5"');
  expect(process.cpuUsage(begun).user / 1000).toBeLessThan(1000);
});
