import { createHash, type X509Certificate } from 'node:crypto';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

export interface TlsSettings {
  /** PEM of the authorities to trust instead of the public ones. */
  ca?: string;
  /** SHA-1 or SHA-256 fingerprint, hex bytes joined by colons. */
  thumbprint?: string;
}

/**
 * Verifies every peer, before a byte of the request is written. Without a pin a certificate must verify against the
 * authorities (public, or `ca`) and the host's name. With one the fingerprint alone decides: a certificate that some
 * authority has issued to somebody else for this name is what a pin is there to refuse.
 */
export class VerifyingAgent extends https.Agent {
  readonly #settings: TlsSettings;

  constructor(settings: TlsSettings, options: https.AgentOptions) {
    super(options);
    this.#settings = settings;
  }

  override createConnection(
    options: https.RequestOptions,
    done: (error: Error | null, stream: Duplex) => void = () => {},
  ): undefined {
    const { ca, thumbprint } = this.#settings;
    const servername = options.servername || hostOf(options);
    const socket = tls.connect({
      ...(options as tls.ConnectionOptions),
      ...(servername && { servername }),
      ...(ca !== undefined && { ca }),
      // With a pin the verdict is ours; without one it is OpenSSL's. Said here, NODE_TLS_REJECT_UNAUTHORIZED=0 is not read.
      rejectUnauthorized: thumbprint === undefined,
    });
    const fail = (error: Error) => done(error, undefined as never);
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      socket.off('error', fail);
      const problem = thumbprint === undefined ? undefined : pinProblem(socket, thumbprint);
      if (problem === undefined) return done(null, socket);
      socket.destroy();
      fail(problem);
    });
  }
}

/** An IP address cannot be a server name (RFC 6066). */
function hostOf(options: https.RequestOptions): string {
  const host = String(options.host ?? '');
  return /^[\d.]+$|:/.test(host) ? '' : host;
}

function pinProblem(socket: tls.TLSSocket, thumbprint: string): Error | undefined {
  const certificate = socket.getPeerX509Certificate();
  const wanted = thumbprint.replaceAll(':', '').toLowerCase();
  if (certificate && fingerprint(certificate, wanted.length === 40 ? 'sha1' : 'sha256') === wanted) return undefined;
  const shown = certificate
    ? fingerprint(certificate, 'sha256')
        .replace(/(..)(?=.)/g, '$1:')
        .toUpperCase()
    : 'none';
  const error = new Error(
    `the certificate's SHA-256 thumbprint is ${shown}, not the one of the connection's option "thumbprint"`,
  );
  return Object.assign(error, { code: 'ERR_TLS_THUMBPRINT' });
}

function fingerprint(certificate: X509Certificate, algorithm: 'sha1' | 'sha256'): string {
  return createHash(algorithm).update(certificate.raw).digest('hex');
}
