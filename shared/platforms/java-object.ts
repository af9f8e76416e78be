/**
 * The stream magic and version of Java's object serialization, in base64 or base64url: AC ED 00 05. Escaped or not, with
 * lines of any length, of which the last is short.
 */
const SERIALIZED =
  /rO0AB(?:[\w+/=-]|%[0-9A-Fa-f]{2}|\\[nr]){3,}(?:\s+[\w+/=-]{20,})*(?:[ \t]*\r?\n[ \t]*[\w+/-]+={0,2}(?=[ \t]*(?:\r?\n|$)))*/g;

/** Bytes of the stream: a new object, the description of its class; or a text. */
const OBJECT_OF_CLASS = '7372';
const TEXT = '74';

/**
 * A text in which a serialized Java object, if there is one, is replaced by the name of its class. Servers written in Java
 * put them where a reason is due. The rest of the object (stack traces, paths, whatever its fields hold) stays out.
 */
export function withoutJavaObjects(text: string): string {
  return text.includes('rO0AB') ? text.replace(SERIALIZED, described) : text;
}

function described(base64: string): string {
  // A class has a name of at most some hundred characters: more need not be decoded.
  const characters = base64.replace(/\s+|\\[nr]/g, '').slice(0, 4000);
  const plain = characters.replace(/%2B/gi, '+').replace(/%2F/gi, '/');
  const bytes = Buffer.from(plain, 'base64');
  const name = nameIn(bytes);
  if (name === undefined) return '(a serialized Java object)';
  return `(a serialized Java object of the class ${name} in place of a text: the server's own log has the reason)`;
}

function nameIn(bytes: Buffer): string | undefined {
  const isObject = bytes.toString('hex', 4, 6) === OBJECT_OF_CLASS;
  if (!isObject && bytes.toString('hex', 4, 5) !== TEXT) return undefined;
  if (!isObject) return 'java.lang.String';
  if (bytes.length < 8) return undefined;
  const name = bytes.toString('latin1', 8, 8 + bytes.readUInt16BE(6));
  return /^[\w.$]{1,300}$/.test(name) ? name : undefined;
}
