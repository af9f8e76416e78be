import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { Pollux } from '../../infra/pollux.ts';
import type { PolluxProps } from '../../infra/props.ts';
import { exampleConnections } from './fixtures.ts';

describe('cdk-nag', () => {
  it.each([
    ['AWS Solutions', AwsSolutionsChecks],
    ['Serverless', ServerlessChecks],
  ])('%s finds nothing that is not acknowledged beside the code', (_, Checks) => {
    expect(findings(new Checks(), {})).toEqual([]);
  });

  it('finds nothing in a stack with tokens of an issuer and in a VPC either', () => {
    const vpc = { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] };
    const props = (stack: Stack) => ({
      auth: { jwt: { issuer: 'https://id.example.com', audience: ['pollux'] } },
      vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', vpc),
    });
    expect(findings(new AwsSolutionsChecks(), props)).toEqual([]);
  });

  it('does find what nobody has explained', () => {
    const stack = new Stack(new App(), 'Bad');
    new sqs.Queue(stack, 'Queue');
    expect(found(new AwsSolutionsChecks(), stack)).toContain('AwsSolutions-SQS4 Bad/Queue/Resource');
  });
});

type Checks = AwsSolutionsChecks | ServerlessChecks;

function findings(checks: Checks, more: Partial<PolluxProps> | ((stack: Stack) => Partial<PolluxProps>)): string[] {
  const stack = new Stack(new App(), 'Pollux');
  const props = typeof more === 'function' ? more(stack) : more;
  new Pollux(stack, 'Pollux', { connections: exampleConnections, ...props });
  return found(checks, stack);
}

function found(checks: Checks, stack: Stack): string[] {
  return checks
    .validateScope(stack)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
}
