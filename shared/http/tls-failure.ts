import { createHash } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';

/** There is no TLS connection that can be trusted, and the request was not sent. The message says what an operator can do. */
export class TlsFailure extends Error {
  override readonly name = 'TlsFailure';
}

/**
 * OpenSSL's verdicts on a certificate, as Node names them; all others, a key that is too short or a digest that is too weak
 * among them, are UNSPECIFIED. Source: Node's documentation of TLS, "X509 certificate error codes".
 */
const VERDICTS: ReadonlySet<string> = new Set([
  ...[
    'UNSPECIFIED',
    'CERT_REJECTED',
    'CERT_REVOKED',
    'CERT_UNTRUSTED',
    'CERT_CHAIN_TOO_LONG',
    'CERT_SIGNATURE_FAILURE',
  ],
  ...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERROR_IN_CERT_NOT_BEFORE_FIELD', 'ERROR_IN_CERT_NOT_AFTER_FIELD'],
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'HOSTNAME_MISMATCH', 'INVALID_PURPOSE', 'INVALID_CA'],
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'PATH_LENGTH_EXCEEDED'],
  ...['UNABLE_TO_GET_CRL', 'UNABLE_TO_DECRYPT_CRL_SIGNATURE', 'CRL_SIGNATURE_FAILURE', 'CRL_NOT_YET_VALID'],
  ...['CRL_HAS_EXPIRED', 'ERROR_IN_CRL_LAST_UPDATE_FIELD', 'ERROR_IN_CRL_NEXT_UPDATE_FIELD'],
]);

/** Those that an authority's certificate could change. */
const NO_ISSUER = /SELF_SIGNED|ISSUER_CERT|LEAF_SIGNATURE|UNTRUSTED/;
const OTHER_HOST = 'ERR_TLS_CERT_ALTNAME_INVALID';
/** What OpenSSL calls an answer that does not begin like TLS. */
const NOT_TLS = /wrong version number|packet length too long|unknown protocol|http request|record layer failure/i;
/** What OpenSSL says when a handshake fails, here or in the alert of the peer, and what an operator can do. */
const HANDSHAKES: readonly [RegExp, string][] = [
  [
    /unsupported.protocol|protocol.version|no.protocols.available|version.too.low|unsupported.ssl/i,
    'the server speaks no TLS that is new enough, at least 1.2 is needed: switch TLS 1.2 or 1.3 on at the server, or in a proxy in front of it',
  ],
  [
    /certificate.required|peer.did.not.return|bad.certificate|certificate.unknown|unknown.ca|access.denied|no.certificate/i,
    'the server wants a certificate of the client, which Pollux does not have: let it, or the proxy in front of it, do without',
  ],
  [
    /unrecognized.name/i,
    'the server does not know the host of the "url": use the name that the server is configured with',
  ],
  [
    /key.too.small|md.too.weak|legacy|signature.type|bad.dh|bad.ecpoint|insufficient.security/i,
    'the keys or settings of the server are too weak to be taken: renew its certificate, and update its TLS settings',
  ],
  [
    /handshake.failure|no.shared.cipher|no.ciphers|no.suitable/i,
    'the server and Pollux have no cipher suite or version of TLS in common: switch on suites of TLS 1.2 or 1.3 with ECDHE at the server',
  ],
];

/** Node's advice at the end of its own messages is about a process that the operator does not start. */
const NODES_ADVICE = /; if the root CA is installed locally.*$/s;

/** `<address>:error:<number>:SSL routines:<function>:<reason>:<source file>:<line>:` */
const OPENSSL_REASON = /:SSL routines:[^:]*:([^:]+):/;

interface NodeTlsError extends NodeJS.ErrnoException {
  /** OpenSSL's words alone. */
  reason?: string;
  /** Of `OTHER_HOST`. */
  host?: string;
  cert?: PeerCertificate;
}

/** What is wrong, in plain words; `undefined` where it is not about TLS. */
export function tlsProblem(error: NodeTlsError, certificate?: PeerCertificate): string | undefined {
  const { code = '', message } = error;
  if (code === OTHER_HOST) {
    return `${otherHost(error)} (${code}). ${advice(certificate, 'put a host that it names into "url"')}`;
  }
  if (VERDICTS.has(code)) {
    const instead = NO_ISSUER.test(code)
      ? 'set "caFile" to a PEM file with its issuer'
      : 'give the server another certificate';
    const said = message.replace(NODES_ADVICE, '');
    const name = code === 'UNSPECIFIED' ? '' : ` (${code})`;
    return `the certificate is not trusted: ${said}${name}. ${advice(certificate, instead)}`;
  }
  if (!/^ERR_(O?SSL|TLS)_|^EPROTO$/.test(code)) return undefined;
  const reason = error.reason ?? OPENSSL_REASON.exec(message)?.[1] ?? message;
  if (NOT_TLS.test(reason)) return `there is no TLS on this port (${code}): correct the port of the "url"`;
  const advised = HANDSHAKES.find(([pattern]) => pattern.test(`${reason} ${code}`))?.[1];
  return `TLS failed: ${reason} (${code}): ${advised ?? 'look into the log of the server, or of the proxy in front of it'}`;
}

function advice(certificate: PeerCertificate | undefined, instead: string): string {
  if (!certificate?.raw) return `Set "thumbprint" in the connection, or ${instead}`;
  const shown = thumbprintOf(certificate);
  return `If ${shown} is the SHA-256 thumbprint that the server should have, set "thumbprint" in the connection to it; or ${instead}`;
}

const MAX_NAMES = 200;

function otherHost({ host, cert }: NodeTlsError): string {
  const names = cert?.subjectaltname ?? (cert?.subject?.CN && `CN ${cert.subject.CN}`);
  const wanted = host ?? 'this host';
  return names
    ? `the certificate is for ${names.slice(0, MAX_NAMES)}, and not for ${wanted}`
    : `the certificate names no host, and so not ${wanted}`;
}

/** Hex bytes joined by colons, as `openssl x509 -fingerprint -sha256` shows it. */
export function thumbprintOf(certificate: PeerCertificate): string {
  return fingerprint(certificate, 'sha256')
    .replace(/(..)(?=.)/g, '$1:')
    .toUpperCase();
}

export function fingerprint(certificate: PeerCertificate, algorithm: 'sha1' | 'sha256'): string {
  return createHash(algorithm).update(certificate.raw).digest('hex');
}
