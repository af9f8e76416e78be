import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * The key that the functions sign with. Signatures are not verified, but the key's id is compared: it is made anew at each
 * start, so that neither a web page nor another user's process can talk to the endpoints by guessing a port.
 */
export class Credentials {
  readonly accessKeyId = `AKIA${randomBytes(16).toString('hex').toUpperCase()}`;
  readonly secretAccessKey = randomBytes(20).toString('hex');

  accepts({ headers, socket }: IncomingMessage): boolean {
    if (headers.origin !== undefined || headers.host !== `127.0.0.1:${socket.localPort}`) return false;
    return (headers.authorization ?? '').includes(`Credential=${this.accessKeyId}/`);
  }

  /** For the engine's own requests. */
  headers(): Record<string, string> {
    return {
      authorization: `AWS4-HMAC-SHA256 Credential=${this.accessKeyId}/local, SignedHeaders=host, Signature=local`,
      'x-amz-date': new Date().toISOString(),
    };
  }
}
