import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { costsTable, monthlyBill, SIZES, withCosts } from '../../infra/costs.ts';
import { exampleConnections, exampleStack, ofType } from '../infra/fixtures.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const page = read('docs/deploy.md');
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].filter(([, its]) => its === language).map(([, , code]) => code!);

/** Of a resource type, the service by which IAM knows it. */
const IAM_SERVICES: Record<string, string> = {
  ApiGatewayV2: 'apigateway',
  CloudWatch: 'cloudwatch',
  DynamoDB: 'dynamodb',
  EventSchemas: 'schemas',
  Events: 'events',
  IAM: 'iam',
  Lambda: 'lambda',
  Logs: 'logs',
  SQS: 'sqs',
  StepFunctions: 'states',
};

describe('docs/deploy.md', () => {
  it('has the samples of examples/, which are compiled with everything else', () => {
    expect(blocks('ts')).toEqual([read('examples/cdk-app/app.ts'), read('examples/cdk-app/vpc.ts')]);
  });

  it('shows the commands of the example, which test/package runs', () => {
    const [, commands] = /^```sh\n([\s\S]*?)^```/m.exec(read('examples/cdk-app/README.md'))!;
    expect(blocks('sh')).toContain(commands);
  });

  it('has an example of the versions that everything here is tested with', () => {
    const { devDependencies: ours } = JSON.parse(read('package.json'));
    const { dependencies, devDependencies } = JSON.parse(read('examples/cdk-app/package.json'));
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      expect(ours, name).toHaveProperty([name], version);
    expect(Object.keys(dependencies)).toEqual(Object.keys(JSON.parse(read('package.json')).peerDependencies));
  });

  it('never installs whatever version of the CDK there is', () => {
    for (const block of blocks('sh').filter((block) => block.includes('npm install'))) {
      expect(block).not.toMatch(/\saws-cdk(-lib)?(\s|$)/m);
    }
  });

  it('has commands that a shell can read', () => {
    for (const commands of blocks('sh')) {
      expect(spawnSync('sh', ['-n'], { input: commands, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('names every property and every public member of the construct', () => {
    const source = read('infra/pollux.ts');
    const [, props] = /export interface PolluxProps \{([\s\S]*?)^\}/m.exec(read('infra/props.ts'))!;
    expect(props).toContain('  connections: ');
    for (const [, name] of props!.matchAll(/^ {2}(\w+)\??:/gm)) expect(page).toContain(`\`${name}\``);
    for (const [, name] of source.matchAll(/^ {2}(metric\w+|on\w+|grant\w+|allow\w+)\(/gm)) {
      if (name !== 'metric') expect(page).toContain(`\`${name}`);
    }
  });

  it('names the outputs of the stack', () => {
    const { Outputs } = exampleStack().template;
    for (const name of Object.keys(Outputs)) expect(page).toContain(`| \`${name}\` |`);
  });

  it('names every service that CloudFormation needs rights for', () => {
    const types = new Set(Object.values(exampleStack().template.Resources).map(({ Type }) => Type.split('::')[1]!));
    for (const type of types) expect(page).toContain(`\`${IAM_SERVICES[type]}\``);
    expect([...types].sort()).toEqual(Object.keys(IAM_SERVICES).sort());
  });

  it('says what stays after a teardown', () => {
    const { Resources } = exampleStack().template as {
      Resources: Record<string, { Type: string; DeletionPolicy?: string }>;
    };
    const kept = Object.values(Resources).filter(({ DeletionPolicy }) => /^Retain/.test(DeletionPolicy ?? ''));
    expect(kept.map(({ Type }) => Type)).toEqual(['AWS::DynamoDB::Table']);
  });
});

describe('the table of costs', () => {
  it('is up to date (else run: npm run costs)', () => {
    expect(page).toBe(withCosts(page));
    expect(costsTable()).toContain('**together**');
  });

  it('counts the alarms that there are', () => {
    const platforms = Object.keys(exampleConnections).length;
    const connections = 1;
    const alarms = ofType(exampleStack().template, 'AWS::CloudWatch::Alarm');
    const read = alarms.map(({ properties: { Metrics } }) => {
      const stats: number | undefined = Metrics?.filter(({ MetricStat }: any) => MetricStat).length;
      return stats === undefined ? { metrics: 1 } : stats === 0 ? { metrics: 1, query: true } : { metrics: stats };
    });
    const queries = read.filter(({ query }) => query);
    const size = { ...SIZES[0]!, platforms, connections };
    const [one, two] = [size, { ...size, connections: 2 }].map((it) => monthlyBill(it)['Alarms, metrics, dashboard']!);
    // The dashboard costs 3 dollars, a metric that an alarm reads 10 cents, one of our own 30, and there are nine of a connection.
    const metrics = read.reduce((sum, alarm) => sum + alarm.metrics, 0);
    expect(one! - 3 - 9 * 0.3).toBeCloseTo(metrics * 0.1, 6);
    expect(two! - one! - 9 * 0.3).toBeCloseTo(queries.length * 0.1, 6);
  });

  it('costs more for more jobs, and less for each', () => {
    const totals = SIZES.map((size) => Object.values(monthlyBill(size)).reduce((sum, dollars) => sum + dollars, 0));
    expect([...totals].sort((a, b) => a - b)).toEqual(totals);
  });
});
