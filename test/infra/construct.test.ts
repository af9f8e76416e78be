import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { functionsOf } from '../../infra/bundles.ts';
import { Pollux } from '../../infra/pollux.ts';
import type { PolluxProps } from '../../infra/props.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { asText, EXAMPLE, exampleConnections } from './fixtures.ts';

const platforms = Object.keys(exampleConnections);
/** The functions of all platforms: a report function only where workers report. */
const ofPlatforms = platforms.flatMap((platform) => functionsOf(adapterOf(platform)!));

describe('the construct', () => {
  function inStack(props: Partial<PolluxProps> = {}) {
    const stack = new Stack(new App(), 'Mine');
    return { stack, pollux: new Pollux(stack, 'Pollux', { connections: exampleConnections, ...props }) };
  }

  it('calls a target when jobs end', () => {
    const { stack, pollux } = inStack();
    pollux.onJobStateChange('Failed', {
      platforms: ['vsphere'],
      statuses: ['FAILED', 'TIMED_OUT'],
      target: new SqsQueue(new sqs.Queue(stack, 'Queue')),
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['pollux'],
        'detail-type': ['Job State Change'],
        detail: { platform: ['vsphere'], status: ['FAILED', 'TIMED_OUT'] },
      },
    });
  });

  it('opens one connection to one caller', () => {
    const { stack, pollux } = inStack();
    const role = new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    pollux.grantSubmit(role, 'vsphere/dc1');
    const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')) as any[];
    const [granted] = policies
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter((statement) => statement.Action === 'execute-api:Invoke');
    const paths = granted.Resource.map((resource: unknown) =>
      asText(resource)
        .replace(/^.*?\}\//, '')
        .split('}/')
        .at(-1),
    );
    expect(paths.sort()).toEqual([
      '$default/GET/v1/vsphere/dc1/jobs',
      '$default/GET/v1/vsphere/dc1/jobs/*',
      '$default/GET/v1/vsphere/dc1/operations',
      '$default/POST/v1/vsphere/dc1/jobs',
      '$default/POST/v1/vsphere/dc1/jobs/*/cancel',
      '$default/POST/v1/vsphere/dc1/jobs/*/report',
    ]);
    expect(() => pollux.grantSubmit(role, 'vsphere/dc2')).toThrow('"vsphere/dc1", "cloudstack/zone-a"');
  });

  it('lets jobs complete a task of a state machine that itself calls the API', () => {
    const { stack, pollux } = inStack();
    const machine = new sfn.StateMachine(stack, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromString(
        stack.toJsonString({
          StartAt: 'A',
          States: { A: { Type: 'Pass', Result: pollux.api.api.apiEndpoint, End: true } },
        }),
      ),
    });
    pollux.grantSubmit(machine, 'vsphere/dc1');
    pollux.allowCallbacks(machine);
    // Throws if there is a cycle.
    const made = Template.fromStack(stack);
    const callback = { Action: ['states:SendTaskSuccess', 'states:SendTaskFailure'] };
    const policies = JSON.stringify(made.findResources('AWS::IAM::Policy'));
    expect(policies.split(JSON.stringify(callback).slice(1, -1)).length - 1).toBe(
      // Reconcile completes those of jobs whose connection was removed.
      platforms.length + 1,
    );
  });

  it('takes tokens of an issuer instead of IAM, and then grants nothing', () => {
    const jwt = { issuer: 'https://id.example.com', audience: ['pollux'] };
    const { stack, pollux } = inStack({ auth: { jwt } });
    const made = Template.fromStack(stack);
    const routes = Object.values(made.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties);
    const open = routes.filter(({ AuthorizationType }) => AuthorizationType !== 'JWT');
    // The page of the console, which holds no data; it asks for the token itself.
    expect(open.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType])).toEqual([['GET /', 'NONE']]);
    expect(routes.length).toBeGreaterThan(5);
    made.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Audience: ['pollux'], Issuer: jwt.issuer },
    });
    const user = new iam.User(stack, 'User');
    expect(() => pollux.grantSubmit(user, 'vsphere/dc1')).toThrow('JWT');
  });

  it('takes a bus that is there, and lets its table go on demand', () => {
    const stack = new Stack(new App(), 'Mine');
    const bus = events.EventBus.fromEventBusName(stack, 'Bus', 'default') as events.IEventBus;
    const props = { connections: exampleConnections, bus, removalPolicy: RemovalPolicy.DESTROY };
    new Pollux(stack, 'Pollux', props);
    const made = Template.fromStack(stack);
    made.resourceCountIs('AWS::Events::EventBus', 0);
    made.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    });
  });

  it('reaches platforms from a VPC', () => {
    const stack = new Stack(new App(), 'Mine');
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 1, maxAzs: 2 }) as ec2.IVpc;
    new Pollux(stack, 'Pollux', { connections: exampleConnections, vpc });
    const made = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')) as any[];
    const inside = made
      .filter(({ Properties }) => Properties.VpcConfig)
      .map(({ Properties }) => Properties.Description);
    expect(inside.filter((description: string) => / of /.test(description))).toHaveLength(ofPlatforms.length);
  });

  it('refuses connections by the path of what is wrong', () => {
    const connections = { vsphere: { dc1: { urll: 'https://vc.example.com/sdk', secret: 'vc' } } } as never;
    expect(() => inStack({ connections })).toThrow(
      /^connections has 2 problems:\n(.*\n)? {2}- \$\.vsphere\.dc1\.urll: no such option; did you mean "url"\?/,
    );
    expect(() => inStack({ connections: {} })).toThrow('$: no connection in it');
    for (const connections of [undefined, null, [], 'connections.json'] as never[]) {
      expect(() => inStack({ connections })).toThrow('connections has a problem:\n  - must be an object');
    }
    const Untyped = Pollux as unknown as new (...args: unknown[]) => Pollux;
    expect(() => new Untyped(new Stack(new App(), 'Mine'), 'Pollux')).toThrow('connections has a problem');
  });

  it('takes connections of a file, and checks them again without harm', () => {
    const connections = Pollux.connectionsFrom(EXAMPLE);
    expect(connections).toEqual(exampleConnections);
    inStack({ connections });
    expect(() => Pollux.connectionsFrom('/nowhere.json')).toThrow('/nowhere.json has a problem');
  });

  it('has metrics of its connections, and knows no others', () => {
    const { stack, pollux } = inStack();
    const failed = pollux.metricJobsFinished('vsphere/dc1', { status: 'FAILED' });
    expect(stack.resolve(failed.toMetricConfig().metricStat)).toMatchObject({
      namespace: 'Pollux',
      metricName: 'JobsFailed',
      statistic: 'Sum',
      dimensions: [
        { name: 'connection', value: 'dc1' },
        { name: 'platform', value: 'vsphere' },
        { name: 'service', value: { Ref: 'AWS::StackName' } },
      ],
    });
    const { metricName, statistic } = pollux.metricOldestUnknown('vsphere/dc1').toMetricConfig().metricStat!;
    expect([metricName, statistic]).toEqual(['OldestUnknownSeconds', 'Maximum']);
    expect(() => pollux.metricOpenJobs('vsphere/dc2')).toThrow('no connection "vsphere/dc2"; did you mean');
    for (const status of ['failed', 'toString', null] as never[]) {
      expect(() => pollux.metricJobsFinished('vsphere/dc1', { status })).toThrow(`no status "${status}"; `);
    }
  });

  it('leaves the schemas of the events out where a region has no registry', () => {
    const { stack } = inStack({ eventSchemas: false });
    Template.fromStack(stack).resourceCountIs('AWS::EventSchemas::Registry', 0);
  });

  it('matches labels', () => {
    const { stack, pollux } = inStack();
    const target = new SqsQueue(new sqs.Queue(stack, 'Queue'));
    pollux.onJobStateChange('Web', { labels: { team: ['web'] }, operations: ['PowerOnVM_Task'], target });
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { detail: { labels: { team: ['web'] }, operation: ['PowerOnVM_Task'] } },
    });
  });
});
