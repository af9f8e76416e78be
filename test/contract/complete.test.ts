import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { adapters } from '../../shared/platforms/registry.ts';
import { PLATFORMS } from './platforms.ts';

test.each(adapters.map(({ platform }) => platform))('%s is held to the contract', (platform) => {
  expect(PLATFORMS.some(({ adapter }) => adapter.platform === platform)).toBe(true);
  expect(existsSync(new URL(`./${platform}.test.ts`, import.meta.url))).toBe(true);
});

test('every skip has a reason', () => {
  for (const { skips } of PLATFORMS)
    for (const reason of Object.values(skips)) expect(reason.length).toBeGreaterThan(20);
});
