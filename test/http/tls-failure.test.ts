import { expect, test } from 'vitest';
import { tlsProblem } from '../../shared/http/tls-failure.ts';

const problem = (code: string, message: string, more: object = {}) =>
  tlsProblem(Object.assign(new Error(message), { code, ...more }));

test.each([
  ['UNSPECIFIED', 'CA md too weak', 'the certificate is not trusted: CA md too weak. '],
  ['INVALID_PURPOSE', 'unsupported certificate purpose', 'purpose (INVALID_PURPOSE). '],
  ['INVALID_CA', 'invalid CA certificate', '(INVALID_CA). '],
  ['PATH_LENGTH_EXCEEDED', 'path length constraint exceeded', '(PATH_LENGTH_EXCEEDED). '],
])('%s is a verdict on a certificate, also where that cannot be shown', (code, message, said) => {
  expect(problem(code, message)).toContain(said);
  expect(problem(code, message)).toContain('Set "thumbprint" in the connection, or ');
});

test('OpenSSL is quoted without its addresses and source files', () => {
  const message =
    '408D441A817F0000:error:0A000410:SSL routines:ssl3_read_bytes:handshake failure:record/rec_layer_s3.c:1605:';
  const said = problem('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', message, { reason: 'ssl/tls alert handshake failure' });
  expect(problem('EPROTO', `write EPROTO ${message}`)).toMatch(
    /^TLS failed: handshake failure \(EPROTO\): the server and /,
  );
  expect(said).toMatch(
    /^TLS failed: ssl\/tls alert handshake failure \(ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE\): the server and /,
  );
});

test.each([
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tlsv1 alert protocol version', 'switch TLS 1.2 or 1.3 on at the server'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'unsupported protocol', 'switch TLS 1.2 or 1.3 on at the server'],
  ['ERR_SSL_NO_PROTOCOLS_AVAILABLE', 'no protocols available', 'switch TLS 1.2 or 1.3 on at the server'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tlsv13 alert certificate required', 'a certificate of the client'],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'tlsv1 unrecognized name', 'use the name that the server is configured with'],
  ['ERR_SSL_DH_KEY_TOO_SMALL', 'dh key too small', 'too weak'],
  ['ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED', 'unsafe legacy renegotiation disabled', 'too weak'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'no shared cipher', 'cipher suite'],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'tlsv1 alert internal error', 'look into the log of the server'],
])('%s says what to do at the server', (code, reason, advice) => {
  expect(problem(code, reason, { reason })).toContain(`TLS failed: ${reason} (${code}): `);
  expect(problem(code, reason, { reason })).toContain(advice);
});

test('a certificate that names nobody', () => {
  const said = problem('ERR_TLS_CERT_ALTNAME_INVALID', "IP: 127.0.0.2 is not in the cert's list: ", {
    host: '127.0.0.2',
    cert: { subject: {} },
  });
  expect(said).toContain('the certificate names no host, and so not 127.0.0.2');
});

test.each(['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'OUT_OF_MEM', 'HPE_INVALID_CONSTANT'])('%s is none', (code) => {
  expect(problem(code, 'whatever')).toBeUndefined();
});
