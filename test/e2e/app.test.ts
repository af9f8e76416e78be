import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXAMPLE, exampleStack, folderOf } from '../infra/fixtures.ts';

const ROOT = dirname(EXAMPLE);
const APP = join(ROOT, 'infra', 'app.ts');

/** Runs the app as the CDK CLI does, with this context, in this folder. */
function runApp(context: Record<string, string>, options: { cwd?: string; env?: Record<string, string> } = {}) {
  const out = folderOf({});
  const cdk = { CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify(context), CDK_VALIDATION: 'false' };
  const env = { PATH: process.env.PATH, ...options.env, ...cdk };
  const ran = spawnSync(process.execPath, [APP], { cwd: options.cwd ?? ROOT, env, encoding: 'utf8' });
  return { ...ran, out };
}

describe('cdk synth', () => {
  // With the CDK's own rules on, whose findings are errors: the template is valid CloudFormation.
  it('gives the template that the local engine runs, and passes validation', { timeout: 120_000 }, () => {
    const out = folderOf({});
    const cli = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    const context = ['--context', `connections=${EXAMPLE}`];
    const env = { ...process.env, CDK_VALIDATION: 'true', PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
    execFileSync(process.execPath, [cli, 'synth', '--quiet', '--output', out, ...context], {
      cwd: ROOT,
      env,
      stdio: 'pipe',
    });
    const { Rules, Parameters, ...template } = JSON.parse(readFileSync(join(out, 'Pollux.template.json'), 'utf8'));
    delete Rules.ConnectionsAreNotTheExample;
    delete Parameters.DeployExample;
    expect({ Rules, Parameters, ...template }).toEqual(exampleStack().template);
  });
});

describe('the app', () => {
  /** The description of the rule by which CloudFormation refuses, if there is one. */
  function refusal(out: string, name = 'Pollux'): { assertion: object; by: object } | undefined {
    const { Rules, Parameters } = JSON.parse(readFileSync(join(out, `${name}.template.json`), 'utf8'));
    const rule = Rules.ConnectionsAreNotTheExample;
    return rule && { assertion: rule.Assertions, by: Parameters.DeployExample };
  }

  it('takes the example where there is no connections file, says so, and cannot be deployed', {
    timeout: 30_000,
  }, () => {
    const { status, stderr, out } = runApp({ stackName: 'PolluxTest' }, { cwd: folderOf({}) });
    expect(refusal(out, 'PolluxTest')).toEqual({
      assertion: [
        {
          Assert: { 'Fn::Equals': [{ Ref: 'DeployExample' }, 'yes'] },
          AssertDescription: expect.stringContaining('Put your own into connections.json'),
        },
      ],
      by: expect.objectContaining({ Default: 'no', AllowedValues: ['no', 'yes'] }),
    });
    expect(stderr).toContain('Taking the connections of connections.example.json');
    expect(status).toBe(0);
  });

  it('gives the same from another folder at another time: after a deploy, cdk diff is empty', {
    timeout: 60_000,
  }, () => {
    const connections = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
    connections.vsphere.dc1.url = 'https://vcenter.lab.example.com/sdk';
    const [one, two] = ['one', 'two'].map((name) => {
      const files = { 'connections.json': JSON.stringify(connections), [name]: '' };
      const { status, stderr, out } = runApp({}, { cwd: folderOf(files) });
      expect({ status, stderr, refusal: refusal(out) }).toEqual({ status: 0, stderr: '', refusal: undefined });
      const assets = Object.keys(JSON.parse(readFileSync(join(out, 'Pollux.assets.json'), 'utf8')).files).sort();
      return { assets, template: readFileSync(join(out, 'Pollux.template.json'), 'utf8') };
    });
    expect(one!.assets.length).toBeGreaterThan(10);
    expect(one).toEqual(two);
  });

  const problem = /^\S*\.json has a problem:\n {2}- \$\.vspere: no such platform; did you mean "vsphere"\? .*\n$/;

  it('prefers connections.json, and fails with nothing but its problems', { timeout: 30_000 }, () => {
    const { status, stderr } = runApp({}, { cwd: folderOf({ 'connections.json': '{ "vspere": {} }' }) });
    expect(status).toBe(1);
    expect(stderr).toMatch(problem);
    expect(stderr).toMatch(/^connections\.json /);
  });

  it('takes an issuer of tokens, and then has a console', { timeout: 30_000 }, () => {
    const jwt = { jwtIssuer: 'https://id.example.com', jwtAudience: 'pollux,ops' };
    const { status, stderr, out } = runApp({ ...jwt, connections: EXAMPLE });
    expect(status).toBe(0);
    // The example is the example by whatever name.
    expect(stderr).toContain('CloudFormation will refuse');
    expect(refusal(out)).toBeDefined();
    const { Outputs, Resources } = JSON.parse(readFileSync(join(out, 'Pollux.template.json'), 'utf8'));
    expect(Object.keys(Outputs)).toContain('ConsoleUrl');
    const authorizer = Object.values<any>(Resources).find(({ Type }) => Type === 'AWS::ApiGatewayV2::Authorizer');
    expect(authorizer.Properties.JwtConfiguration).toEqual({ Audience: ['pollux', 'ops'], Issuer: jwt.jwtIssuer });
  });

  it('does not take half of an issuer', { timeout: 30_000 }, () => {
    const { status, stderr } = runApp({ jwtIssuer: 'https://id.example.com', connections: EXAMPLE });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '-c jwtIssuer needs -c jwtAudience beside it\n' });
  });

  it('takes a table that is there, and keys of secrets, and refuses what cannot be one', { timeout: 60_000 }, () => {
    const key = 'arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const { status, out } = runApp({ table: 'pollux-restored', secretKeys: key, connections: EXAMPLE });
    expect(status).toBe(0);
    const { Resources } = JSON.parse(readFileSync(join(out, 'Pollux.template.json'), 'utf8'));
    const all = Object.values<any>(Resources);
    expect(all.filter(({ Type }) => Type === 'AWS::DynamoDB::Table')).toEqual([]);
    const [getJob] = all.filter(
      ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.Description === 'Pollux: get-job',
    );
    expect(getJob.Properties.Environment.Variables.POLLUX_TABLE).toBe('pollux-restored');
    expect(JSON.stringify(Resources)).toContain(`"Resource":"${key}"`);
    for (const context of [{ table: 'arn:aws:dynamodb:…' }, { secretKeys: 'alias/mine' }]) {
      const refused = runApp({ ...context, connections: EXAMPLE });
      expect({ status: refused.status, stderr: refused.stderr }).toEqual({
        status: 1,
        stderr: expect.stringMatching(/^-c (table|secretKeys).*\n$/),
      });
    }
  });

  it('prefers a file that is named', { timeout: 30_000 }, () => {
    const file = join(folderOf({ 'c.json': '{ "vspere": {} }' }), 'c.json');
    const { status, stderr } = runApp({}, { env: { POLLUX_CONNECTIONS: file } });
    expect(status).toBe(1);
    expect(stderr).toMatch(problem);
  });
});
