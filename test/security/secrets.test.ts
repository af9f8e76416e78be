import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inlinedPackages } from '../../infra/licences.ts';
import { adapters } from '../../shared/platforms/registry.ts';
import { isSecretName } from '../../shared/secrets/secret-names.ts';
import { exampleStack, ofType } from '../infra/fixtures.ts';

const { template, assemblyDir } = exampleStack();
const functions = ofType(template, 'AWS::Lambda::Function');

/** Names of all fields of a schema, however deep. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { properties?: object };
  return [...Object.keys(properties), ...Object.values(schema).flatMap(fieldsOf)];
}

describe('secrets come from the secret store only', () => {
  it.each(adapters)('no option of $platform holds one: `secret` is the name of one', ({ options }) => {
    const names = fieldsOf(z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }));
    expect(names.length).toBeGreaterThan(0);
    expect([...new Set(names.filter(isSecretName))].filter((name) => name !== 'secret')).toEqual([]);
  });

  it.each(adapters)('every field of the secret of $platform but the user is taken for one', ({ secret }) => {
    const names = [...(secret?.fields ?? []), ...(secret?.together ?? [])];
    expect(names.filter((name) => !isSecretName(name) && !/username$/i.test(name))).toEqual([]);
  });

  it('the template resolves none, and no function has one in its environment', () => {
    expect(JSON.stringify(template)).not.toMatch(/\{\{resolve:(secretsmanager|ssm)/);
    const variables = functions.flatMap(({ properties }) => Object.keys(properties.Environment.Variables));
    expect(variables.filter(isSecretName)).toEqual([]);
  });

  it('what is deployed with the functions names secrets and holds none', () => {
    for (const { properties, metadata } of functions) {
      if (/ openapi$/.test(properties.Description)) continue;
      const file = join(assemblyDir, metadata['aws:asset:path'] as string, 'connections.json');
      const platforms = Object.values<Record<string, object>>(JSON.parse(readFileSync(file, 'utf8')));
      for (const options of platforms.flatMap((it) => Object.values(it))) {
        const secret = Object.keys(options).filter((name) => isSecretName(name) && name !== 'secret');
        expect(secret).toEqual([]);
      }
    }
  });
});

describe('credentials over plain http', () => {
  const bmc = { process: ':Call_Adapter', adapter: 'VMwareInfra' };
  const withUrl = adapters.filter(({ options }) => JSON.stringify(z.toJSONSchema(options)).includes('"url":{'));

  it('concern four platforms', () => {
    expect(withUrl.map(({ platform }) => platform).sort()).toEqual(['bmc', 'cloudstack', 'f5-vcmp', 'vsphere']);
  });

  it.each(withUrl)('are refused by $platform, but to loopback or where the connection says so', (adapter) => {
    const takes = (url: string, more = {}) => {
      const options = { url, secret: 's', ...(adapter.platform === 'bmc' && bmc), ...more };
      return adapter.options.safeParse(options).success;
    };
    expect(takes('https://x.example.com/sdk')).toBe(true);
    for (const url of ['http://127.0.0.1:1/sdk', 'http://localhost/sdk', 'http://[::1]/sdk'])
      expect(takes(url)).toBe(true);
    const elsewhere = [
      'http://x.example.com/sdk',
      'HTTP://x.example.com',
      'http://127.0.0.1.example.com',
      'http://0.0.0.0',
    ];
    for (const url of elsewhere) expect(takes(url), url).toBe(false);
    expect(takes('http://x.example.com/sdk', { allowPlainHttp: true })).toBe(true);
    expect(takes('http://user:password@127.0.0.1/sdk')).toBe(false);
  });
});

describe('what AWS itself writes down', () => {
  it('of a request to the API is neither its query nor its body nor its headers', () => {
    const [stage] = ofType(template, 'AWS::ApiGatewayV2::Stage');
    const fields = Object.values(JSON.parse(stage!.properties.AccessLogSettings.Format)).sort();
    expect(fields).toEqual(
      [
        '$context.requestId',
        '$context.requestTime',
        '$context.identity.sourceIp',
        '$context.identity.userArn',
        '$context.httpMethod',
        '$context.path',
        '$context.status',
        '$context.responseLatency',
        '$context.error.message',
        '$context.integrationErrorMessage',
      ].sort(),
    );
  });

  it('of a loop is its errors, without its data', () => {
    for (const { properties } of ofType(template, 'AWS::StepFunctions::StateMachine')) {
      expect(properties.LoggingConfiguration).toMatchObject({ Level: 'ERROR', IncludeExecutionData: false });
    }
  });

  it("in traces are the services' own segments: nothing in the bundles adds to them", async () => {
    const tracers = (await inlinedPackages()).filter(({ name }) => /xray|opentelemetry|tracer/.test(name));
    expect(tracers).toEqual([]);
  });
});
