import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../infra/local/engine-error.ts';
import type { BusEvent } from '../../infra/local/event-bus.ts';
import { checkPattern, type EventPattern, matches } from '../../infra/local/event-pattern.ts';
import { clientOf, eventually, startFixture } from './fixture.ts';

const entry = (more: Record<string, unknown> = {}) => ({
  Source: 'pollux',
  DetailType: 'Job State Change',
  Detail: '{"status":"FAILED"}',
  EventBusName: 'Pollux-bus',
  ...more,
});

test('PutEvents takes the good entries and says of each other one why not', async () => {
  const seen: BusEvent[] = [];
  const engine = await startFixture({ onEvent: (event) => seen.push(event) });
  const client = new EventBridgeClient(clientOf(engine, 'EVENTBRIDGE'));
  const answer = await client.send(
    new PutEventsCommand({
      Entries: [
        entry(),
        entry({ Detail: '{' }),
        entry({ Source: undefined }),
        entry({ Source: 'aws.ec2' }),
        entry({ EventBusName: 'elsewhere' }),
        entry({
          Detail: '{"status":"SUCCEEDED"}',
          EventBusName: 'arn:aws:events:us-east-1:000000000000:event-bus/Pollux-bus',
        }),
        entry({ EventBusName: undefined }),
      ],
    }),
  );
  expect(answer.FailedEntryCount).toBe(4);
  expect(answer.Entries?.map(({ EventId, ErrorCode }) => ErrorCode ?? typeof EventId)).toEqual([
    'string',
    'MalformedDetail',
    'InvalidArgument',
    'NotAuthorizedForSourceException',
    'ResourceNotFoundException',
    'string',
    'string',
  ]);
  await eventually(() => (seen.length === 3 ? true : undefined));
  expect(seen[0]).toMatchObject({
    version: '0',
    source: 'pollux',
    'detail-type': 'Job State Change',
    detail: { status: 'FAILED' },
  });
  expect(seen[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(engine.counters().events).toBe(3);
  // The rule's bus and pattern let one through.
  await eventually(() => (engine.counters().invocations.Listener === 1 ? true : undefined));
});

test.each([
  ['no entry', []],
  ['eleven entries', Array.from({ length: 11 }, () => entry())],
  ['more than 256 KiB', [entry({ Detail: JSON.stringify({ x: 'x'.repeat(262_144) }) })]],
])('%s: the whole request is refused', async (_, Entries) => {
  const client = new EventBridgeClient(clientOf(await startFixture(), 'EVENTBRIDGE'));
  await expect(client.send(new PutEventsCommand({ Entries }))).rejects.toThrow(
    expect.objectContaining({ name: 'ValidationException' }),
  );
});

describe('event patterns', () => {
  const event = {
    source: 'pollux',
    detail: { status: 'FAILED', progress: 40, labels: { team: 'blue', tags: ['a', 'b'] }, empty: null },
  };
  test.each<[EventPattern, boolean]>([
    [{ source: ['pollux'] }, true],
    [{ source: ['other', 'pollux'] }, true],
    [{ source: ['other'] }, false],
    [{ source: ['pollux'], detail: { status: ['SUCCEEDED'] } }, false],
    [{ detail: { status: ['SUCCEEDED', 'FAILED'], labels: { team: ['blue'] } } }, true],
    [{ detail: { labels: { tags: ['b'] } } }, true],
    [{ detail: { status: [{ prefix: 'FAI' }] } }, true],
    [{ detail: { status: [{ prefix: 'X' }] } }, false],
    [{ detail: { status: [{ suffix: 'LED' }] } }, true],
    [{ detail: { status: [{ 'anything-but': 'FAILED' }] } }, false],
    [{ detail: { status: [{ 'anything-but': ['LOST', 'CANCELED'] }] } }, true],
    [{ detail: { status: [{ 'anything-but': { prefix: 'FA' } }] } }, false],
    [{ detail: { missing: [{ 'anything-but': 'x' }] } }, false],
    [{ detail: { missing: [{ exists: false }] } }, true],
    [{ detail: { labels: { team: [{ exists: true }] } } }, true],
    [{ detail: { nowhere: { deeper: [{ exists: false }] } } }, true],
    [{ detail: { nowhere: { deeper: ['x'] } } }, false],
    [{ detail: { empty: [null] } }, true],
    [{ detail: { progress: [40] } }, true],
    [{ detail: { progress: ['40'] } }, false],
    [{ detail: { progress: [{ numeric: ['>', 0, '<=', 40] }] } }, true],
    [{ detail: { progress: [{ numeric: ['>', 40] }] } }, false],
    [{ detail: { $or: [{ status: ['LOST'] }, { labels: { team: ['blue'] } }] } }, true],
    [{ detail: { $or: [{ status: ['LOST'] }, { status: ['FAILED'], labels: { team: ['red'] } }] } }, false],
    [{ detail: { status: ['LOST'], $or: [{ progress: [40] }, { progress: [41] }] } }, false],
    [{ $or: [{ source: ['other'] }, { $or: [{ source: ['x'] }, { source: [{ prefix: 'pol' }] }] }] }, true],
  ])('%j: %s', (pattern, expected) => {
    expect(matches(checkPattern(pattern, 'R'), event)).toBe(expected);
  });

  test('a matcher that the engine does not know is an error', () => {
    for (const matcher of [
      { numeric: '>5' },
      { numeric: ['>'] },
      { numeric: ['>', '5'] },
      { numeric: ['toString', 5] },
      { prefix: { 'equals-ignore-case': 'a' } },
      { exists: 'yes' },
      { 'anything-but': [{ cidr: '10.0.0.0/8' }] },
      { '': 1 },
    ]) {
      expect(() => checkPattern({ detail: { x: [matcher] } }, 'R'), JSON.stringify(matcher)).toThrow(EngineError);
    }
    for (const $or of [{}, [], [{ x: ['a'] }], [{ x: ['a'] }, {}], [{ x: ['a'] }, 'b'], [{ x: ['a'] }, { x: 'b' }]]) {
      expect(() => checkPattern({ detail: { $or } }, 'R'), JSON.stringify($or)).toThrow(EngineError);
    }
    expect(() => checkPattern({ $and: [{ x: ['a'] }, { x: ['b'] }] }, 'R')).toThrow(EngineError);
    expect(matches({ constructor: [{ exists: true }] } as never, {})).toBe(false);
    expect(() => checkPattern(null, 'R')).toThrow(EngineError);
    expect(() => checkPattern({ detail: { ip: [{ cidr: '10.0.0.0/8' }] } }, 'R')).toThrow(
      'rule R: the matcher "cidr" of "ip"',
    );
  });
});

describe('schedules', () => {
  const every = (ScheduleExpression: string, more: object = {}) => ({
    Type: 'AWS::Events::Rule',
    Properties: { ScheduleExpression, Targets: [{ Id: 'a', Arn: { 'Fn::GetAtt': ['Listener', 'Arn'] } }], ...more },
  });

  test('fire once right after the start; a disabled one does not', async () => {
    const more = {
      Minutely: every('rate(1 minute)'),
      Off: every('rate(1 minute)', { State: 'DISABLED' }),
      Later: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          ScheduleExpression: 'rate(2 hours)',
          Target: { Arn: { 'Fn::GetAtt': ['Listener', 'Arn'] }, Input: '{"do":"count"}' },
        },
      },
    };
    const engine = await startFixture({ more });
    await eventually(() => (engine.counters().invocations.Listener === 2 ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(engine.counters().invocations.Listener).toBe(2);
  });

  test('in another form than rate(…) are an error', async () => {
    await expect(startFixture({ more: { Nightly: every('cron(0 3 * * ? *)') } })).rejects.toThrow(
      'schedule Nightly: cron(0 3 * * ? *) does not run on one machine; use rate(…)',
    );
  });
});
