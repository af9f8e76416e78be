import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { fingerprint, TlsFailure, thumbprintOf, tlsProblem } from './tls-failure.ts';

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
    // Between the handshake and the verdict on it, after which Node has thrown the certificate away. For the message alone:
    // were this event gone, the thumbprint would be missing from it. Not by getPeerX509Certificate, which can be called only
    // once for a connection: Node would have none left to check the host's name by.
    let shown: tls.PeerCertificate | undefined;
    socket.prependOnceListener('secure', () => {
      shown = socket.getPeerCertificate();
    });
    const failed = (error: Error) => {
      const said = tlsProblem(error, shown);
      fail(said === undefined ? error : new TlsFailure(said, { cause: error }));
    };
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      socket.off('error', failed);
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

function pinProblem(socket: tls.TLSSocket, thumbprint: string): TlsFailure | undefined {
  const certificate = socket.getPeerCertificate();
  const wanted = thumbprint.replaceAll(':', '').toLowerCase();
  if (certificate.raw && fingerprint(certificate, wanted.length === 40 ? 'sha1' : 'sha256') === wanted)
    return undefined;
  return new TlsFailure(
    `the certificate's SHA-256 thumbprint is ${certificate.raw ? thumbprintOf(certificate) : 'none'}, not the one of the connection's option "thumbprint"`,
  );
}
