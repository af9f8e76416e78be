import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { didYouMean, oneOf } from '../shared/api/did-you-mean.ts';
import { KEEP_FINISHED_DAYS, MAX_KEEP_DAYS } from '../shared/job/retention.ts';
import type { Concurrency, PolluxProps } from './props.ts';
import { checkRolePath, type Settings } from './settings.ts';
import type { JobTableProps } from './table.ts';

/** What is made of the properties of a Pollux, defaults filled in. All of these throw with a sentence. */

export function settingsOf(props: PolluxProps, service: string): Settings {
  return {
    service,
    logRetention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
    logRemovalPolicy: props.logRemovalPolicy ?? RemovalPolicy.DESTROY,
    logLevel: props.logLevel ?? 'INFO',
    tracing: props.tracing ?? true,
    rolePath: checkRolePath(props.rolePath),
    encryptionKey: props.encryptionKey,
  };
}

export function tablePropsOf({ table, removalPolicy, encryptionKey }: PolluxProps): JobTableProps {
  if (table && removalPolicy !== undefined) {
    throw new Error('removalPolicy is of a table that Pollux makes; "table" brings one, with a policy of its own');
  }
  return { existing: table, removalPolicy: removalPolicy ?? RemovalPolicy.RETAIN, encryptionKey };
}

export function checkKeepFinished(keepFinished: Duration = Duration.days(KEEP_FINISHED_DAYS)): number {
  const days = keepFinished.toDays({ integral: false });
  if (Number.isInteger(days) && days >= 1 && days <= MAX_KEEP_DAYS) return days;
  throw new Error(`keepFinished must be a whole number of days from 1 to ${MAX_KEEP_DAYS}, not ${days}`);
}

const CONCURRENCY = ['submit', 'check', 'reconcile'];

export function checkConcurrency(given: Concurrency = {}): Concurrency {
  for (const [name, value] of Object.entries(given)) {
    if (!CONCURRENCY.includes(name)) {
      throw new Error(`concurrency: no "${name}"; ${didYouMean(name, CONCURRENCY)}it must be ${oneOf(CONCURRENCY)}`);
    }
    if (value === undefined || Token.isUnresolved(value) || (Number.isInteger(value) && value >= 1)) continue;
    throw new Error(
      `concurrency.${name} must be a whole number from 1 on, not ${value}: a function with none is never run`,
    );
  }
  return given;
}
