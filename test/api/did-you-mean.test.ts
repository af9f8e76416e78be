import { expect, test } from 'vitest';
import { didYouMean } from '../../shared/api/did-you-mean.ts';

test.each([
  ['vspere', 'vsphere'],
  ['vpshere', 'vsphere'],
  ['tsak', 'task'],
  ['TASK', 'task'],
  ['bcm', 'bmc'],
  ['task', 'task'],
  ['vsph', 'vsphere'],
])('%s is close to %s', (typed, meant) => {
  expect(didYouMean(typed, ['vsphere', 'task', 'bmc'])).toBe(`did you mean "${meant}"? `);
});

test.each(['', 'x', 'castor', 'ksat', 'v'.repeat(61)])('"%s" is close to nothing', (typed) => {
  expect(didYouMean(typed, ['vsphere', 'task', 'bmc'])).toBe('');
});
