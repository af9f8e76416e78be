import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXAMPLE, exampleStack, folderOf } from './fixtures.ts';

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
    const template = readFileSync(join(out, 'Pollux.template.json'), 'utf8');
    expect(JSON.parse(template)).toEqual(exampleStack().template);
  });
});

describe('the app', () => {
  it('takes the example where there is no connections file, and says so', { timeout: 30_000 }, () => {
    const { status, stderr, out } = runApp({ stackName: 'PolluxTest' }, { cwd: folderOf({}) });
    expect(existsSync(join(out, 'PolluxTest.template.json'))).toBe(true);
    expect(stderr).toContain('taking connections.example.json');
    expect(status).toBe(0);
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
    const { status, out } = runApp({ ...jwt, connections: EXAMPLE });
    expect(status).toBe(0);
    const { Outputs, Resources } = JSON.parse(readFileSync(join(out, 'Pollux.template.json'), 'utf8'));
    expect(Object.keys(Outputs)).toContain('ConsoleUrl');
    const authorizer = Object.values<any>(Resources).find(({ Type }) => Type === 'AWS::ApiGatewayV2::Authorizer');
    expect(authorizer.Properties.JwtConfiguration).toEqual({ Audience: ['pollux', 'ops'], Issuer: jwt.jwtIssuer });
  });

  it('does not take half of an issuer', { timeout: 30_000 }, () => {
    const { status, stderr } = runApp({ jwtIssuer: 'https://id.example.com', connections: EXAMPLE });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '-c jwtIssuer needs -c jwtAudience beside it\n' });
  });

  it('prefers a file that is named', { timeout: 30_000 }, () => {
    const file = join(folderOf({ 'c.json': '{ "vspere": {} }' }), 'c.json');
    const { status, stderr } = runApp({}, { env: { POLLUX_CONNECTIONS: file } });
    expect(status).toBe(1);
    expect(stderr).toMatch(problem);
  });
});
