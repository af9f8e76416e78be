import { existsSync } from 'node:fs';
import { join } from 'node:path';
import aslValidator from 'asl-validator';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { functionsOf } from '../../infra/bundles.ts';
import { Pollux } from '../../infra/pollux.ts';
import { PolluxStack } from '../../infra/stack.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { asText, exampleConnections, exampleStack, type Found, ofType } from './fixtures.ts';

const { template, assemblyDir } = exampleStack();
const of = (type: string) => ofType(template, type);
const platforms = Object.keys(exampleConnections);
const functions = of('AWS::Lambda::Function');

/** The function whose description ends in this: `submit-job of vsphere`. */
function fn(name: string): Found {
  return functions.find(({ properties }) => properties.Description === `Pollux: ${name}`)!;
}

interface Statement {
  role: string;
  effect: string;
  actions: string[];
  resources: string[];
}

const statements: Statement[] = of('AWS::IAM::Policy').flatMap(({ properties }) =>
  properties.PolicyDocument.Statement.map((statement: any) => ({
    role: properties.Roles.map(asText).join(),
    effect: statement.Effect,
    actions: [statement.Action].flat(),
    resources: [statement.Resource].flat().map(asText),
  })),
);

/** What a function may do: `action` → resources. */
function rightsOf(name: string): Record<string, string[]> {
  const role = `\${${asText(fn(name).properties.Role).slice(2, -1).split('.')[0]}}`;
  const own = statements.filter((statement) => statement.role === role);
  const rights: Record<string, string[]> = {};
  for (const { actions, resources } of own) {
    for (const action of actions) {
      // What an adapter asks for besides is in aws-permissions.test.ts.
      if (!/^(logs|xray|ssm):/.test(action)) rights[action] = [...(rights[action] ?? []), ...resources];
    }
  }
  return rights;
}

const only = (type: string) => of(type)[0]!.logicalId;
const table = `\${${only('AWS::DynamoDB::Table')}.Arn}`;
const bus = `\${${only('AWS::Events::EventBus')}.Arn}`;
const index = `${table}/index/active`;
const loopOf = (platform: string) =>
  `\${${of('AWS::StepFunctions::StateMachine').find(({ logicalId }) => logicalId.toLowerCase().includes(platform.replaceAll('-', '')))!.logicalId}}`;
const secretsOf = (platform: string) =>
  Object.values(exampleConnections[platform]!).flatMap(({ secret }) =>
    secret === undefined
      ? []
      : `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${secret}-??????`,
  );
/** The functions of all platforms: a report function only where workers report. */
const ofPlatforms = platforms.flatMap((platform) => functionsOf(adapterOf(platform)!));

describe('functions', () => {
  it('are four or five for each platform, and seven for all', () => {
    expect(functions).toHaveLength(ofPlatforms.length + 7);
  });

  it.each(functions)('$properties.Description: runtime, processor, tracing, logs', ({ properties, metadata }) => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: properties.Description === 'Pollux: reconcile' ? 1024 : 512,
      TracingConfig: { Mode: 'Active' },
    });
    expect(properties.Timeout).toBeLessThanOrEqual(60);
    const logGroup = template.Resources[properties.LoggingConfig.LogGroup.Ref]!;
    expect(logGroup.Properties.RetentionInDays).toBe(30);
    expect(existsSync(join(assemblyDir, metadata['aws:asset:path'] as string, 'index.mjs'))).toBe(true);
  });

  it('get no longer than the API waits', () => {
    for (const platform of platforms) {
      expect(fn(`submit-job of ${platform}`).properties.Timeout).toBe(25);
      expect(fn(`cancel-job of ${platform}`).properties.Timeout).toBe(25);
      expect(fn(`check-connection of ${platform}`).properties.Timeout).toBe(25);
    }
  });

  it('are told what they need', () => {
    const own = (name: string) =>
      Object.keys(fn(name).properties.Environment.Variables).filter((key) => key.startsWith('POLLUX_'));
    expect(own('submit-job of vsphere')).toEqual(['POLLUX_TABLE', 'POLLUX_KEEP_FINISHED_DAYS', 'POLLUX_LOOP_ARN']);
    expect(own('cancel-job of vsphere')).toEqual(['POLLUX_TABLE', 'POLLUX_LOOP_ARN']);
    expect(own('check-connection of vsphere')).toEqual(['POLLUX_TABLE', 'POLLUX_LOOP_ARN']);
    expect(own('check-jobs of vsphere')).toEqual(['POLLUX_TABLE', 'POLLUX_KEEP_FINISHED_DAYS', 'POLLUX_BUS']);
    expect(own('reconcile')).toEqual(['POLLUX_TABLE', 'POLLUX_BUS', 'POLLUX_KEEP_FINISHED_DAYS', 'POLLUX_LOOPS']);
    expect(own('get-job')).toEqual(['POLLUX_TABLE']);
    expect(own('openapi')).toEqual([]);
    const loops = JSON.parse(asText(fn('reconcile').properties.Environment.Variables.POLLUX_LOOPS));
    expect(loops).toEqual(Object.fromEntries(platforms.map((platform) => [platform, loopOf(platform)])));
  });
});

describe('rights', () => {
  it.each(platforms)('of %s are its own table actions, secrets and loop', (platform) => {
    const needed = secretsOf(platform);
    const secrets = needed.length > 0 ? { 'secretsmanager:GetSecretValue': needed } : {};
    const start = { 'states:StartExecution': [loopOf(platform)] };
    const item = { 'dynamodb:GetItem': [table], 'dynamodb:UpdateItem': [table] };
    expect(rightsOf(`submit-job of ${platform}`)).toEqual({
      ...item,
      'dynamodb:PutItem': [table],
      'dynamodb:DeleteItem': [table],
      ...secrets,
      ...start,
    });
    const { cancel, cancelByLooks = false } = adapterOf(platform)!.capabilities;
    const canceling = { ...item, ...(!cancelByLooks && secrets), ...start };
    expect(rightsOf(`cancel-job of ${platform}`)).toEqual(cancel ? canceling : { 'dynamodb:GetItem': [table] });
    // It reads and marks the loop's item, and wakes the loop.
    expect(rightsOf(`check-connection of ${platform}`)).toEqual({ ...item, ...secrets, ...start });
    const publish = { 'events:PutEvents': [bus] };
    expect(rightsOf(`check-jobs of ${platform}`)).toEqual({
      ...item,
      // The table's own: is what was found for an unanswered submit another job's?
      'dynamodb:Query': [table, index],
      ...secrets,
      ...start,
      ...publish,
    });
  });

  it('of the readers are to read', () => {
    expect(rightsOf('get-job')).toEqual({ 'dynamodb:GetItem': [table] });
    expect(rightsOf('list-jobs')).toEqual({ 'dynamodb:Query': [table] });
    expect(rightsOf('connections')).toEqual({ 'dynamodb:GetItem': [table] });
    expect(rightsOf('openapi')).toEqual({});
  });

  it('of reconcile reach every loop and no platform', () => {
    const loops = platforms.map(loopOf).sort();
    const rights = rightsOf('reconcile');
    expect(Object.keys(rights).sort()).toEqual([
      // It notes which connections there are, and ends the jobs of those that were removed.
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'events:PutEvents',
      'sqs:SendMessage',
      'states:DescribeExecution',
      'states:StartExecution',
    ]);
    expect(rights['states:StartExecution']!.toSorted()).toEqual(loops);
    expect(rights['dynamodb:Query']!.toSorted()).toEqual([table, index].toSorted());
  });
});

describe('the wait-loops', () => {
  const loops = of('AWS::StepFunctions::StateMachine');

  it.each(loops)(
    '$logicalId is a valid, traced standard workflow that calls its check-jobs',
    ({ logicalId, properties }) => {
      const platform = platforms.find((name) => logicalId.toLowerCase().includes(name.replaceAll('-', '')))!;
      const check = `\${${fn(`check-jobs of ${platform}`).logicalId}.Arn}`;
      const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:check-jobs';
      const definition = JSON.parse(asText(properties.DefinitionString).replaceAll(check, arn));
      expect(definition.States.Check.Resource).toBe(arn);
      expect(aslValidator(definition).isValid).toBe(true);
      expect(properties).toMatchObject({
        StateMachineType: 'STANDARD',
        TracingConfiguration: { Enabled: true },
        LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
      });
    },
  );

  it('are one for each platform', () => {
    expect(loops).toHaveLength(platforms.length);
  });
});

describe('the table', () => {
  const [found] = of('AWS::DynamoDB::Table');

  it('is billed by the request, so that it takes what comes', () => {
    expect(found!.properties.BillingMode).toBe('PAY_PER_REQUEST');
  });

  it('can be restored, forgets what has expired, and outlives the stack', () => {
    expect(found!.properties).toMatchObject({
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
    expect(template.Resources[found!.logicalId]).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });
});

describe('the API', () => {
  const routes = of('AWS::ApiGatewayV2::Route').map(({ properties }) => properties);

  it('has these routes', () => {
    expect(routes.map((route) => route.RouteKey).sort()).toEqual([
      'ANY /v1/{path+}',
      'GET /v1/connections',
      'GET /v1/openapi.json',
      'GET /v1/{platform}/{connection}/jobs',
      'GET /v1/{platform}/{connection}/jobs/{id}',
      'GET /v1/{platform}/{connection}/operations',
      ...platforms
        .flatMap((platform) => {
          const jobs = `POST /v1/${platform}/{connection}/jobs`;
          const reported = adapterOf(platform)!.capabilities.report === true;
          const check = `POST /v1/${platform}/{connection}/check`;
          return [check, jobs, `${jobs}/{id}/cancel`, ...(reported ? [`${jobs}/{id}/report`] : [])];
        })
        .sort(),
    ]);
  });

  it('is closed: every route asks for IAM', () => {
    expect(new Set(routes.map((route) => route.AuthorizationType))).toEqual(new Set(['AWS_IAM']));
  });

  it('writes an access log', () => {
    const [stage] = of('AWS::ApiGatewayV2::Stage');
    const format = JSON.parse(stage!.properties.AccessLogSettings.Format);
    expect(format).toMatchObject({ status: '$context.status', caller: '$context.identity.userArn' });
  });
});

describe('names', () => {
  it("are left to CloudFormation, or are made of the stack's", () => {
    // A schema's name counts within its registry.
    const types = ['AWS::IAM::Policy', 'AWS::ApiGatewayV2::Stage', 'AWS::EventSchemas::Schema'];
    const named = Object.entries(template.Resources).flatMap(([logicalId, { Type, Properties }]) =>
      ['Name', `${Type.split('::')[2]}Name`, 'LogGroupName', 'StateMachineName']
        .filter((key) => key in Properties && !types.includes(Type))
        .map((key) => `${logicalId}.${key} = ${asText(Properties[key])}`),
    );
    expect(named.filter((name) => !name.includes('${AWS::StackName}'))).toEqual([]);
  });

  it('do not meet where two copies live in one app, or in one stack', () => {
    const app = new App();
    const [one, two] = ['One', 'Two'].map((id) => new PolluxStack(app, id, { connections: exampleConnections }));
    // A stack has 500 resources at most, and all platforms twice are more.
    const { vsphere, task } = exampleConnections;
    new Pollux(two!, 'Second', { connections: { vsphere: vsphere!, task: task! } });
    const names = Object.values(Template.fromStack(two!).findResources('AWS::Events::EventBus')).map((found) =>
      asText(found.Properties.Name),
    );
    expect(new Set(names).size).toBe(2);
    expect(() => Template.fromStack(one!)).not.toThrow();
  });

  it('are not needed: nothing is looked up, so the stack fits every account', () => {
    expect(JSON.stringify(template)).not.toMatch(/\b\d{12}\b/);
  });
});

describe('the outputs', () => {
  it('say where it is and what to type', () => {
    expect(Object.keys(template.Outputs)).toEqual(['ApiUrl', 'BusName', 'TableName', 'NextCommand']);
    expect(asText(template.Outputs.NextCommand!.Value)).toMatch(/^curl .*\/v1\/connections$/);
  });
});
