import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { Pollux } from '../../infra/pollux.ts';
import type { PolluxProps } from '../../infra/props.ts';
import { ACTIVE_ATTRIBUTES } from '../../shared/job/job.ts';
import { asText, exampleConnections } from './fixtures.ts';

/** The properties by which an operator changes what is made. One platform will do. */
const connections = { vsphere: exampleConnections.vsphere! };
const env = { account: '111111111111', region: 'eu-central-1' };

function stackWith(more: Partial<PolluxProps> | ((stack: Stack) => Partial<PolluxProps>) = {}, id = 'Pollux') {
  const stack = new Stack(new App(), 'Mine', { env });
  const props = typeof more === 'function' ? more(stack) : more;
  const pollux = new Pollux(stack, id, { connections, ...props });
  return { stack, pollux };
}
const resources = (stack: Stack, type: string) =>
  Object.values(Template.fromStack(stack).findResources(type)).map(({ Properties }) => Properties);
const functionOf = (stack: Stack, name: string) =>
  resources(stack, 'AWS::Lambda::Function').find(({ Description }) => Description === `Pollux: ${name}`)!;

describe('a table that is there already', () => {
  it('takes the place of a table of its own, in every function, right and alarm', () => {
    const { stack } = stackWith((stack) => ({ table: Pollux.tableFrom(stack, 'pollux-restored') }));
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::DynamoDB::Table', 0);
    const tables = resources(stack, 'AWS::Lambda::Function').flatMap(
      ({ Environment }) => Environment.Variables.POLLUX_TABLE ?? [],
    );
    expect(tables.length).toBeGreaterThan(7);
    expect(new Set(tables)).toEqual(new Set(['pollux-restored']));
    const actions = resources(stack, 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) =>
      PolicyDocument.Statement.filter(({ Action }: any) => /^dynamodb:/.test([Action].flat()[0])),
    );
    const arn = 'arn:${AWS::Partition}:dynamodb:eu-central-1:111111111111:table/pollux-restored';
    expect(new Set(actions.map(({ Resource }) => asText(Resource)))).toEqual(new Set([arn, `${arn}/index/active`]));
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: Match.arrayWith([
        Match.objectLike({
          MetricStat: { Metric: { Dimensions: [{ Name: 'TableName', Value: 'pollux-restored' }] } },
        }),
      ]),
    });
  });

  it('is refused with the faults of its key and its index, where they are known at synth', () => {
    const table = (stack: Stack, index: Partial<dynamodb.LocalSecondaryIndexProps> = {}, sortKey = 'sk') => {
      const made = new dynamodb.Table(stack, 'Table', {
        partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
        sortKey: { name: sortKey, type: dynamodb.AttributeType.STRING },
      });
      const activeSince = { name: 'activeSince', type: dynamodb.AttributeType.NUMBER };
      made.addLocalSecondaryIndex({ indexName: 'active', sortKey: activeSince, ...index });
      return made as dynamodb.ITable;
    };
    const synth = (make: (stack: Stack) => dynamodb.ITable) => () => {
      const { stack } = stackWith((stack) => ({ table: make(stack) }));
      return Template.fromStack(stack);
    };
    const include = { projectionType: dynamodb.ProjectionType.INCLUDE };
    expect(synth((stack) => table(stack))).not.toThrow();
    expect(
      synth((stack) => table(stack, { ...include, nonKeyAttributes: [...ACTIVE_ATTRIBUTES, 'more'] })),
    ).not.toThrow();
    expect(synth((stack) => table(stack, { ...include, nonKeyAttributes: ACTIVE_ATTRIBUTES.slice(1) }))).toThrow(
      'table: the local index "active" lacks the attributes operation',
    );
    expect(synth((stack) => table(stack, {}, 'id'))).toThrow(
      'table: the key is pk (S, HASH) and id (S, RANGE), and must be pk (S, HASH) and sk (S, RANGE)',
    );
    expect(synth((stack) => table(stack, { indexName: 'other' }))).toThrow(
      'table: the key of the local index "active" is missing, and must be pk (S, HASH) and activeSince (N, RANGE)',
    );
  });

  it('is refused in another account or region, and with a removal policy, which is its own matter', () => {
    const there = (arn: string) => () =>
      stackWith((stack) => ({ table: dynamodb.Table.fromTableArn(stack, 'Table', arn) }));
    expect(there('arn:aws:dynamodb:eu-west-1:111111111111:table/t')).toThrow('must be in the account and region');
    expect(there('arn:aws:dynamodb:eu-central-1:222222222222:table/t')).toThrow('must be in the account and region');
    expect(there('arn:aws:dynamodb:eu-central-1:111111111111:table/t')).not.toThrow();
    expect(() =>
      stackWith((stack) => ({ table: Pollux.tableFrom(stack, 'table'), removalPolicy: RemovalPolicy.DESTROY })),
    ).toThrow('removalPolicy is of a table that Pollux makes');
  });
});

describe('keepFinished', () => {
  it('tells the functions that end jobs for how many days a finished job is kept', () => {
    const { stack } = stackWith({ keepFinished: Duration.days(7) });
    for (const name of ['check-jobs of vsphere', 'submit-job of vsphere']) {
      expect(functionOf(stack, name).Environment.Variables.POLLUX_KEEP_FINISHED_DAYS).toBe('7');
    }
    expect(functionOf(stackWith().stack, 'check-jobs of vsphere').Environment.Variables.POLLUX_KEEP_FINISHED_DAYS).toBe(
      '30',
    );
  });

  it.each([Duration.hours(36), Duration.days(0), Duration.days(4000)])(
    'is a whole number of days: %o is refused',
    (keepFinished) => {
      expect(() => stackWith({ keepFinished })).toThrow('keepFinished must be a whole number of days from 1 to 3650');
    },
  );
});

describe('concurrency', () => {
  it('sets functions aside, each kind its own number, and none unless asked for', () => {
    const { stack } = stackWith({ concurrency: { submit: 100, check: 20, reconcile: 2 } });
    const reserved = (name: string) => functionOf(stack, name).ReservedConcurrentExecutions;
    expect(['submit-job of vsphere', 'check-jobs of vsphere', 'reconcile'].map(reserved)).toEqual([100, 20, 2]);
    expect(['cancel-job of vsphere', 'get-job'].map(reserved)).toEqual([undefined, undefined]);
    for (const fn of resources(stackWith().stack, 'AWS::Lambda::Function')) {
      expect(fn).not.toHaveProperty('ReservedConcurrentExecutions');
    }
  });

  it.each([{ submit: 0 }, { check: -1 }, { reconcile: 1.5 }, { submit: Number.NaN }, { submits: 1 }] as object[])(
    'of %o is refused: a function with none would never run',
    (concurrency) => {
      expect(() => stackWith({ concurrency })).toThrow('concurrency');
    },
  );
});

describe('reconcile', () => {
  it('is called every minute, and at once when an execution of a wait-loop fails', () => {
    const { stack } = stackWith();
    const rules = resources(stack, 'AWS::Events::Rule');
    expect(rules.map(({ ScheduleExpression }) => ScheduleExpression).filter(Boolean)).toEqual(['rate(1 minute)']);
    const [loops] = Object.keys(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
    const [pushed] = rules.filter(({ EventPattern }) => EventPattern);
    // On the default bus, where AWS puts it.
    expect(pushed).not.toHaveProperty('EventBusName');
    expect(pushed!.EventPattern).toEqual({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [{ Ref: loops }] },
    });
  });

  it('is given up after a minute in the queue of Lambda, and not repeated: the next minute brings the next call', () => {
    Template.fromStack(stackWith().stack).hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
      Qualifier: '$LATEST',
    });
  });
});

describe('a bus', () => {
  const busOf = (stack: Stack, arn: string) => events.EventBus.fromEventBusArn(stack, 'Bus', arn) as events.IEventBus;
  const target = (stack: Stack) => new SqsQueue(new sqs.Queue(stack, 'Queue'));

  it('of another account is named to check-jobs by its ARN, not by a name that the own account may have too', () => {
    const arn = 'arn:aws:events:eu-central-1:222222222222:event-bus/central';
    const { stack, pollux } = stackWith((stack) => ({ bus: busOf(stack, arn) }));
    expect(functionOf(stack, 'check-jobs of vsphere').Environment.Variables.POLLUX_BUS).toBe(arn);
    expect(JSON.stringify(resources(stack, 'AWS::IAM::Policy'))).toContain(`"Resource":"${arn}"`);
    expect(() => pollux.onJobStateChange('Rule', { target: target(stack) })).toThrow(
      `the bus ${arn} is in another account or region, and the rules of a bus are made where it is`,
    );
  });

  it('of another region is warned of, and takes no rules of this stack', () => {
    const arn = 'arn:aws:events:eu-west-1:111111111111:event-bus/central';
    const { stack, pollux } = stackWith((stack) => ({ bus: busOf(stack, arn) }));
    Annotations.fromStack(stack).hasWarning('/Mine/Pollux', Match.stringLikeRegexp('bus is in another region'));
    expect(() => pollux.onJobStateChange('Rule', { target: target(stack) })).toThrow('another account or region');
  });

  it('of the own account and region takes rules', () => {
    const arn = 'arn:aws:events:eu-central-1:111111111111:event-bus/central';
    const { stack, pollux } = stackWith((stack) => ({ bus: busOf(stack, arn) }));
    expect(() => pollux.onJobStateChange('Rule', { target: target(stack) })).not.toThrow();
    Annotations.fromStack(stack).hasNoWarning('/Mine/Pollux', Match.anyValue());
  });
});

describe('logs', () => {
  it('that AWS delivers itself are below /aws/vendedlogs/, so that they fill no policy of the account', () => {
    const { stack } = stackWith();
    const names = resources(stack, 'AWS::Logs::LogGroup')
      .map(({ LogGroupName }) => LogGroupName)
      .filter((name) => name !== undefined)
      .map(asText);
    // The loop's, and the access log of the API.
    expect(names).toHaveLength(2);
    expect(new Set(names).size).toBe(2);
    for (const name of names)
      expect(name).toMatch(/^\/aws\/vendedlogs\/pollux\/\$\{AWS::StackName\}\/[\w-]+-\$\{AWS::StackId\}/);
  });

  it('stay when the stack goes, if that is wanted', () => {
    const { stack } = stackWith({ logRemovalPolicy: RemovalPolicy.RETAIN });
    const groups = Object.values(Template.fromStack(stack).findResources('AWS::Logs::LogGroup'));
    expect(groups.length).toBeGreaterThan(10);
    for (const { DeletionPolicy } of groups) expect(DeletionPolicy).toBe('Retain');
  });
});

describe('a key of the customer', () => {
  const withKey = () =>
    stackWith((stack) => ({ encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) }));

  it('encrypts the table, every log group and the queue of dead letters', () => {
    const { stack } = withKey();
    const [keyId] = Object.keys(Template.fromStack(stack).findResources('AWS::KMS::Key'));
    const arn = { 'Fn::GetAtt': [keyId, 'Arn'] };
    const [table] = resources(stack, 'AWS::DynamoDB::Table');
    expect(table!.SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: arn });
    for (const { KmsKeyId } of resources(stack, 'AWS::Logs::LogGroup')) expect(KmsKeyId).toEqual(arn);
    const [queue] = resources(stack, 'AWS::SQS::Queue');
    expect(queue!.KmsMasterKeyId).toEqual(arn);
  });

  it('lets the logs and the bus use it, and functions through the service that they call, readers to read', () => {
    const { stack } = withKey();
    const [{ KeyPolicy }] = resources(stack, 'AWS::KMS::Key') as [{ KeyPolicy: any }];
    const services = KeyPolicy.Statement.map(({ Principal }: any) => Principal.Service).filter(Boolean);
    expect(services).toEqual(expect.arrayContaining(['logs.eu-central-1.amazonaws.com', 'events.amazonaws.com']));
    const rights = (name: string) => {
      const role = functionOf(stack, name).Role['Fn::GetAtt'][0];
      return resources(stack, 'AWS::IAM::Policy')
        .filter(({ Roles }) => Roles[0].Ref === role)
        .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
        .filter(({ Action }) => /^kms:/.test([Action].flat()[0]))
        .map(({ Action, Condition }) => [Condition.StringEquals['kms:ViaService'], ...[Action].flat()]);
    };
    const dynamodb = 'dynamodb.eu-central-1.amazonaws.com';
    expect(rights('get-job')).toEqual([[dynamodb, 'kms:Decrypt', 'kms:DescribeKey']]);
    const written = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'];
    const reencrypted = ['kms:ReEncryptFrom', 'kms:ReEncryptTo'];
    expect(rights('submit-job of vsphere')).toEqual([
      [dynamodb, 'kms:Decrypt', 'kms:DescribeKey', ...written, ...reencrypted],
    ]);
    expect(rights('reconcile')).toEqual([
      ['sqs.eu-central-1.amazonaws.com', 'kms:GenerateDataKey', 'kms:Decrypt'],
      [dynamodb, 'kms:Decrypt', 'kms:DescribeKey', ...written, ...reencrypted],
    ]);
    expect(rights('openapi')).toEqual([]);
  });

  it('of another app is warned of: its policy has to be changed there', () => {
    const arn = 'arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const { stack } = stackWith((stack) => ({ encryptionKey: kms.Key.fromKeyArn(stack, 'Key', arn) }));
    Annotations.fromStack(stack).hasWarning('/Mine/Pollux', Match.stringLikeRegexp('logs.<region>.amazonaws.com'));
  });

  it('of a table that is there already is used for its reads and writes', () => {
    const { stack } = stackWith((stack) => {
      const encryptionKey = new kms.Key(stack, 'TableKey');
      return { table: Pollux.tableFrom(stack, 'pollux-restored', { encryptionKey }) };
    });
    expect(JSON.stringify(resources(stack, 'AWS::IAM::Policy'))).toContain('dynamodb.eu-central-1.amazonaws.com');
  });
});

describe('a VPC', () => {
  const network = (stack: Stack) =>
    ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      privateSubnetIds: ['subnet-1', 'subnet-2'],
    });

  it('has one security group for all functions, so that they share their network interfaces', () => {
    const { stack } = stackWith((stack) => ({ vpc: network(stack) }));
    const [group, ...more] = Object.keys(Template.fromStack(stack).findResources('AWS::EC2::SecurityGroup'));
    expect(more).toEqual([]);
    const inside = resources(stack, 'AWS::Lambda::Function').filter(({ VpcConfig }) => VpcConfig);
    expect(inside.length).toBeGreaterThanOrEqual(4);
    for (const { VpcConfig } of inside)
      expect(VpcConfig.SecurityGroupIds).toEqual([{ 'Fn::GetAtt': [group, 'GroupId'] }]);
  });

  it('may be left by IPv6, from the functions and from their group', () => {
    const { stack } = stackWith((stack) => ({ vpc: network(stack), ipv6AllowedForDualStack: true }));
    expect(functionOf(stack, 'check-jobs of vsphere').VpcConfig.Ipv6AllowedForDualStack).toBe(true);
    const [group] = resources(stack, 'AWS::EC2::SecurityGroup');
    expect(group!.SecurityGroupEgress.map(({ CidrIpv6 }: any) => CidrIpv6).filter(Boolean)).toEqual(['::/0']);
    expect(() => stackWith({ ipv6AllowedForDualStack: true })).toThrow('give "vpc" too');
  });
});

describe('metrics', () => {
  it('of two constructs in one stack never add up, be their connections of one name', () => {
    const { stack, pollux } = stackWith();
    const second = new Pollux(stack, 'Second', { connections });
    const services = new Set(
      resources(stack, 'AWS::Lambda::Function').map(({ Environment }) =>
        asText(Environment.Variables.POWERTOOLS_SERVICE_NAME),
      ),
    );
    expect(services).toEqual(new Set(['${AWS::StackName}', '${AWS::StackName}/Second']));
    const dimension = (of: Pollux) =>
      stack.resolve(
        of
          .metricOpenJobs('vsphere/dc1')
          .toMetricConfig()
          .metricStat!.dimensions!.find(({ name }) => name === 'service')!.value,
      );
    expect(asText(dimension(pollux))).toBe('${AWS::StackName}');
    expect(asText(dimension(second))).toBe('${AWS::StackName}/Second');
    const queries = resources(stack, 'AWS::CloudWatch::Alarm').flatMap(({ Metrics = [] }) =>
      Metrics.filter(({ Expression }: any) => Expression && /SELECT/.test(asText(Expression))).map(
        ({ Expression }: any) => asText(Expression),
      ),
    );
    expect(queries.filter((query) => query.endsWith("service = '${AWS::StackName}/Second'"))).toHaveLength(
      queries.length / 2,
    );
  });
});

describe('what enterprises ask for', () => {
  it('traces can be turned off, everywhere', () => {
    const { stack } = stackWith({ tracing: false });
    for (const fn of resources(stack, 'AWS::Lambda::Function'))
      expect(fn).not.toHaveProperty('TracingConfig.Mode', 'Active');
    for (const { TracingConfiguration } of resources(stack, 'AWS::StepFunctions::StateMachine')) {
      expect(TracingConfiguration.Enabled).toBe(false);
    }
    expect(JSON.stringify(resources(stack, 'AWS::IAM::Policy'))).not.toContain('xray:');
  });

  it('roles have a path, and a path that IAM would refuse is refused at synth', () => {
    for (const role of resources(stackWith({ rolePath: '/teams/operations/' }).stack, 'AWS::IAM::Role')) {
      expect(role.Path).toBe('/teams/operations/');
    }
    for (const rolePath of ['operations', '/operations', 'operations/', '/a b/', '']) {
      expect(() => stackWith({ rolePath })).toThrow('must begin and end with a slash');
    }
  });

  it.each([
    ['AWS Solutions', AwsSolutionsChecks],
    ['Serverless', ServerlessChecks],
  ])('%s finds nothing in a stack with all of it that is not acknowledged beside the code', (_, Checks) => {
    const { stack } = stackWith((stack) => ({
      encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
      secretKeys: [kms.Key.fromKeyArn(stack, 'Theirs', 'arn:aws:kms:eu-central-1:111111111111:key/1')],
      connections: {
        vsphere: Object.fromEntries(
          Array.from({ length: 80 }, (_, index) => [
            `dc${index}`,
            { url: 'https://vc.example.com/sdk', secret: `dc${index}` },
          ]),
        ),
      },
      tracing: false,
      rolePath: '/operations/',
      concurrency: { submit: 10, check: 10, reconcile: 2 },
    }));
    const found = new Checks()
      .validateScope(stack)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
      );
    expect(found).toEqual([]);
  });

  it('secrets by prefix or tag are wildcards that cdk-nag takes', () => {
    for (const secretAccess of [{ prefix: 'pollux/' }, { tag: { key: 'pollux', value: 'yes' } }]) {
      const { stack } = stackWith({ secretAccess });
      const { violations } = new AwsSolutionsChecks().validateScope(stack);
      expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
    }
  });
});
