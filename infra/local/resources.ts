import { EngineError } from './engine-error.ts';
import { ACCOUNT, type Identity, REGION, type Resource, resolveTemplate, type Template } from './template.ts';

/** How one resource type lives on one machine: what runs it, or why there is nothing to run. */
type ResourceType = { runs: string; because?: never } | { runs?: never; because: string };

/** Every type that the engine takes. Another one is an error: what is silently left out would work on AWS alone. */
export const resourceTypes: Record<string, ResourceType> = {
  'AWS::DynamoDB::Table': { runs: 'tables.ts' },
  'AWS::Lambda::Function': { runs: 'functions.ts' },
  'AWS::StepFunctions::StateMachine': { runs: 'state-machines.ts' },
  'AWS::Events::EventBus': { runs: 'event-bus.ts' },
  'AWS::Events::Rule': { runs: 'event-bus.ts, schedules.ts' },
  'AWS::Scheduler::Schedule': { runs: 'schedules.ts' },
  'AWS::ApiGatewayV2::Route': { runs: 'api.ts' },
  'AWS::ApiGatewayV2::Integration': { runs: 'api.ts' },

  'AWS::ApiGatewayV2::Api': { because: 'there is one API, at the port of the engine' },
  'AWS::ApiGatewayV2::Stage': { because: 'its throttling and access log are of no use to one user' },
  'AWS::ApiGatewayV2::Authorizer': {
    because: 'no authorization locally: loopback, Host and Origin are checked instead',
  },
  'AWS::CDK::Metadata': { because: 'statistics for the makers of the CDK' },
  'AWS::CloudWatch::Alarm': { because: 'no metrics are kept' },
  'AWS::CloudWatch::CompositeAlarm': { because: 'no metrics are kept' },
  'AWS::CloudWatch::Dashboard': { because: 'no metrics are kept' },
  'AWS::EventSchemas::Registry': { because: 'documentation only' },
  'AWS::EventSchemas::Schema': { because: 'documentation only' },
  'AWS::Events::EventBusPolicy': { because: 'no permissions are checked' },
  'AWS::IAM::ManagedPolicy': { because: 'no permissions are checked' },
  'AWS::IAM::Policy': { because: 'no permissions are checked' },
  'AWS::IAM::Role': { because: 'no permissions are checked' },
  'AWS::KMS::Alias': { because: 'data is not encrypted on one machine' },
  'AWS::KMS::Key': { because: 'data is not encrypted on one machine' },
  'AWS::Lambda::EventInvokeConfig': { because: 'an asynchronous invocation is tried once' },
  'AWS::Lambda::Permission': { because: 'no permissions are checked' },
  'AWS::Logs::LogGroup': { because: 'logs are files in the data directory' },
  'AWS::Logs::LogStream': { because: 'logs are files in the data directory' },
  'AWS::Logs::MetricFilter': { because: 'no metrics are kept' },
  'AWS::Logs::ResourcePolicy': { because: 'no permissions are checked' },
  'AWS::ResourceGroups::Group': { because: 'a view of the console' },
  'AWS::SNS::Subscription': { because: 'alarms have nobody to tell' },
  'AWS::SNS::Topic': { because: 'alarms have nobody to tell' },
  'AWS::SNS::TopicPolicy': { because: 'no permissions are checked' },
  'AWS::SQS::Queue': { because: 'dead letters stay in the log of the function' },
  'AWS::SQS::QueuePolicy': { because: 'no permissions are checked' },
  'AWS::SSM::Parameter': { because: 'nothing reads it back' },
  'AWS::Scheduler::ScheduleGroup': { because: 'a name only' },
  'AWS::SecretsManager::Secret': { because: 'secrets come from the secrets file' },
};

/** References to a type that are not `Ref` = name and `Arn` = the usual ARN. `%` stands for the name. */
const SHAPES: Record<string, { ref?: string; attributes: Record<string, string> }> = {
  'AWS::DynamoDB::Table': { attributes: { Arn: arn('dynamodb', 'table/%') } },
  'AWS::Lambda::Function': { attributes: { Arn: arn('lambda', 'function:%') } },
  'AWS::StepFunctions::StateMachine': {
    ref: arn('states', 'stateMachine:%'),
    attributes: { Arn: arn('states', 'stateMachine:%'), Name: '%' },
  },
  'AWS::Events::EventBus': { attributes: { Arn: arn('events', 'event-bus/%'), Name: '%' } },
  'AWS::Events::Rule': { attributes: { Arn: arn('events', 'rule/%') } },
  'AWS::Scheduler::Schedule': { attributes: { Arn: arn('scheduler', 'schedule/default/%') } },
  'AWS::ApiGatewayV2::Api': { attributes: { ApiId: '%', ApiEndpoint: 'http://127.0.0.1' } },
  'AWS::IAM::Role': { attributes: { Arn: `arn:aws:iam::${ACCOUNT}:role/%`, RoleId: '%' } },
  'AWS::Logs::LogGroup': { attributes: { Arn: arn('logs', 'log-group:%:*') } },
  'AWS::SQS::Queue': {
    ref: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/%`,
    attributes: { Arn: arn('sqs', '%'), QueueName: '%', QueueUrl: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/%` },
  },
  'AWS::SNS::Topic': { ref: arn('sns', '%'), attributes: { TopicArn: arn('sns', '%'), TopicName: '%' } },
  'AWS::SecretsManager::Secret': {
    ref: arn('secretsmanager', 'secret:%'),
    attributes: { Id: arn('secretsmanager', 'secret:%') },
  },
};

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

/** All resources of the template, resolved. A type that is not listed above is an error that names it. */
export function readResources(template: Template): Resource[] {
  const unknown = Object.entries(template.Resources).filter(([, { Type }]) => !Object.hasOwn(resourceTypes, Type));
  if (unknown.length > 0) {
    const list = unknown.map(([logicalId, { Type }]) => `${Type} (${logicalId})`).join(', ');
    throw new EngineError(`the local engine does not know ${list}: add the type to infra/local/resources.ts`);
  }
  return resolveTemplate(template, (logicalId, { Type }, names) => identify(logicalId, Type, names));
}

function identify(logicalId: string, type: string, names: Record<string, unknown>): Identity {
  const short = type.split('::').at(-1)!;
  const explicit = [`${short}Name`, 'Name', 'QueueName', 'TopicName'].map((key) => names[key]);
  const name = explicit.find((value): value is string => typeof value === 'string') ?? logicalId;
  const shape = SHAPES[type];
  const fill = (text: string) => text.replaceAll('%', () => name);
  const attributes = Object.entries(shape?.attributes ?? {}).map(([key, value]) => [key, fill(value)]);
  if (shape) return { name, ref: fill(shape.ref ?? '%'), attributes: Object.fromEntries(attributes) };
  // Nobody acts on these, so any stable value of the right form will do for whatever attribute they are asked for.
  const stable = new Proxy(
    {},
    { get: (_, key) => (String(key).endsWith('Arn') ? arn('local', `${short}/${name}`) : `${name}.${String(key)}`) },
  );
  return { name, ref: name, attributes: stable };
}

/** The resources of one type. */
export function ofType(resources: readonly Resource[], type: string): Resource[] {
  return resources.filter((resource) => resource.type === type);
}
