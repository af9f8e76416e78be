import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { Pollux } from '../../infra/pollux.ts';
import { asText, exampleConnections, exampleStack, type Found, ofType } from './fixtures.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const { template } = exampleStack();
const of = (type: string) => ofType(template, type);
const alarms = new Map(
  of('AWS::CloudWatch::Alarm').map((found) => [found.logicalId.replace(/^PolluxMonitoring|.{8}$/g, ''), found]),
);
const alarm = (name: string) => alarms.get(name)!.properties;
const runbook = readFileSync(join(ROOT, 'docs', 'runbook.md'), 'utf8');
const platforms = ['Vsphere', 'Cloudstack', 'F5Vcmp', 'Symphony', 'Bmc', 'Task'];

describe('alarms', () => {
  it('are these', () => {
    const each = ['LoopFailed', 'CheckErrors', 'SubmitErrors', 'FunctionsThrottled', 'LoopsThrottled'];
    const ofPlatforms = platforms.flatMap((it) => each.map((name) => `${it}${name}`));
    const loops = ['ReconcileNotRunning', 'ReconcileErrors', 'ReconcileRepairs', 'LoopsNotRepaired'];
    const throttled = ['ReconcileThrottled', 'TableThrottled'];
    const others = ['ReconcileDeadLetters', 'PublishFailures', 'ConnectionsDown', 'OldestUnknown', 'ApiServerErrors'];
    const lastSteps = ['CallbacksRefused', 'CallbacksGivenUp', 'WritesFailed', 'ItemCollectionSize'];
    expect([...alarms.keys()].sort()).toEqual([...ofPlatforms, ...loops, ...throttled, ...others, ...lastSteps].sort());
  });

  it('go off for a loop that does not run: it failed, nobody replaces it, or nobody looks', () => {
    expect(alarm('VsphereLoopFailed')).toMatchObject({ Namespace: 'AWS/States', MetricName: 'ExecutionsFailed' });
    expect(expressionOf('LoopsNotRepaired')).toContain('SELECT SUM(LoopsNotRepaired)');
    expect(alarm('ReconcileNotRunning')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 300,
      EvaluationPeriods: 2,
      // No call, no number: here silence is the fault.
      TreatMissingData: 'breaching',
    });
  });

  it('go off when publishing fails, a connection is down, and a job is unknown for half an hour', () => {
    expect(expressionOf('PublishFailures')).toContain('SELECT SUM(PublishFailures)');
    expect(expressionOf('ConnectionsDown')).toContain('SELECT SUM(ConnectionsDown)');
    expect(expressionOf('OldestUnknown')).toContain('SELECT MAX(OldestUnknownSeconds)');
    expect(alarm('OldestUnknown')).toMatchObject({ Threshold: 1800, TreatMissingData: 'notBreaching' });
    // A loop sleeps for up to 15 minutes: a shorter period would have gaps, which count as health.
    for (const name of ['ConnectionsDown', 'OldestUnknown']) expect(periodOf(name)).toBe(900);
  });

  it('go off when task tokens are refused, writes of jobs fail, and a connection has 7 of its 10 GB', () => {
    expect(expressionOf('CallbacksRefused')).toContain('SELECT SUM(CallbacksRefused)');
    expect(alarm('CallbacksGivenUp')).toMatchObject({ Threshold: 1, DatapointsToAlarm: 1, EvaluationPeriods: 1 });
    expect(expressionOf('WritesFailed')).toContain('SELECT SUM(WritesFailed)');
    expect(expressionOf('ItemCollectionSize')).toContain('SELECT MAX(ItemCollectionSize)');
    expect(alarm('ItemCollectionSize')).toMatchObject({
      Threshold: 7,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('go off when something is throttled: functions, executions, the table, of which a quota of the account may be the cause', () => {
    const metricsOf = (name: string) =>
      alarm(name).Metrics.flatMap(({ MetricStat }: any) =>
        MetricStat ? [`${MetricStat.Metric.Namespace} ${MetricStat.Metric.MetricName}`] : [],
      );
    expect(metricsOf('VsphereFunctionsThrottled')).toEqual(['AWS/Lambda Throttles', 'AWS/Lambda Throttles']);
    expect(metricsOf('TableThrottled')).toEqual([
      'AWS/DynamoDB ReadThrottleEvents',
      'AWS/DynamoDB WriteThrottleEvents',
    ]);
    // A metric that AWS has not written adds nothing, instead of making the sum unknown.
    for (const name of ['VsphereFunctionsThrottled', 'TableThrottled']) {
      expect(expressionOf(name)).toMatch(/^FILL\(\w+, 0\) \+ FILL\(\w+, 0\)$/);
    }
    expect(alarm('VsphereLoopsThrottled')).toMatchObject({ Namespace: 'AWS/States', MetricName: 'ExecutionThrottled' });
    expect(alarm('ReconcileThrottled')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Throttles',
      Threshold: 1,
    });
  });

  it('read metrics that the code counts, of this stack alone', () => {
    const sources = globSync(['shared/**/*.ts', 'functions/**/*.ts'], { cwd: ROOT });
    const code = sources.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
    const own = [...alarms.keys()].map(expressionOf).filter((expression) => expression?.startsWith('SELECT'));
    expect(own).toHaveLength(9);
    for (const expression of own) {
      const [, name] = /^SELECT (?:SUM|MAX)\((\w+)\) FROM Pollux WHERE service = '\$\{AWS::StackName\}'$/.exec(
        expression!,
      )!;
      expect(code).toContain(`metrics.count('${name}'`);
    }
  });

  it('do what the operator says, each of them', () => {
    const stack = new Stack(new App(), 'Mine');
    const action = new SnsAction(new sns.Topic(stack, 'Topic'));
    new Pollux(stack, 'Pollux', { connections: exampleConnections, alarmActions: [action] });
    const made = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
    expect(made).toHaveLength(alarms.size);
    for (const { Properties } of made) expect(Properties.AlarmActions).toHaveLength(1);
  });
});

describe('the runbook', () => {
  const anchors = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(' ', '-'));

  it.each([...alarms])('has a section for %s, and the alarm names it', (_, { properties }) => {
    const [, anchor] = / See docs\/runbook\.md#([a-z-]+)$/.exec(properties.AlarmDescription)!;
    expect(anchors).toContain(anchor);
  });

  it('has no section that no alarm names', () => {
    const named = [...alarms.values()].map(({ properties }) => properties.AlarmDescription.split('#')[1]);
    // What to do when the table is lost: no alarm can know.
    expect(anchors.filter((anchor) => !named.includes(anchor))).toEqual(['restore']);
  });

  it('says in each section what it means, how to check, and what to do', () => {
    for (const section of runbook.split(/^## /m).slice(1)) {
      for (const part of ['**Means** ', '**Check**', '**Do**']) expect(section).toContain(part);
      expect(section).toContain('```sh');
    }
  });

  it('has commands that a shell can read', () => {
    for (const [, commands] of runbook.matchAll(/```sh\n([\s\S]*?)```/g)) {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: commands!, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
  });

  it('names resources that there are', () => {
    const asked = [...runbook.matchAll(/(?:physical (AWS::\w+::\w+)|^warnings) ([A-Z]\w+)/gm)];
    expect(asked.length).toBeGreaterThan(10);
    for (const [, type = 'AWS::Logs::LogGroup', part] of asked) {
      expect(of(type).filter(({ logicalId }) => logicalId.includes(part!)).length, `${type} ${part}`).toBe(1);
    }
  });
});

describe('what is kept, and for how long', () => {
  it('logs: a month, each in a group of its own that goes with the stack', () => {
    const groups = of('AWS::Logs::LogGroup');
    for (const { properties } of groups) expect(properties.RetentionInDays).toBe(30);
    const used = of('AWS::Lambda::Function').map(({ properties }) => properties.LoggingConfig.LogGroup.Ref);
    expect(new Set(used).size).toBe(used.length);
    // One besides for each loop, and the API's access log.
    expect(groups).toHaveLength(used.length + of('AWS::StepFunctions::StateMachine').length + 1);
  });

  it('the table: restorable to any second, encrypted, protected from deletion, and finished jobs expire', () => {
    const [{ properties }] = of('AWS::DynamoDB::Table') as [Found];
    expect(properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      DeletionProtectionEnabled: true,
    });
    // Absent: a key of DynamoDB's own, by which every table is encrypted.
    expect(properties.SSESpecification).toBeUndefined();
  });

  it('dead letters: two weeks, encrypted, over TLS, for what is called without anybody waiting', () => {
    const [queue, ...more] = of('AWS::SQS::Queue');
    expect(more).toEqual([]);
    expect(queue!.properties).toMatchObject({ MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true });
    const policies = of('AWS::SQS::QueuePolicy').flatMap(({ properties }) => properties.PolicyDocument.Statement);
    expect(policies).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
    const queueArn = `\${${queue!.logicalId}.Arn}`;
    const targets = of('AWS::Events::Rule').flatMap(({ properties }) => properties.Targets);
    expect(targets.map((target: any) => asText(target.DeadLetterConfig.Arn))).toEqual([queueArn, queueArn]);
    const asynchronous = of('AWS::Lambda::Function').filter(({ properties }) => properties.DeadLetterConfig);
    expect(asynchronous.map(({ properties }) => properties.Description)).toEqual(['Pollux: reconcile']);
  });

  it('traces: of every function and every loop', () => {
    for (const { properties } of of('AWS::Lambda::Function')) expect(properties.TracingConfig.Mode).toBe('Active');
    for (const { properties } of of('AWS::StepFunctions::StateMachine')) {
      expect(properties.TracingConfiguration.Enabled).toBe(true);
    }
  });
});

function expressionOf(name: string): string | undefined {
  const { Metrics } = alarm(name);
  return Metrics === undefined ? undefined : asText(Metrics[0].Expression);
}

function periodOf(name: string): number {
  const { Metrics, Period } = alarm(name);
  return Metrics === undefined ? Period : Metrics[0].Period;
}
