import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { awsPermissions } from '../../infra/platform.ts';
import { adapter as cloudstack } from '../../shared/platforms/cloudstack/index.ts';
import { adapter as symphony } from '../../shared/platforms/symphony/index.ts';
import { asText } from './fixtures.ts';

const SSM = { transport: 'ssm', instanceId: 'mi-0123456789abcdef0', scripts: '/opt/scripts', runAs: 'egoadmin' };
const ARN = 'arn:${AWS::Partition}';
const HERE = '${AWS::Region}:${AWS::AccountId}';

/** What functions of these connections may do, references as `${…}`. */
function statements(adapter: Parameters<typeof awsPermissions>[1], connections: Record<string, object>) {
  const stack = new Stack(new App(), 'Test');
  return awsPermissions(stack, adapter, connections as never).map(({ actions, resources }) => ({
    actions,
    resources: stack.resolve(resources).map(asText),
  }));
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
