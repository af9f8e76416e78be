import type { Json, JsonObject } from '../../job/job.ts';
import { parseXml, type XmlElement } from '../../xml/parse.ts';
import { withoutJavaObjects } from '../java-object.ts';

/** What an HTTP answer of the API holds, whatever its format. */
export type Answer =
  | { kind: 'answer'; body: JsonObject }
  /** `code` is the `errorcode` of the body, or `HTTP 503` where there is no body of CloudStack's. */
  | { kind: 'error'; code: string; text: string }
  | { kind: 'unreadable'; code: 'empty' | 'html' | 'garbage' };

/**
 * The envelope is one key with one object: the command's name in lower case + `response`, mostly (`restoreVirtualMachine`
 * answers `restorevmresponse`, a missing command `null`). So its name is not looked at, except `errorresponse`.
 *
 * The `errorcode` in the body counts, not the HTTP status: some proxies rewrite numbers that HTTP does not have, and a 431
 * or 530 of a proxy's own is another thing than CloudStack's.
 */
export function readAnswer({ status, body: text }: { status: number; body: string }): Answer {
  const envelope = parse(text);
  const body = envelope && decoded(envelope.body);
  const said = textOf(body?.errortext) ?? '';
  // 0 is no error, and a job that has a status has its own errors.
  const code = body && !('jobstatus' in body) ? integer(body.errorcode) || undefined : undefined;
  if (code !== undefined) return { kind: 'error', code: String(code), text: said };
  if (status >= 300 || status < 200) return { kind: 'error', code: `HTTP ${status}`, text: said };
  if (said !== '' && envelope?.name === 'errorresponse') return { kind: 'error', code: 'garbage', text: said };
  if (envelope?.name === 'errorresponse') return { kind: 'unreadable', code: 'garbage' };
  if (body) return { kind: 'answer', body };
  if (text.trim() === '') return { kind: 'unreadable', code: 'empty' };
  return { kind: 'unreadable', code: /<html|<!doctype html/i.test(text.slice(0, 2000)) ? 'html' : 'garbage' };
}

/** A whole number, or one written as text: in XML all are. */
export function integer(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  return typeof value === 'string' && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : undefined;
}

/** Text that says something to people. Ids are UUIDs since 3.0 and numbers before: both become text. */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && !/^\s*(?:null|undefined)?\s*$/.test(value)
    ? withoutJavaObjects(value)
    : undefined;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Envelope {
  name: string;
  body: JsonObject;
}

function parse(answer: string): Envelope | undefined {
  const text = answer.trim();
  const start = text[0];
  if (start === '{') return jsonEnvelope(text);
  return start === '<' ? xmlEnvelope(text) : undefined;
}

/**
 * The server undoes `\uXXXX` in its own JSON, so a control character in a text (ANSI colours from a script) makes the
 * answer invalid, and an escaped quote breaks it for good. Blanks for the control characters mend the first; of the second,
 * what stands before the result is still good.
 */
function jsonEnvelope(text: string): Envelope | undefined {
  for (const attempt of [text, text.replace(/[\u0000-\u001f]/g, ' ')]) {
    try {
      const entries = Object.entries(JSON.parse(attempt) as JsonObject);
      // The version of the server may stand beside it, as it does in XML.
      const [[name, body] = [], ...others] = entries.filter(([, value]) => isObject(value));
      return name !== undefined && others.length === 0 ? { name, body: body as JsonObject } : undefined;
    } catch {
      // The next attempt, or what can be salvaged.
    }
  }
  return salvaged(text) ?? salvagedError(text);
}

/** The text is the last member of an error, and the one that breaks it. */
function salvagedError(text: string): Envelope | undefined {
  const start = /^\{\s*"(\w+)"\s*:\s*\{(?:\s*"uuidList"\s*:\s*\[[^\]]*\]\s*,)?\s*"errorcode"\s*:\s*(\d{3})\s*,/.exec(
    text,
  );
  if (!start) return undefined;
  const errortext = /"errortext"\s*:\s*"(.*?)"?\s*\}?\s*\}?$/s.exec(text)?.[1] ?? '';
  return { name: start[1]!, body: { errorcode: Number(start[2]), errortext } };
}

/** The result may hold a `jobstatus` of its own: only what stands before it may be believed, and only of a whole answer. */
function salvaged(text: string): Envelope | undefined {
  const [head = '', ...result] = text.split(/"jobresult"\s*:/);
  const name = /^\s*\{\s*"(\w+)"\s*:\s*\{/.exec(head)?.[1];
  if (name === undefined || result.length === 0 || !/\}\s*\}\s*$/.test(text)) return undefined;
  const body: JsonObject = { jobresult: 'The server sent the result as invalid JSON: it cannot be read.' };
  for (const [, key, quoted, number] of head.matchAll(/"(\w+)"\s*:\s*(?:"([^"\\]*)"|(\d+))\s*,/g)) {
    body[key!] = quoted ?? Number(number);
  }
  return 'jobstatus' in body ? { name, body } : undefined;
}

function xmlEnvelope(text: string): Envelope | undefined {
  try {
    const root = parseXml(text);
    const body = fromXml(root);
    return /^html$/i.test(root.name) ? undefined : { name: root.name, body: isObject(body) ? body : {} };
  } catch {
    return undefined;
  }
}

/** Repeated elements are a list; text stays text, as XML does not tell numbers apart. The parser bounds the depth. */
function fromXml(element: XmlElement): Json {
  if (element.children.length === 0) return element.text;
  const fields: JsonObject = Object.create(null);
  for (const child of element.children) {
    const value = fromXml(child);
    const seen = fields[child.name];
    if (seen === undefined) fields[child.name] = value;
    else if (Array.isArray(seen)) seen.push(value);
    else fields[child.name] = [seen, value];
  }
  return { ...fields };
}

const DATE = /^\d{4}-\d\d-\d\dT/;
const FORM_ENCODED = /^(?:[\w.*-]|%[0-9A-Fa-f]{2})*$/;
/** Deeper than any answer; a value further down is taken as it is. */
const MAX_DEPTH = 60;

/**
 * With `encode.api.response` the server form-encodes every text but dates. One text cannot tell (a volume may be called
 * `50%25`), a whole answer can: all its texts are of the encoder's alphabet, and one at least has a `%XX`.
 */
function decoded(body: JsonObject): JsonObject {
  let escapes = false;
  let plain = false;
  walk(body, (text) => {
    if (DATE.test(text)) return text;
    if (!FORM_ENCODED.test(text)) plain = true;
    else if (text.includes('%')) escapes = true;
    return text;
  });
  return escapes && !plain ? (walk(body, decode) as JsonObject) : body;
}

function decode(text: string): string {
  try {
    return DATE.test(text) ? text : decodeURIComponent(text);
  } catch {
    return text;
  }
}

function walk(value: Json, change: (text: string) => string, depth = 0): Json {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((member) => walk(member, change, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member, change, depth + 1)]));
}
