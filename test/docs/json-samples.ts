import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { expect } from 'vitest';
import * as z from 'zod';
import { checkConcurrency } from '../../infra/checked-props.ts';
import { checkConnections } from '../../infra/connections.ts';
import { allowServices } from '../../infra/encryption.ts';
import { checkPattern, matches } from '../../infra/local/event-pattern.ts';
import { PROBLEMS, type ProblemName } from '../../shared/api/problem.ts';
import { reportRequest } from '../../shared/api/report.ts';
import { parseSubmit } from '../../shared/api/requests.ts';
import { CONNECTION_STATE_CHANGE, JOB_STATE_CHANGE } from '../../shared/events/bus.ts';
import { OPEN_STATUSES } from '../../shared/job/job.ts';
import { connectionCheckView, jobView, jobWithTimelineView, problemView } from '../../shared/openapi/views.ts';
import { adapters } from '../../shared/platforms/registry.ts';

type Sample = Record<string, any>;

/** `detail` of Job State Change. */
const jobStateChange = jobView.extend({
  schemaVersion: z.literal(1),
  eventId: z.string(),
  previousStatus: z.enum(OPEN_STATUSES),
});
/** The fields of Connection State Change that rules are likely to name. */
const connectionStateChange = z.strictObject({
  platform: z.enum(adapters.map(({ platform }) => platform)).optional(),
  connection: z.string().optional(),
  status: z.enum(['UP', 'DOWN']).optional(),
});
const event = z.strictObject({
  version: z.literal('0'),
  id: z.uuid(),
  source: z.literal('pollux'),
  'detail-type': z.literal('Job State Change'),
  account: z.string(),
  region: z.string(),
  time: z.iso.datetime(),
  resources: z.array(z.string()).length(1),
  detail: jobStateChange,
});

/** What a sample can be, by a field that nothing else has; the first that fits counts. Each throws where it is not right. */
const KINDS: { is(sample: Sample): boolean; check(sample: Sample): void }[] = [
  { is: (sample) => Array.isArray(sample['detail-type']), check: checkRule },
  { is: (sample) => 'detail-type' in sample, check: (sample) => void event.parse(sample) },
  { is: (sample) => 'timeline' in sample, check: (sample) => void jobWithTimelineView.parse(sample) },
  { is: (sample) => 'createdAt' in sample, check: (sample) => void jobView.parse(sample) },
  { is: (sample) => 'milliseconds' in sample, check: (sample) => void connectionCheckView.parse(sample) },
  { is: (sample) => String(sample.type).startsWith('urn:pollux:problem:'), check: checkProblem },
  { is: (sample) => 'operation' in sample, check: checkBody },
  { is: (sample) => adapters.some(({ platform }) => platform in sample), check: checkFile },
  { is: (sample) => 'reconcile' in sample, check: (sample) => void checkConcurrency(sample) },
  { is: (sample) => Array.isArray(sample) && 'Effect' in sample[0], check: checkKeyPolicy },
  { is: (sample) => 'state' in sample, check: (sample) => void reportRequest.parse(sample) },
];

export function checkSample(text: string): void {
  const sample: Sample = JSON.parse(text);
  const kind = KINDS.find(({ is }) => is(sample));
  if (!kind) throw new Error('what is it? add its kind to test/docs/json-samples.ts');
  kind.check(sample);
}

/** A rule may only name fields and values that there are. */
function checkRule(pattern: Sample): void {
  checkPattern(pattern, 'sample');
  const { $or: [alternative] = [{}], ...fields } = pattern.detail ?? {};
  const detail = { ...fields, ...alternative };
  const first = (value: any): any => (Array.isArray(value) ? value[0] : mapped(value));
  const mapped = (fields: Sample) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, first(value)]));
  const filled = mapped(detail);
  const [type] = z
    .array(z.enum([JOB_STATE_CHANGE, CONNECTION_STATE_CHANGE]))
    .length(1)
    .parse(pattern['detail-type']);
  (type === JOB_STATE_CHANGE ? jobStateChange.partial() : connectionStateChange).parse(filled);
  const described = { source: pattern.source[0], 'detail-type': pattern['detail-type'][0], detail: filled };
  if (!matches(pattern as never, described)) throw new Error('the pattern does not match an event of those values');
}

function checkProblem(sample: Sample): void {
  const { type, title, status } = problemView.parse(sample);
  const known = PROBLEMS[type.split(':').at(-1) as ProblemName];
  if (known?.title !== title || known.status !== status) throw new Error(`${type} is ${JSON.stringify(known)}`);
}

function checkFile(sample: Sample): void {
  checkConnections(sample, { source: 'sample', folder: '.' });
}

function checkBody(sample: Sample): void {
  const taken = adapters.filter((adapter) => {
    try {
      parseSubmit(adapter, sample);
      return true;
    } catch {
      return false;
    }
  });
  if (taken.length === 0) throw new Error('no platform takes this body');
}

/** What a key of the app is given, with the names of region and account in place of the stack's own. */
function checkKeyPolicy(statements: Sample): void {
  const [account, region] = ['123456789012', 'eu-central-1'];
  const stack = new Stack(new App(), 'Sample', { env: { account, region } });
  const key = new kms.Key(stack, 'Key');
  allowServices(stack, key);
  const { Properties } = Object.values(Template.fromStack(stack).findResources('AWS::KMS::Key'))[0]!;
  const given = Properties.KeyPolicy.Statement.slice(1).map(({ Sid: _sid, ...statement }: Sample) => statement);
  const text = JSON.stringify(given)
    .replaceAll('{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},', '')
    .replaceAll(']]}', '')
    .replaceAll(account, 'ACCOUNT')
    .replaceAll(region, 'REGION');
  expect(JSON.parse(text.replaceAll('":logs:', '"arn:aws:logs:'))).toEqual(statements);
}
