import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { checkPattern, matches } from '../../infra/local/event-pattern.ts';
import { type JobStateChangeProps, Pollux } from '../../infra/pollux.ts';
import './fixtures.ts';

type Filter = Omit<JobStateChangeProps, 'target'>;

const vcenter = { url: 'https://vcenter.example.com/sdk', secret: 'vc' };
const connections = {
  vsphere: { dc1: vcenter, dc2: vcenter },
  task: { dc1: {}, workers: {} },
};
const places = Object.entries(connections).flatMap(([platform, named]) =>
  Object.keys(named).map((connection) => ({ platform, connection })),
);

const stack = new Stack(new App(), 'Mine');
const pollux = new Pollux(stack, 'Pollux', { connections });
const target = new SqsQueue(new sqs.Queue(stack, 'Queue'));
let rules = 0;

function rule(filter: Filter): events.Rule {
  return pollux.onJobStateChange(`Rule${++rules}`, { ...filter, target });
}

function patternOf(filter: Filter): Record<string, any> {
  return stack.resolve((rule(filter).node.defaultChild as events.CfnRule).eventPattern);
}

describe('a rule of connections', () => {
  it.each<[Filter, string[]]>([
    [{}, ['vsphere/dc1', 'vsphere/dc2', 'task/dc1', 'task/workers']],
    [{ connections: ['vsphere/dc1'] }, ['vsphere/dc1']],
    [{ connections: ['dc1'] }, ['vsphere/dc1', 'task/dc1']],
    [{ connections: ['dc1'], platforms: ['task'] }, ['task/dc1']],
    [{ connections: ['vsphere/dc1', 'vsphere/dc2'] }, ['vsphere/dc1', 'vsphere/dc2']],
    [{ connections: ['vsphere/dc2', 'task/dc1'] }, ['vsphere/dc2', 'task/dc1']],
    [{ connections: ['vsphere/dc2', 'task/dc1', 'workers'] }, ['vsphere/dc2', 'task/dc1', 'task/workers']],
    [{ connections: ['task/workers', 'dc1'], platforms: ['task'] }, ['task/dc1', 'task/workers']],
  ])('%j matches these alone: %j', (filter, expected) => {
    const pattern = checkPattern(patternOf(filter), 'It');
    const event = (detail: object) => ({ source: 'pollux', 'detail-type': 'Job State Change', detail });
    const taken = places.filter((place) => matches(pattern, event({ ...place, status: 'FAILED' })));
    expect(taken.map(({ platform, connection }) => `${platform}/${connection}`)).toEqual(expected);
  });

  it('of several platforms is one pattern with the other fields', () => {
    const filter: Filter = { connections: ['vsphere/dc2', 'task/dc1'], statuses: ['LOST'] };
    expect(patternOf(filter).detail).toEqual({
      $or: [
        { platform: ['vsphere'], connection: ['dc2'] },
        { platform: ['task'], connection: ['dc1'] },
      ],
      status: ['LOST'],
    });
  });
});

describe('a rule that would never match as it was meant', () => {
  it.each<[object, string]>([
    [{ connections: ['dc9'] }, 'no connection "dc9"; did you mean "dc1"? there are "vsphere/dc1", '],
    [{ connections: ['vsphere/dc9'] }, 'no connection "vsphere/dc9"; did you mean "vsphere/dc1"?'],
    [{ connections: ['vsphere/workers'] }, 'no connection "vsphere/workers"; '],
    [{ connections: ['dc2'], platforms: ['task'] }, 'no connection "dc2"; did you mean "dc1"? there are "task/dc1"'],
    [{ connections: ['task/dc1'], platforms: ['vsphere'] }, '"connections" has "task/dc1", but "platforms" does not'],
    [{ platforms: ['cloudstack'] }, 'no connection of a platform "cloudstack"; there are those of vsphere, task'],
    [{ platforms: ['vpshere'] }, 'no connection of a platform "vpshere"; did you mean "vsphere"?'],
    [{ statuses: ['FAILD'] }, '"statuses" has "FAILD"; did you mean "FAILED"?'],
    [{ statuses: [] }, 'An empty list of values for "statuses"'],
    [{ status: ['FAILED'] }, '"status": no such key; did you mean "statuses"?'],
    [{ labels: { team: 'web' } }, '"labels.team" must be a list, as ["web"]'],
    [
      { operations: ['Power On'], platforms: ['vsphere'] },
      '"operations" has "Power On", which no submit takes (vsphere',
    ],
  ])('%j is an error that names it', (filter, message) => {
    expect(() => pollux.onJobStateChange('Failed', { ...filter, target })).toThrow(
      `onJobStateChange("Failed"): ${message}`,
    );
    expect(pollux.node.tryFindChild('Failed')).toBeUndefined();
  });

  it('has no target', () => {
    expect(() => pollux.onJobStateChange('None', {} as never)).toThrow('onJobStateChange("None"): "target" is missing');
  });
});

describe('operations', () => {
  it.each<[string, Filter]>([
    ['PowerOnVM_Task', { platforms: ['vsphere'] }],
    ['rebuild index', {}],
    ['rebuild index', { connections: ['workers'] }],
  ])('%s of %j can be submitted', (operation, filter) => {
    const made = rule({ ...filter, operations: [operation] });
    Annotations.fromStack(stack).hasNoWarning(`/${made.node.path}`, Match.anyValue());
  });

  it('that only an adopted job can have are a warning', () => {
    const made = rule({ platforms: ['vsphere'], operations: ['PowerOnVM'] });
    const [warning] = Annotations.fromStack(stack).findWarning(`/${made.node.path}`, Match.anyValue());
    expect(warning!.entry.data).toContain('must be the WSDL name of a method that returns a task, as PowerOnVM_Task');
    expect(warning!.entry.data).toContain('it matches adopted jobs alone');
  });

  it('of a platform with a few are held against those', () => {
    const grid = { transport: 'exec', scripts: '/opt/scripts' } as never;
    const other = new Stack(new App(), 'Other');
    const symphony = new Pollux(other, 'Pollux', { connections: { symphony: { grid } } });
    const target = new SqsQueue(new sqs.Queue(other, 'Queue'));
    expect(() => symphony.onJobStateChange('It', { operations: ['requestMachine'], target })).toThrow(
      'symphony: did you mean "requestMachines"? it must be "requestMachines" or "requestReturnMachines"',
    );
  });
});

it('matchers of the CDK are taken as they are', () => {
  const filter = {
    connections: events.Match.prefix('dc'),
    operations: events.Match.suffix('_Task'),
    labels: { team: events.Match.anythingBut('web') },
  };
  expect(patternOf(filter).detail).toEqual({
    connection: [{ prefix: 'dc' }],
    operation: [{ suffix: '_Task' }],
    labels: { team: [{ 'anything-but': ['web'] }] },
  });
});
