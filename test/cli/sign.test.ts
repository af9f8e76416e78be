import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regionOf } from '../../client/sign.ts';
import { fakeApi, type Seen } from './fake-api.ts';
import { jobWith } from './job.ts';
import { pollux } from './rig.ts';

const KEYS: Record<string, string> = {
  AKIDENVIRONMENT: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AKIDPROFILE: 'another/secret+key',
};
const REGION = 'eu-central-1';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`);

/** Computes the signature once more, from the request as it came over the wire (AWS, "Signing AWS API requests"). */
function verdict({ method, url, headers, body }: Seen): string {
  const { authorization = '', 'x-amz-date': date = '' } = headers as Record<string, string>;
  const [, keyId = '', scope = '', signedHeaders = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(authorization) ??
    [];
  if (signature === undefined) return `no signature: ${authorization}`;
  const [path, query = ''] = url.split('?');
  const canonicalQuery = query
    .split('&')
    .filter(Boolean)
    .map((pair) =>
      pair
        .split('=')
        .map((part) => encode(decodeURIComponent(part)))
        .join('='),
    )
    .sort()
    .join('&');
  const canonicalPath = path!.split('/').map(encode).join('/');
  const names = signedHeaders.split(';');
  const missing = ['host', 'x-amz-date', ...Object.keys(headers).filter((it) => it.startsWith('x-amz-'))].filter(
    (name) => !names.includes(name),
  );
  if (missing.length > 0) return `not signed: ${missing}`;
  const canonicalHeaders = names.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const canonical = [method, canonicalPath, canonicalQuery, canonicalHeaders, signedHeaders, sha256(body)].join('\n');
  const [day, region, service, end] = scope.split('/');
  if (service !== 'execute-api' || region !== REGION || end !== 'aws4_request') return `scope: ${scope}`;
  const key = [day!, region, service, end].reduce<string | Buffer>(hmac, `AWS4${KEYS[keyId]}`);
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex');
  return expected === signature ? keyId : 'the signature does not match';
}

async function verifier() {
  return fakeApi((seen) => {
    const who = verdict(seen);
    if (!(who in KEYS)) return { status: 403, body: { message: who } };
    return { body: seen.method === 'GET' ? { jobs: [jobWith({ message: who })] } : jobWith({ message: who }) };
  });
}

const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'AKIDENVIRONMENT',
  AWS_SECRET_ACCESS_KEY: KEYS.AKIDENVIRONMENT!,
  AWS_REGION: REGION,
};

describe('SigV4', () => {
  test.concurrent('a GET with a query that needs encoding', async () => {
    const { url } = await verifier();
    const args = ['list', 'vsphere/dc1', '--operation', "a b+c/d=é'(1)*", '--url', url, '--sigv4', '--json'];
    const { code, stdout, stderr } = await pollux(args, { env: ENVIRONMENT });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ message: 'AKIDENVIRONMENT' });
  });

  test.concurrent('a POST with a body and a session token', async () => {
    const { url, seen } = await verifier();
    const args = ['submit', 'task/lab', '-o', 'wörk', '--url', url, '--sigv4', '--region', REGION, '--json'];
    const env = { ...ENVIRONMENT, AWS_SESSION_TOKEN: 'a/session+token==', AWS_REGION: 'us-east-1' };
    const { stdout } = await pollux(args, { env });
    expect(JSON.parse(stdout)).toMatchObject({ message: 'AKIDENVIRONMENT' });
    expect(seen[0]!.headers).toMatchObject({ 'x-amz-security-token': 'a/session+token==' });
  });

  test.concurrent('credentials and region of a profile, POST without a body', async ({ onTestFinished }) => {
    const { url } = await verifier();
    const home = mkdtempSync(join(tmpdir(), 'pollux-aws-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const credentials = join(home, 'credentials');
    writeFileSync(credentials, `[ops]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = ${KEYS.AKIDPROFILE}\n`);
    const config = join(home, 'config');
    writeFileSync(config, `[profile ops]\nregion = ${REGION}\n`);
    const env = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config };
    const args = ['cancel', 'vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C', '--url', url, '--sigv4', '--json'];
    const { stdout, stderr } = await pollux([...args, '--profile', 'ops'], { env });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ message: 'AKIDPROFILE' });
  });

  test.concurrent('a wrong secret is not taken: exit code 10', async () => {
    const { url } = await verifier();
    const env = { ...ENVIRONMENT, AWS_SECRET_ACCESS_KEY: 'wrong' };
    const { code, stderr } = await pollux(['connections', '--url', url, '--sigv4'], { env });
    expect({ code, stderr }).toEqual({ code: 10, stderr: 'pollux: HTTP 403: the signature does not match\n' });
  });

  test.concurrent('no credentials, no region: said in one line', async () => {
    const nowhere = { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' };
    const args = ['connections', '--url', 'http://127.0.0.1:9', '--sigv4'];
    const without = await pollux([...args, '--region', REGION], { env: nowhere });
    expect(without).toMatchObject({
      code: 10,
      stderr: expect.stringMatching(/^pollux: no AWS credentials: [^\n]*\n$/),
    });
    const noRegion = await pollux(args, { env: nowhere });
    expect(noRegion).toMatchObject({ code: 2, stderr: expect.stringContaining('give --region') });
  });
});

test('a token is sent as it is, and shown nowhere', async () => {
  const { url, seen } = await fakeApi(() => ({ status: 401, body: { message: 'Unauthorized' } }));
  const { code, stdout, stderr } = await pollux(['connections', '--url', url], { env: { POLLUX_TOKEN: 'eyJ.secret' } });
  expect(seen[0]!.headers.authorization).toBe('Bearer eyJ.secret');
  expect({ code, shown: stdout + stderr }).toEqual({ code: 10, shown: 'pollux: HTTP 401: Unauthorized\n' });
});

test.each([
  ['https://abc123.execute-api.eu-central-1.amazonaws.com/', 'eu-central-1'],
  ['https://abc123.execute-api.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ['https://pollux.example.com', undefined],
  ['https://abc.execute-api.eu-central-1.amazonaws.com.evil.example', undefined],
])('the region of %s', (url, region) => {
  expect(regionOf(new URL(url))).toBe(region);
});
