import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Whether something is in another account or region than the stack. What is not known before the deploy, on either side, is
 * taken to be the same.
 */
export function isElsewhere(
  scope: Construct,
  { account, region }: { account?: string | undefined; region?: string | undefined },
): { account: boolean; region: boolean } {
  const stack = Stack.of(scope);
  return { account: differs(account, stack.account), region: differs(region, stack.region) };
}

function differs(one: string | undefined, other: string): boolean {
  return one !== undefined && !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}
