import { expect, test } from 'vitest';
import { insteadText, patternOf } from '../../cli/commands/events.ts';
import {
  connectionStatePattern,
  isConnectionStateChange,
  isJobStateChange,
  jobStatePattern,
} from '../../client/events.ts';
import type { EventPattern } from '../../infra/local/event-pattern.ts';
import { matches } from '../../infra/local/event-pattern.ts';
import { jobWith } from './job.ts';

const job = {
  source: 'pollux',
  'detail-type': 'Job State Change',
  detail: { ...jobWith({ status: 'FAILED', labels: { team: 'web' } }), eventId: 'e', schemaVersion: 1 },
};
const connection = {
  source: 'pollux',
  'detail-type': 'Connection State Change',
  detail: { platform: 'vsphere', connection: 'dc1', status: 'DOWN', previousStatus: 'UP' },
};

test('the guards tell the two kinds, and neither from anything else', () => {
  const others = [undefined, null, 'x', {}, { ...job, source: 'aws.ec2' }, { ...job, detail: null }];
  expect([job, connection, ...others].map((it) => isJobStateChange(it))).toEqual([
    true,
    false,
    ...others.map(() => false),
  ]);
  expect([job, connection, ...others].map((it) => isConnectionStateChange(it))).toEqual([
    false,
    true,
    ...others.map(() => false),
  ]);
});

const taken = (pattern: object) => [job, connection].map((event) => matches(pattern as EventPattern, event));

test.each([
  [jobStatePattern(), [true, false]],
  [jobStatePattern({ statuses: ['FAILED', 'LOST'], labels: { team: ['web'] } }), [true, false]],
  [jobStatePattern({ statuses: ['LOST'] }), [false, false]],
  [jobStatePattern({ labels: { team: ['db'] } }), [false, false]],
  [connectionStatePattern({ statuses: ['DOWN'], connections: ['dc1'] }), [false, true]],
  [patternOf({}), [true, true]],
  [patternOf({ platform: ['vsphere'], connection: ['dc1', 'dc2'] }), [true, true]],
  [patternOf({ platform: ['bmc'] }), [false, false]],
  [patternOf({ operation: ['PowerOnVM_Task'] }), [true, false]],
  [patternOf({ label: ['team=db', 'team=web'] }), [true, false]],
])('the pattern %j', (pattern, expected) => {
  expect(taken(pattern)).toEqual(expected);
});

test('an empty list of values is a mistake, not everything', () => {
  expect(() => jobStatePattern({ statuses: [] })).toThrow('An empty list of values for "status"');
});

test('what to do instead on AWS has the pattern, safe for a shell', () => {
  const text = insteadText(patternOf({ label: ["who=it's"] }));
  expect(text).toContain(`"labels":{"who":["it'\\''s"]}`);
  expect(text).not.toMatch(/undefined|\[object/);
});
