import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import type { Bundles } from '../../infra/bundles.ts';
import { settingsOf } from '../../infra/checked-props.ts';
import type { ConnectionOptions } from '../../infra/connections.ts';
import { makeBus } from '../../infra/events.ts';
import { Platform } from '../../infra/platform.ts';
import { checkSecretAccess, type SecretSettings } from '../../infra/secret-access.ts';
import { JobTable } from '../../infra/table.ts';
import { limitTemplateSize } from '../../infra/template-size.ts';
import { asText, type Found, folderOf, ofType } from './fixtures.ts';

const REGION = 'ap-southeast-1';
const ACCOUNT = '111111111111';
const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const url = 'https://vc.example.com/sdk';
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters without white space. */
const INLINE_LIMIT = 10_240;
const MANAGED_LIMIT = 6_144;

const vsphere = (secrets: string[]) => ({
  vsphere: Object.fromEntries(secrets.map((secret, index) => [`dc${index}`, { url, secret }])),
});
const named = (count: number) => vsphere(Array.from({ length: count }, (_, index) => `pollux/vsphere/dc${index}`));

/** Platforms alone, whose functions are all the same file: to build them for each of these connections would take minutes. */
function made(
  connections: Record<string, Record<string, ConnectionOptions>>,
  secrets: SecretSettings = {},
  env: object | null = here,
) {
  const stack = new Stack(new App(), 'Mine', env ? { env } : {});
  const common = {
    bundles,
    jobs: new JobTable(stack, 'Jobs', { removalPolicy: RemovalPolicy.DESTROY }),
    bus: makeBus(stack, 'Bus'),
    settings: settingsOf({ connections: {} }, 'Mine'),
    secrets: { ...secrets, secretAccess: checkSecretAccess(secrets.secretAccess) },
    concurrency: {},
    keepFinishedDays: 30,
  };
  for (const [platform, options] of Object.entries(connections)) {
    new Platform(stack, platform, { ...common, platform, connections: options });
  }
  limitTemplateSize(stack, Object.values(connections).flatMap(Object.keys).length);
  return { stack, template: Template.fromStack(stack).toJSON() as { Resources: Record<string, any> } };
}
const code = folderOf({ 'index.mjs': 'export const handler = async () => {};' });
const bundles: Bundles = { folder: () => code, has: () => true, shared: () => code };
const here = { account: ACCOUNT, region: REGION };

/** A policy as IAM counts it: in the longest partition, and with ARNs of resources that are longer than any here. */
const rendered = (policy: Found) =>
  JSON.stringify(policy.properties.PolicyDocument, (_, value) =>
    Object(value) === value && ('Ref' in value || 'Fn::GetAtt' in value || 'Fn::Join' in value)
      ? asText(value)
          .replaceAll('${AWS::Partition}', 'aws-us-gov')
          .replaceAll(/\$\{[^}]*\}/g, 'x'.repeat(120))
      : value,
  ).length;

/** What the function of this description may read secrets by, and under which condition. */
function reads(
  template: { Resources: Record<string, any> },
  name = 'submit-job of vsphere',
  action = /^secretsmanager:/,
) {
  const [fn] = ofType(template as never, 'AWS::Lambda::Function').filter(
    ({ properties }) => properties.Description === `Pollux: ${name}`,
  );
  const role = fn!.properties.Role['Fn::GetAtt'][0];
  return ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => ofType(template as never, type))
    .filter(({ properties }) => properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement)
    .filter(({ Action }) => action.test([Action].flat()[0]))
    .flatMap(({ Resource, Condition }) =>
      [Resource].flat().map((resource) => ({ resource: asText(resource), ...(Condition && { condition: Condition }) })),
    );
}

const MANY = { timeout: 60_000 };

describe('secrets of many connections', () => {
  it.each([10, 72, 300, 600])(
    'of %i connections fit into what IAM takes, and each function may read each of them',
    MANY,
    (count) => {
      const { template } = made(named(count));
      const inline = ofType(template as never, 'AWS::IAM::Policy');
      const managed = ofType(template as never, 'AWS::IAM::ManagedPolicy');
      expect(Math.max(...inline.map(rendered))).toBeLessThan(INLINE_LIMIT);
      expect(Math.max(0, ...managed.map(rendered))).toBeLessThan(MANAGED_LIMIT);
      expect(managed.length).toBeLessThanOrEqual(10);
      const wanted = Array.from({ length: count }, (_, index) => `${ARN}:pollux/vsphere/dc${index}-??????`);
      for (const name of ['submit-job', 'check-jobs', 'cancel-job', 'report-job', 'check-connection']) {
        const found = reads(template, `${name} of vsphere`).map(({ resource }) =>
          resource.replaceAll(/\$\{AWS::Partition\}/g, 'aws'),
        );
        expect(found.toSorted()).toEqual(wanted.toSorted());
      }
      // CloudFormation takes a megabyte.
      expect(JSON.stringify(template, null, 1).length).toBeLessThan(700_000);
    },
  );

  it('of ten connections are in the policies of the roles themselves: nothing changes for small stacks', () => {
    expect(ofType(made(named(10)).template as never, 'AWS::IAM::ManagedPolicy')).toEqual([]);
  });

  it('with the longest names fit too, or are refused with a sentence before the deploy', MANY, () => {
    const long = (count: number) =>
      vsphere(Array.from({ length: count }, (_, index) => `${'n'.repeat(508)}${index + 1000}`));
    const { template } = made(long(90));
    for (const policy of ofType(template as never, 'AWS::IAM::ManagedPolicy')) {
      expect(rendered(policy)).toBeLessThan(MANAGED_LIMIT);
    }
    expect(() => made(long(200))).toThrow(
      /^the secrets and hosts of 200 connections to vsphere need \d+ managed policies .* 10 to a role: .*secretAccess/,
    );
  });

  it('of platforms that together would not fit into a template are refused with its size and what to do', MANY, () => {
    const many = (platform: string) =>
      Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`c${n}`, { url, secret: `pollux/${platform}/c${n}` }]));
    const all = Object.fromEntries(['vsphere', 'cloudstack', 'f5-vcmp', 'bmc'].map((name) => [name, many(name)]));
    expect(() => made(all, {}, null)).toThrow(
      /the template would have [1-9],\d{3},\d{3} bytes, and CloudFormation takes 1,000,000: .* 2000 connections .*secretAccess/,
    );
    expect(() => made(all, { secretAccess: { prefix: 'pollux/' } }, null)).not.toThrow();
  });

  it('hosts of Symphony are counted with them', MANY, () => {
    const symphony = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [
        `grid${index}`,
        {
          transport: 'ssm',
          instanceId: `mi-${String(index).padStart(17, '0')}`,
          scripts: '/opt/scripts',
          runAs: 'egoadmin',
        },
      ]),
    ) as never;
    const { template } = made({ symphony });
    for (const policy of ofType(template as never, 'AWS::IAM::ManagedPolicy')) {
      expect(rendered(policy)).toBeLessThan(MANAGED_LIMIT);
    }
    const hosts = reads(template, 'submit-job of symphony', /^ssm:SendCommand/).map(({ resource }) => resource);
    expect(hosts.filter((arn) => arn.includes('managed-instance'))).toHaveLength(300);
    expect(hosts.filter((arn) => arn.includes(':document/AWS-RunShellScript'))).toHaveLength(1);
  });
});

describe('secretAccess', () => {
  it('opens all secrets whose names begin alike, however many there are', () => {
    const { template } = made(named(100), { secretAccess: { prefix: 'pollux/vsphere/' } });
    expect(reads(template).map(({ resource }) => resource)).toEqual([
      `arn:\${AWS::Partition}:secretsmanager:${REGION}:${ACCOUNT}:secret:pollux/vsphere/*`,
    ]);
  });

  it('opens all secrets with a tag', () => {
    const { template } = made(named(100), { secretAccess: { tag: { key: 'pollux', value: 'prod' } } });
    expect(reads(template)).toEqual([
      {
        resource: `arn:\${AWS::Partition}:secretsmanager:${REGION}:${ACCOUNT}:secret:*`,
        condition: { StringEquals: { 'secretsmanager:ResourceTag/pollux': 'prod' } },
      },
    ]);
  });

  it('is refused where a secret is not among them, or where it would open more than it says', () => {
    const refused = (secretAccess: unknown) => () => made(named(2), { secretAccess: secretAccess as never });
    expect(refused({ prefix: 'other/' })).toThrow(
      '$.vsphere.dc0.secret: "pollux/vsphere/dc0" does not begin with the prefix "other/" of secretAccess',
    );
    for (const prefix of ['*', 'pollux?', '', 'a b', '${aws:username}']) expect(refused({ prefix })).toThrow('prefix');
    for (const tag of [{ key: '', value: 'a' }, { key: 'a', value: '*' }, { key: 'a' }]) {
      expect(refused({ tag })).toThrow('"tag"');
    }
    expect(refused({})).toThrow('either "prefix" or "tag"');
    expect(refused({ prefix: 'pollux/', tag: { key: 'a', value: 'b' } })).toThrow('either "prefix" or "tag"');
  });

  it('still lists a secret of another account, which neither names', () => {
    const foreign = `arn:aws:secretsmanager:${REGION}:222222222222:secret:theirs-AbCdEf`;
    const { template } = made(vsphere(['pollux/a', foreign]), { secretAccess: { prefix: 'pollux/' } });
    expect(reads(template).map(({ resource }) => resource)).toContain(foreign);
  });
});

describe('a secret that is named by an ARN', () => {
  it.each(['vmware', 'vcente', 'backup', 'AbCdEf'])('that ends in -%s is taken for whole and for partial', (end) => {
    const { template } = made(vsphere([`${ARN}:prod-${end}`]));
    expect(reads(template).map(({ resource }) => resource)).toEqual([
      `${ARN}:prod-${end}`,
      `${ARN}:prod-${end}-??????`,
    ]);
  });

  it('without six characters at its end is opened with them alone', () => {
    const { template } = made(vsphere([`${ARN}:prod-vcenter`]));
    expect(reads(template).map(({ resource }) => resource)).toEqual([`${ARN}:prod-vcenter-??????`]);
  });

  it('of another region is an error, which names the connection and both regions', () => {
    const elsewhere = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:vc`;
    expect(() => made(vsphere(['vc', elsewhere]))).toThrow(
      `$.vsphere.dc1.secret: ${elsewhere} is in another region than the stack (${REGION}); replicate the secret there`,
    );
    // Where the region is known only at the deploy, so is the error.
    expect(() => made(vsphere([elsewhere]), {}, null)).not.toThrow();
  });

  it('of another account is warned of until its key is given', () => {
    const foreign = vsphere([`arn:aws:secretsmanager:${REGION}:222222222222:secret:vc`]);
    const warning = Match.stringLikeRegexp('dc0\\.secret: a secret of another account .* secretKeys');
    const { stack } = made(foreign);
    Annotations.fromStack(stack).hasWarning('/Mine/vsphere', warning);
    const key = kms.Key.fromKeyArn(new Stack(new App(), 'Keys'), 'Key', KEY);
    Annotations.fromStack(made(foreign, { secretKeys: [key] }).stack).hasNoWarning('/Mine/vsphere', warning);
  });
});

describe('secretKeys', () => {
  it('lets who reads secrets decrypt by them, through Secrets Manager only; nobody else may', () => {
    const key = kms.Key.fromKeyArn(new Stack(new App(), 'Keys'), 'Key', KEY);
    const { template } = made({ ...named(1), task: { workers: {} } }, { secretKeys: [key] });
    for (const name of ['submit-job', 'check-jobs', 'cancel-job', 'check-connection']) {
      expect(reads(template, `${name} of vsphere`, /^kms:/)).toEqual([
        {
          resource: KEY,
          condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` } },
        },
      ]);
    }
    // Its connections have no secrets.
    expect(reads(template, 'submit-job of task', /^kms:/)).toEqual([]);
  });
});
