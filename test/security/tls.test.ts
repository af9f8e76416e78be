import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../shared/http/node.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
const AUTHORITY = fixture('authority.pem');
/** Of `cert.pem`, which signs itself. */
const SHA256 = fixture('sha256').trim();

const servers: https.Server[] = [];
let requests = 0;

/** All certificates are for 127.0.0.1 and of one key, but for the one of another host and the one whose key is too short. */
async function serve(certificate: string, key = 'key.pem'): Promise<string> {
  // Without this a server would not take the short key itself.
  const options = { key: fixture(key), cert: fixture(certificate), ciphers: 'DEFAULT@SECLEVEL=0' };
  const server = https.createServer(options, (_, response) => {
    requests++;
    response.end('hello');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const urls = {
  'self-signed': await serve('cert.pem'),
  issued: await serve('issued.pem'),
  'of another host': await serve('other-host.pem'),
  expired: await serve('expired.pem'),
  weak: await serve('weak.pem', 'weak-key.pem'),
};
type Certificate = keyof typeof urls;

afterAll(() => {
  for (const server of servers) server.close();
});

const ask = (certificate: Certificate, options: Parameters<typeof createHttpClient>[0]) =>
  createHttpClient({ requestTimeoutSeconds: 60, ...options }).request({
    method: 'POST',
    url: urls[certificate],
    headers: { authorization: 'Basic c2VjcmV0' },
    body: 'secret',
  });

async function refused(asked: Promise<unknown>): Promise<void> {
  const before = requests;
  await expect(asked).rejects.toMatchObject({ name: 'HttpFailure', code: 'tls', sent: false });
  expect(requests).toBe(before);
}

describe('a certificate', () => {
  test.each<[Certificate, object]>([
    ['self-signed', {}],
    ['self-signed', { ca: AUTHORITY }],
    ['issued', {}],
    ['of another host', { ca: AUTHORITY }],
    ['expired', { ca: AUTHORITY }],
    ['weak', {}],
    ['weak', { ca: fixture('weak.pem') }],
  ])('%s, with %o: is refused before anything is sent', async (certificate, options) => {
    await refused(ask(certificate, options));
  });

  test.each<[Certificate, object]>([
    ['issued', { ca: AUTHORITY }],
    ['self-signed', { ca: fixture('cert.pem') }],
    ['self-signed', { thumbprint: SHA256 }],
    ['weak', { thumbprint: new X509Certificate(fixture('weak.pem')).fingerprint256 }],
  ])('%s, with %o: is taken', async (certificate, options) => {
    expect(await ask(certificate, options)).toMatchObject({ status: 200 });
  });
});

describe('the message about a certificate', () => {
  const thumbprints = {
    'self-signed': SHA256,
    issued: new X509Certificate(fixture('issued.pem')).fingerprint256,
    'of another host': new X509Certificate(fixture('other-host.pem')).fingerprint256,
    expired: new X509Certificate(fixture('expired.pem')).fingerprint256,
    weak: new X509Certificate(fixture('weak.pem')).fingerprint256,
  };
  test.each<[Certificate, object, string, string]>([
    ['self-signed', {}, 'self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT).', 'or set "caFile"'],
    ['issued', {}, 'unable to verify the first certificate (UNABLE_TO_VERIFY_LEAF_SIGNATURE).', 'or set "caFile"'],
    ['of another host', { ca: AUTHORITY }, 'is for DNS:other.example.com, and not for 127.0.0.1', 'into "url"'],
    ['expired', { ca: AUTHORITY }, 'certificate has expired (CERT_HAS_EXPIRED).', 'or give the server another'],
    ['weak', {}, 'EE certificate key too weak.', 'or give the server another'],
  ])('%s, with %o: says what it is, its thumbprint, and what to do', async (certificate, options, what, remedy) => {
    const { message } = (await ask(certificate, options).catch((error: unknown) => error)) as Error;
    expect(message).toContain(what);
    expect(message).toContain(`If ${thumbprints[certificate]} is the SHA-256 thumbprint`);
    expect(message).toContain('set "thumbprint" in the connection');
    expect(message).toContain(remedy);
    expect(message).not.toContain('Node.js');
  });
});

describe('a pinned thumbprint', () => {
  test.each<Certificate>(['issued', 'of another host', 'expired'])(
    'refuses another certificate: one %s',
    async (certificate) => {
      await refused(ask(certificate, { thumbprint: SHA256 }));
    },
  );

  test('refuses another certificate even where a trusted authority has issued it', async () => {
    await refused(ask('issued', { thumbprint: SHA256, ca: AUTHORITY }));
  });
});

describe('NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  afterEach(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });

  test('is not obeyed', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    // The switch does work in this process, or the test would show nothing.
    expect(await (await fetch(urls['self-signed'])).text()).toBe('hello');
    await refused(ask('self-signed', {}));
    await refused(ask('expired', { ca: AUTHORITY }));
    await refused(ask('issued', { thumbprint: SHA256 }));
  });
});
