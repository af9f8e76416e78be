import { Aws, Fn, Names } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** Of a function, which writes into it by its own role. */
export function makeLogGroup(scope: Construct, id: string, settings: Settings): logs.LogGroup {
  return new logs.LogGroup(scope, id, logGroupProps(settings));
}

/**
 * Of what AWS delivers itself: errors of state machines, the access log. Each group with another name adds an entry to the
 * one resource policy of the account's logs, of 5,120 characters, and destroyed stacks leave theirs; names below
 * `/aws/vendedlogs/` have one entry in common (https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html).
 *
 * The part of the stack's id makes the name of each deployment its own: a group that was kept (`logRemovalPolicy`), or that
 * a late delivery has made again, does not hold up the next stack of the same name.
 */
export function makeVendedLogGroup(scope: Construct, id: string, settings: Settings): logs.LogGroup {
  const stack = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
  const place = Names.uniqueResourceName(scope, { maxLength: 128, separator: '-' });
  const logGroupName = Fn.join('', ['/aws/vendedlogs/pollux/', Aws.STACK_NAME, '/', place, '-', stack]);
  return new logs.LogGroup(scope, id, { ...logGroupProps(settings), logGroupName });
}

function logGroupProps({ logRetention, logRemovalPolicy, encryptionKey }: Settings): logs.LogGroupProps {
  return { retention: logRetention, removalPolicy: logRemovalPolicy, ...(encryptionKey && { encryptionKey }) };
}
