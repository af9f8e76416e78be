import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConnectionsError, readConnections } from '../../infra/connections.ts';
import { connectionsSchema } from '../../infra/connections-schema.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { commonOptions, endpointUrl } from '../../shared/platforms/options.ts';
import { adapterOf, adapters } from '../../shared/platforms/registry.ts';
import { EXAMPLE, folderOf } from './fixtures.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

/** Platforms of this test alone: what is read must not depend on what real platforms ask for. */
const castor = {
  platform: 'castor',
  options: z.strictObject({ ...commonOptions, url: endpointUrl }),
  secret: { fields: ['username', 'password'] },
} as unknown as Adapter;
const leda = {
  platform: 'leda',
  options: z.discriminatedUnion('transport', [
    z.strictObject({ transport: z.literal('exec'), scripts: z.string() }),
    z.strictObject({ transport: z.literal('ssm'), instanceId: z.string() }),
  ]),
} as unknown as Adapter;

const good = { url: 'https://castor.example.com', secret: 'a' };

function read(json: unknown, files: Record<string, string> = {}) {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  return readConnections(join(folderOf({ ...files, 'connections.json': text }), 'connections.json'), [castor, leda]);
}

function problemsOf(json: unknown, files?: Record<string, string>): readonly string[] {
  try {
    read(json, files);
  } catch (error) {
    if (error instanceof ConnectionsError) return error.problems;
    throw error;
  }
  return [];
}

describe('a connections file', () => {
  it('is read with its options', () => {
    const leda1 = { transport: 'exec', scripts: './scripts' };
    expect(read({ $schema: './x.json', castor: { a: good }, leda: { l: leda1 } })).toEqual({
      castor: { a: good },
      leda: { l: leda1 },
    });
  });

  it('has its certificate authorities read in, from beside it', () => {
    const connections = read({ castor: { a: { ...good, caFile: 'ca.pem' } } }, { 'ca.pem': PEM });
    expect(connections).toEqual({ castor: { a: { ...good, ca: PEM } } });
  });

  const bad: [what: string, json: unknown, ...parts: string[]][] = [
    ['no JSON', '{ "castor": ', 'not JSON'],
    ['an array', [], 'must be an object'],
    ['nothing in it', {}, '$: no connection in it', 'connections.example.json'],
    ['a platform that is none', { castr: { a: good } }, '$.castr', 'did you mean "castor"?', '"castor" or "leda"'],
    ['a far-off platform', { kubernetes: {} }, '$.kubernetes: no such platform; it must be "castor" or "leda"'],
    ['a platform named as a prototype', '{ "__proto__": {} }', '$.__proto__', 'no such platform'],
    ['connections that are no object', { castor: [good] }, '$.castor: must be an object'],
    ['a connection that is no object', { castor: { a: 'https://x' } }, '$.castor.a: must be an object'],
    [
      'a misspelled key',
      { castor: { a: { ...good, secrt: 'x' } } },
      '$.castor.a.secrt',
      'did you mean "secret"?',
      'url',
    ],
    [
      'an option of another shape',
      { leda: { a: { transport: 'exec', scripts: '.', instanceid: '' } } },
      '"instanceId"?',
    ],
    ['a bad URL', { castor: { a: { ...good, url: 'castor.example.com' } } }, '$.castor.a', 'URL'],
    ['another protocol', { castor: { a: { ...good, url: 'ftp://x.example.com' } } }, '$.castor.a.url', 'http or https'],
    [
      'credentials in the URL',
      { castor: { a: { ...good, url: 'https://u:p@x.example.com' } } },
      'belong in the secret',
    ],
    ['no secret', { castor: { a: { url: good.url } } }, '$.castor.a.secret: missing', '"username" and "password"'],
    ['a secret that opens others', { castor: { a: { ...good, secret: 'pollux/*' } } }, '$.castor.a.secret', 'its ARN'],
    ['a name with a slash', { castor: { 'a/b': good } }, '$.castor["a/b"]', '1 to 60 letters, digits'],
    ['a name that starts with a hyphen', { castor: { '-a': good } }, '$.castor["-a"]'],
    ['a name too long for an execution', { castor: { [`a${'b'.repeat(60)}`]: good } }, '1 to 60'],
    ['an authority that is not there', { castor: { a: { ...good, caFile: 'no.pem' } } }, '.caFile', 'no.pem', 'ENOENT'],
    ['an authority that is none', { castor: { a: { ...good, caFile: 'connections.json' } } }, 'no PEM certificate'],
    ['two authorities', { castor: { a: { ...good, ca: PEM, caFile: 'x.pem' } } }, '.caFile', 'not both'],
    ['a wrong type', { castor: { a: { ...good, deadlineSeconds: '60' } } }, '$.castor.a.deadlineSeconds', 'number'],
  ];

  it.each(bad)('with %s is refused', (_, json, ...parts) => {
    const problems = problemsOf(json).join('\n');
    for (const part of parts) expect(problems).toContain(part);
  });

  it('never has a private key read into it', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIB\n';
    const json = { castor: { a: { ...good, caFile: 'ca.pem' } } };
    expect(problemsOf(json, { 'ca.pem': PEM + key }).join()).toContain('private key');
  });

  it('is refused with all its problems at once, and with its own name', () => {
    const json = { castr: {}, castor: { '-': { url: 'ftp://x.example.com' } } };
    expect(problemsOf(json)).toHaveLength(4);
    expect(() => read(json)).toThrow(/connections\.json has 4 problems:\n {2}- \$\.castr: .*\n {2}- /);
  });

  it('is refused where it cannot be read', () => {
    expect(() => readConnections('/nowhere/connections.json', [castor])).toThrow(
      '/nowhere/connections.json has a problem',
    );
  });

  it.each([
    'name',
    'path/to/it',
    'arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf',
    'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x',
  ])('may name the secret %s', (secret) => {
    expect(problemsOf({ castor: { a: { ...good, secret } } })).toEqual([]);
  });
});

describe('the example', () => {
  it('is valid and shows every platform', () => {
    expect(Object.keys(readConnections(EXAMPLE)).sort()).toEqual(adapters.map(({ platform }) => platform).sort());
  });
});

describe('the registry', () => {
  it('finds an adapter by its platform', () => {
    for (const adapter of adapters) expect(adapterOf(adapter.platform)).toBe(adapter);
    expect(adapterOf('nope')).toBeUndefined();
  });
});

describe('connections.schema.json', () => {
  it('is up to date (else run: node infra/connections-schema.ts)', () => {
    const file = new URL('../../connections.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(connectionsSchema())));
  });

  it('asks for what the reader asks for', () => {
    const schema = connectionsSchema([castor]) as any;
    expect(schema.properties.castor.additionalProperties.required).toEqual(['url', 'secret']);
    expect(schema.properties.castor.additionalProperties.additionalProperties).toBe(false);
    expect(schema.additionalProperties).toBe(false);
  });
});

describe('a file that is all wrong', () => {
  it('is told of in as many lines as a person reads', () => {
    const options = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${i}${'k'.repeat(1000)}`, i]));
    const given = { castor: { dc: { ...good, ...options } } };
    expect(problemsOf(given)).toHaveLength(3000);
    let message = '';
    try {
      read(given);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('and 2950 more');
    expect(message.length).toBeLessThan(50_000);
  });

  it.each(['{"castor":{"__proto__":{"url":"x"}}}', '{"__proto__":{"dc":{}}}', '[]', 'null', '{', '\u0000'])(
    '%s',
    (text) => {
      expect(problemsOf(text)).not.toEqual([]);
      expect('url' in {}).toBe(false);
    },
  );
});
