import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Engine, type EngineOptions, startEngine } from '../../infra/local/engine.ts';
import type { Template } from '../../infra/local/template.ts';

/** One function for everything: `do` in its event (or in the body of a request) says what. */
const BUNDLE = `
let invocations = 0;
const act = {
  echo: (event) => event,
  environment: () => ({ ...process.env }),
  context: (_, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() }),
  count: () => ++invocations,
  hang: () => new Promise(() => {}),
  spin: () => { for (;;); },
  burn: ({ ms }) => { for (const end = Date.now() + ms; Date.now() < end;); },
  exit: () => process.exit(3),
  fail: ({ throws = 'TypeError' }) => { throw Object.assign(new Error('as asked'), { name: throws }); },
  // Fails until its third call.
  flaky: () => { if (++invocations % 3 !== 0) throw Object.assign(new Error('not yet'), { name: 'Flaky' }); return { done: true }; },
  sleep: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, invocations)),
  wait: ({ seconds }) => ({ seconds }),
  large: ({ bytes }) => ({ text: 'x'.repeat(bytes) }),
};
export const handler = async (event, context) => {
  console.log(JSON.stringify({ seen: event }));
  const body = typeof event.body === 'string' && !event.isBase64Encoded ? JSON.parse(event.body) : {};
  const what = event.do ?? body.do ?? 'echo';
  return act[what](event, context);
};
`;

function lambda(logicalId: string, properties: Record<string, unknown> = {}) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      Timeout: 2,
      MemorySize: 128,
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      ...properties,
    },
    Metadata: { 'aws:asset:path': `asset.${logicalId}` },
  };
}

function machine(definition: unknown) {
  const [before, after] = JSON.stringify(definition).split('FUNCTION_ARN');
  const parts = [before!, { 'Fn::GetAtt': ['Work', 'Arn'] }, after!];
  return {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
      DefinitionString: after === undefined ? before : { 'Fn::Join': ['', parts] },
    },
  };
}

function route(key: string) {
  return {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: key,
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    },
  };
}

export const template: Template = {
  Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/version' } },
  Conditions: { InChina: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'cn-north-1'] } },
  Resources: {
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Metadata: { Type: 'AWS::CDK::Metadata', Condition: 'InChina', Properties: {} },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    },
    Work: lambda('Work', { Environment: { Variables: { TABLE: { Ref: 'Table' }, MACHINE: { Ref: 'Loop' } } } }),
    Listener: lambda('Work'),
    Loop: machine({
      StartAt: 'Check',
      States: {
        Check: {
          Type: 'Task',
          Resource: 'FUNCTION_ARN',
          Parameters: {
            'do.$': '$.do',
            'seconds.$': '$.seconds',
            'retries.$': '$$.State.RetryCount',
            'name.$': '$$.Execution.Name',
            'machine.$': '$$.StateMachine.Id',
          },
          Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 3 }],
          Catch: [{ ErrorEquals: ['Caught'], ResultPath: '$.error', Next: 'Done' }],
          ResultPath: '$.result',
          Next: 'Choice',
        },
        Choice: {
          Type: 'Choice',
          Choices: [{ Variable: '$.do', StringEquals: 'wait', Next: 'Wait' }],
          Default: 'Done',
        },
        Wait: { Type: 'Wait', SecondsPath: '$.result.seconds', Next: 'Done' },
        Done: { Type: 'Succeed' },
      },
    }),
    Bus: {
      Type: 'AWS::Events::EventBus',
      Properties: { Name: { 'Fn::Join': ['-', [{ Ref: 'AWS::StackName' }, 'bus']] } },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: { Ref: 'Bus' },
        EventPattern: { source: ['pollux'], detail: { status: ['FAILED'] } },
        Targets: [{ Id: 'a', Arn: { 'Fn::GetAtt': ['Listener', 'Arn'] } }],
      },
    },
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'Api', ProtocolType: 'HTTP' } },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: { IntegrationUri: { 'Fn::GetAtt': ['Work', 'Arn'] }, PayloadFormatVersion: '2.0' },
    },
    GetThing: route('GET /v1/things/{thing}'),
    PostThing: route('POST /v1/things/{thing}'),
    GetFixed: route('GET /v1/things/fixed'),
  },
};

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pollux-local-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An engine on the fixture's template, with `more` resources; stopped when the test is over. */
export async function startFixture({
  more = {},
  ...options
}: Partial<EngineOptions> & { more?: Template['Resources'] } = {}): Promise<Engine> {
  const assemblyDir = temporaryDirectory();
  mkdirSync(join(assemblyDir, 'asset.Work'));
  writeFileSync(join(assemblyDir, 'asset.Work', 'index.mjs'), BUNDLE);
  const engine = await startEngine({
    assembly: { template: { ...template, Resources: { ...template.Resources, ...more } }, assemblyDir },
    dataDir: temporaryDirectory(),
    ...options,
  });
  onTestFinished(() => engine.stop());
  return engine;
}

/** Configuration for an AWS SDK client of the engine's services. */
export function clientOf(engine: Engine, service: 'DYNAMODB' | 'SFN' | 'EVENTBRIDGE' | 'SECRETS_MANAGER') {
  return {
    region: engine.environment.AWS_REGION!,
    endpoint: engine.environment[`AWS_ENDPOINT_URL_${service}`]!,
    credentials: {
      accessKeyId: engine.environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: engine.environment.AWS_SECRET_ACCESS_KEY!,
    },
    maxAttempts: 1,
  };
}

/** What the probe finds, as soon as it finds something. It has no limit of its own: the test's limit catches what never comes. */
export async function eventually<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
