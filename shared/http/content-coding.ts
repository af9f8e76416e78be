import { promisify } from 'node:util';
import zlib from 'node:zlib';

/** An answer's body cannot be read. The message says why. */
export class CodingError extends Error {
  override readonly name = 'CodingError';
}

/** The decoded body is larger than the limit. */
export class DecodedTooLarge extends Error {
  override readonly name = 'DecodedTooLarge';
}

type Decode = (body: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;

const gunzip: Decode = promisify(zlib.gunzip);
const inflate: Decode = promisify(zlib.inflate);
const inflateRaw: Decode = promisify(zlib.inflateRaw);

/** "deflate" is the zlib format (RFC 9110, section 8.4.1.2); some servers send the bare stream. */
const deflated: Decode = (body, options) => (hasZlibHeader(body) ? inflate : inflateRaw)(body, options);

function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

const DECODERS: Readonly<Record<string, Decode>> = { gzip: gunzip, 'x-gzip': gunzip, deflate: deflated };
/** More codings than this on top of each other are no answer that anybody means. */
const MAX_CODINGS = 3;

/**
 * A body without its content codings. None is asked for, but a proxy may use one all the same.
 *
 * @throws {CodingError} for a coding that is not known, and a body that is not in its coding or breaks off
 * @throws {DecodedTooLarge}
 */
export async function decodedBody(body: Buffer, header: string | undefined, maxBytes: number): Promise<Buffer> {
  const codings = (header ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (body.length === 0 || codings.length === 0) return body;
  const unknown = codings.find((coding) => !Object.hasOwn(DECODERS, coding));
  if (unknown !== undefined || codings.length > MAX_CODINGS) {
    throw new CodingError(
      `the answer has the content coding ${JSON.stringify((unknown ?? codings.join(', ')).slice(0, 60))}, which was not asked for: something in front of the server compresses; only gzip and deflate can be read`,
    );
  }
  let left = body;
  for (const coding of codings.reverse()) left = await undone(left, coding, maxBytes);
  return left;
}

async function undone(body: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  try {
    return await DECODERS[coding]!(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new DecodedTooLarge(`the answer is longer than ${maxBytes} bytes`);
    throw new CodingError(`the answer is said to be ${coding} and cannot be decoded (${message})`, { cause: error });
  }
}
