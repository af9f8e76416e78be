import { describe, expect, it } from 'vitest';
import { asText, exampleStack, ofType } from '../infra/fixtures.ts';

/**
 * Every permission of the example's stack, one a line, beside `iam.txt`: a new one fails here until the file is changed on
 * purpose (`npx vitest run test/security/iam.test.ts -u`), and then shows in the review.
 */
const { template } = exampleStack();
const of = (type: string) => ofType(template, type);

/** Resources that may be wild, and why there is no other way. */
const WILDCARDS: readonly [action: RegExp, resource: RegExp, why: string][] = [
  [/^xray:(Put(TraceSegments|TelemetryRecords)|GetSampling\w+)$/, /^\*$/, 'X-Ray has no resources'],
  [
    /^logs:(\w*LogDelivery|ListLogDeliveries|\w*ResourcePolic(y|ies)|DescribeLogGroups)$/,
    /^\*$/,
    'Step Functions delivers its logs by these, which take no resource',
  ],
  [/^states:DescribeExecution$/, /:execution:[^:]+:\*$/, "an execution's name is not known beforehand"],
  [/^ssm:GetCommandInvocation$/, /^\*$/, 'takes no resource'],
  [/^secretsmanager:GetSecretValue$/, /[^*?]-\?{6}$/, 'six characters that Secrets Manager adds to the name'],
];

interface Permission {
  who: string;
  effect: string;
  action: string;
  resource: string;
  condition: string;
}

/** Logical ids end with eight characters of a hash. */
const bare = (id: string) => id.replace(/^Pollux/, '').replace(/[0-9A-F]{8}$/, '');

/** ARNs without what every ARN of a stack has; `${Id.Arn}` is what the thing is called in the code. */
function nameOf(value: unknown): string {
  return asText(value)
    .replace(/^arn:\$\{AWS::Partition\}:/, '')
    .replaceAll(/:?\$\{AWS::(Region|AccountId)\}/g, '')
    .replaceAll(/\$\{(\w+?)(?:\.(?:Arn|Name))?\}/g, (_, id) => bare(id));
}

function statementsOf(document: any, who: string, self?: string): Permission[] {
  return document.Statement.flatMap((statement: any) =>
    [statement.Action].flat().flatMap((action: string) =>
      [statement.Resource ?? self].flat().map((resource: unknown) => ({
        who,
        effect: statement.Effect,
        action,
        resource: typeof resource === 'string' ? resource : nameOf(resource),
        condition: statement.Condition ? conditionOf(statement.Condition) : '',
      })),
    ),
  );
}

function conditionOf(condition: Record<string, Record<string, unknown>>): string {
  return Object.entries(condition)
    .flatMap(([test, fields]) => Object.entries(fields).map(([key, value]) => `${test} ${key} ${nameOf(value)}`))
    .join(', ');
}

/** Whom a statement is about, where it is not the role that has it. */
function principalOf(principal: any): string {
  if (typeof principal === 'string') return principal;
  return Object.values(principal).flat().map(nameOf).join(' ');
}

const roles = of('AWS::IAM::Policy').flatMap(({ properties }) => {
  expect(properties.Groups ?? properties.Users).toBeUndefined();
  return properties.Roles.flatMap((role: unknown) => statementsOf(properties.PolicyDocument, nameOf(role)));
});
const trust = of('AWS::IAM::Role').flatMap(({ logicalId, properties }) =>
  properties.AssumeRolePolicyDocument.Statement.flatMap((statement: any) =>
    statementsOf({ Statement: [statement] }, principalOf(statement.Principal), bare(logicalId)),
  ),
);
const invokers = of('AWS::Lambda::Permission').map(({ properties }) => ({
  who: properties.Principal,
  effect: 'Allow',
  action: properties.Action,
  resource: nameOf(properties.FunctionName),
  condition: `from ${nameOf(properties.SourceArn)}`,
}));
const queues = of('AWS::SQS::QueuePolicy').flatMap(({ properties }) =>
  properties.PolicyDocument.Statement.flatMap((statement: any) =>
    statementsOf({ Statement: [statement] }, principalOf(statement.Principal)),
  ),
);
const permissions: Permission[] = [...roles, ...trust, ...invokers, ...queues];

function reasonFor({ action, resource }: Permission): string | undefined {
  return WILDCARDS.find(([a, r]) => a.test(action) && r.test(resource))?.[2];
}

const isWild = ({ action, resource }: Permission) => /[*?]/.test(action + resource);

describe('the permissions of the stack', () => {
  it('are these', async () => {
    const lines = permissions.map((it) => {
      const why = isWild(it) && it.effect === 'Allow' ? `(${reasonFor(it)})` : '';
      const denied = it.effect === 'Allow' ? '' : it.effect.toUpperCase();
      return [it.who, denied, it.action, it.resource, it.condition, why].filter(Boolean).join(' | ');
    });
    await expect(`${[...new Set(lines)].sort().join('\n')}\n`).toMatchFileSnapshot('iam.txt');
  });

  it('name no action by a wildcard', () => {
    const wild = permissions.filter(({ effect, action }) => effect === 'Allow' && /[*?]/.test(action));
    expect(wild).toEqual([]);
  });

  it('name no resource by a wildcard without a reason', () => {
    const wild = permissions.filter((it) => it.effect === 'Allow' && isWild(it) && reasonFor(it) === undefined);
    expect(wild).toEqual([]);
  });

  it('have no reason that nothing needs any more', () => {
    const unused = WILDCARDS.filter(([a, r]) => !permissions.some((it) => a.test(it.action) && r.test(it.resource)));
    expect(unused).toEqual([]);
  });

  it('are all in policies of their own: no managed policy, no user, no group, no policy inside a role', () => {
    const others = ['AWS::IAM::ManagedPolicy', 'AWS::IAM::User', 'AWS::IAM::Group', 'AWS::IAM::AccessKey'];
    expect(others.flatMap(of)).toEqual([]);
    for (const { properties } of of('AWS::IAM::Role')) {
      expect(properties.ManagedPolicyArns).toBeUndefined();
      expect(properties.Policies).toBeUndefined();
    }
  });

  it('are for AWS services of this account alone', () => {
    const others = [...trust, ...invokers].map(({ who }) => who).filter((who) => !/^[a-z]+\.amazonaws\.com$/.test(who));
    expect(others).toEqual([]);
    // Whoever may invoke is one route or one rule of this very stack, never "any API".
    for (const { condition } of invokers) expect(condition).toMatch(/^from (execute-api|EveryMinute|Reconcile)/);
  });
});
