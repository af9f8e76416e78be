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
  [patternOf({ connection: ['vsphere/dc1'] }), [true, true]],
  [patternOf({ connection: ['task/dc1', 'vsphere/dc2'] }), [false, false]],
  [patternOf({ connection: ['task/dc1', 'vsphere/dc1'], status: ['FAILED'] }), [true, false]],
  [patternOf({ connection: ['task/w', 'dc1'] }), [true, true]],
  [patternOf({ platform: ['task', 'bmc'], connection: ['task/w', 'dc1'] }), [false, false]],
  [patternOf({ operation: ['PowerOnVM_Task'] }), [true, false]],
  [patternOf({ label: ['team=db', 'team=web'] }), [true, false]],
])('the pattern %j', (pattern, expected) => {
  expect(taken(pattern)).toEqual(expected);
});

test('connections of one platform need no alternatives, and each is named once', () => {
  expect(jobStatePattern({ connections: ['vsphere/dc1', 'vsphere/dc2', 'vsphere/dc1'] }).detail).toEqual({
    platform: ['vsphere'],
    connection: ['dc1', 'dc2'],
  });
});

test.each([
  [{ statuses: [] }, 'An empty list of values for "statuses"'],
  [{ statuses: 'FAILED' }, '"statuses" must be a list, as ["FAILED"]'],
  [{ statuses: ['FAILD'] }, '"statuses" has "FAILD"; did you mean "FAILED"? it must be "SUCCEEDED", '],
  [{ status: ['FAILED'] }, '"status": no such key; did you mean "statuses"?'],
  [{ toString: ['x'] }, '"toString": no such key'],
  [{ labels: { team: 'web' } }, '"labels.team" must be a list, as ["web"]'],
  [{ labels: ['web'] }, '"labels" must be an object of lists'],
  [{ operations: [7] }, '"operations" has 7: it must be a text'],
  [{ connections: ['vsphere/dc1/01'] }, '"connections" has "vsphere/dc1/01": it must be <name> or <platform>/<name>'],
  [{ connections: ['task/w'], platforms: ['vsphere'] }, '"connections" has "task/w", but "platforms" does not'],
  [['FAILED'], 'a filter is an object of lists'],
  [null, 'a filter is an object of lists'],
])('the filter %j is a mistake, and not everything or nothing', (filter, message) => {
  expect(() => jobStatePattern(filter as never)).toThrow(message);
});

test('connections go down and up, and are nothing else', () => {
  expect(() => connectionStatePattern({ statuses: ['UNKNOWN'] as never })).toThrow('it must be "UP" or "DOWN"');
});

test('what to do instead on AWS has the pattern, safe for a shell', () => {
  const text = insteadText(patternOf({ label: ["who=it's"] }));
  expect(text).toContain(`"labels":{"who":["it'\\''s"]}`);
  expect(text).not.toMatch(/undefined|\[object/);
});
