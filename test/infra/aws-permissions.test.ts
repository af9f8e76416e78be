import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { grantAwsPermissions } from '../../infra/platform.ts';
import { adapter as cloudstack } from '../../shared/platforms/cloudstack/index.ts';
import { adapter as symphony } from '../../shared/platforms/symphony/index.ts';
import { asText } from './fixtures.ts';

const SSM = { transport: 'ssm', instanceId: 'mi-0123456789abcdef0', scripts: '/opt/scripts', runAs: 'egoadmin' };
const ARN = 'arn:${AWS::Partition}';
const HERE = '${AWS::Region}:${AWS::AccountId}';

/** The statements of a function of these connections, references as `${…}`. */
function statements(adapter: Parameters<typeof grantAwsPermissions>[1], connections: Record<string, object>) {
  const stack = new Stack(new App(), 'Test');
  const fn = new lambda.Function(stack, 'Fn', {
    code: lambda.Code.fromInline('exports.handler = () => {}'),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_24_X,
  });
  grantAwsPermissions(fn, adapter, connections as never);
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  return policies.flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.map(({ Action, Resource }: { Action: unknown; Resource: unknown }) => ({
      actions: [Action].flat(),
      resources: [Resource].flat().map(asText),
    })),
  );
}

describe('what an adapter asks of AWS', () => {
  it('is one document and one node for scripts on a host of a hybrid activation', () => {
    expect(statements(symphony, { grid: symphony.options.parse(SSM) })).toEqual([
      {
        actions: ['ssm:SendCommand'],
        resources: [
          `${ARN}:ssm:\${AWS::Region}::document/AWS-RunShellScript`,
          `${ARN}:ssm:${HERE}:managed-instance/mi-0123456789abcdef0`,
        ],
      },
      { actions: ['ssm:GetCommandInvocation'], resources: ['*'] },
    ]);
  });

  it('is the instance on EC2, in its region, with the document for .bat', () => {
    const { runAs: _none, ...host } = {
      ...SSM,
      instanceId: 'i-0123456789abcdef0',
      scriptType: 'bat',
      region: 'eu-west-1',
    };
    expect(statements(symphony, { grid: symphony.options.parse(host) })[0]).toEqual({
      actions: ['ssm:SendCommand'],
      resources: [
        `${ARN}:ssm:eu-west-1::document/AWS-RunPowerShellScript`,
        `${ARN}:ec2:eu-west-1:\${AWS::AccountId}:instance/i-0123456789abcdef0`,
      ],
    });
  });

  it('is of every connection of the platform', () => {
    const other = symphony.options.parse({ ...SSM, instanceId: 'mi-11111111111111111' });
    const resources = statements(symphony, { grid: symphony.options.parse(SSM), other }).flatMap(
      ({ resources }) => resources,
    );
    expect(resources.filter((arn) => arn.includes('managed-instance'))).toHaveLength(2);
  });

  it('is nothing for scripts on this machine, and for platforms that need nothing', () => {
    expect(statements(symphony, { lab: symphony.options.parse({ transport: 'exec', scripts: './scripts' }) })).toEqual(
      [],
    );
    expect(statements(cloudstack, { zone: { url: 'https://cs.example.com/client/api', secret: 'zone' } })).toEqual([]);
    expect(statements(undefined, { zone: {} })).toEqual([]);
  });
});
