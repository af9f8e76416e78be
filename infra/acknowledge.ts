import { Stack, Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Notes, beside the code that a rule of cdk-nag would object to, why it is as it is. Nothing of it reaches the template. */
export function acknowledge(construct: IConstruct, reasons: Record<string, string>): void {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
}

/** The finding about a policy with a resource that is wild, as cdk-nag names it. */
export function wildResource(construct: IConstruct, service: string, resource: string): string {
  const { region, account } = Stack.of(construct);
  const place = [
    Token.isUnresolved(region) ? '<AWS::Region>' : region,
    Token.isUnresolved(account) ? '<AWS::AccountId>' : account,
  ];
  return `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${service}:${place.join(':')}:${resource}]`;
}
