/**
 * A text as bytes, and where in the text each of them stands. A secret is looked for in such views, as peers repeat what they
 * were sent in spellings of their own: in all of them it comes to the same bytes.
 */
export interface View {
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Where the character of a byte begins in the text; at `length`: where the text ends. */
  startOf(index: number): number;
}

/** Where the character of this byte ends in the text. */
export function endOf(view: View, index: number): number {
  const start = view.startOf(index);
  let next = index + 1;
  while (next < view.length && view.startOf(next) === start) next += 1;
  return view.startOf(next);
}

class WrittenView implements View {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.starts = new Uint32Array(capacity + 1);
  }

  startOf(index: number): number {
    return this.starts[index]!;
  }

  push(byte: number, start: number): void {
    this.bytes[this.length] = byte;
    this.starts[this.length] = start;
    this.length += 1;
  }

  endedAt(end: number): View {
    this.starts[this.length] = end;
    return this;
  }
}

/** The text itself, as UTF-8. What is only one half of a surrogate pair has three bytes. */
export function plainView(text: string): View {
  const capacity = Buffer.byteLength(text);
  if (capacity === text.length) return latin1View(text);
  const view = new WrittenView(capacity);
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    pushCode(view, code, i);
    if (code > 0xffff) i += 1;
  }
  return view.endedAt(text.length);
}

/** With three bytes for each half of a pair (CESU-8): peers that write JSON in ASCII escape the halves one by one. */
export function halvesView(text: string): View {
  const view = new WrittenView(text.length * 3);
  for (let i = 0; i < text.length; i++) pushCode(view, text.charCodeAt(i), i);
  return view.endedAt(text.length);
}

/** One byte for each character, for texts that have such characters only. */
export function latin1View(text: string): View {
  return { bytes: Buffer.from(text, 'latin1'), length: text.length, startOf: (index) => index };
}

function pushCode(view: WrittenView, code: number, start: number): void {
  if (code < 0x80) {
    view.push(code, start);
    return;
  }
  if (code < 0x800) view.push(0xc0 | (code >> 6), start);
  else if (code < 0x10000) {
    view.push(0xe0 | (code >> 12), start);
    view.push(0x80 | ((code >> 6) & 63), start);
  } else {
    view.push(0xf0 | (code >> 18), start);
    view.push(0x80 | ((code >> 12) & 63), start);
    view.push(0x80 | ((code >> 6) & 63), start);
  }
  view.push(0x80 | (code & 63), start);
}

const PERCENT = 0x25;
const AMPERSAND = 0x26;
const PLUS = 0x2b;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const LOWER_U = 0x75;
const LOWER_X = 0x78;

/** What a backslash makes of a letter: JSON's short forms. */
const SHORT_FORMS = new Map([
  [0x6e, LINE_FEED],
  [0x72, CARRIAGE_RETURN],
  [0x74, 0x09],
  [0x62, 0x08],
  [0x66, 0x0c],
]);
const ENTITIES = new Map([
  ['amp', AMPERSAND],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['quot', 0x22],
  ['apos', 0x27],
]);
/** Characters between `&` and `;`: room for `#x0010FFFF` and some zeros more. */
const LONGEST_ENTITY = 16;

const HEX = new Int8Array(256).fill(-1);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

/**
 * Undoes the escapes of XML, HTML, JSON, URLs and forms, and those inside each other (JSON in XML, a URL in JSON), in one pass:
 * what an escape stands for may complete another one. Backslashes are left out, zero bytes (UTF-16) and carriage returns too.
 * Every spelling of a secret becomes what the secret itself becomes here, which is not always the secret.
 */
export function unescapedView(from: View): View {
  const { bytes, length } = from;
  if (!has(from, SPECIAL)) return from;
  const view = new WrittenView(length);
  for (let i = 0; i < length; i++) put(view, bytes[i]!, from.startOf(i));
  return view.endedAt(from.startOf(length));
}

/** By byte: what begins an escape, or is left out. */
const SPECIAL = flags([PERCENT, AMPERSAND, BACKSLASH, CARRIAGE_RETURN, 0]);
const SPACE = flags([BLANK, PLUS, 0x09, LINE_FEED, 0x0b, 0x0c, CARRIAGE_RETURN]);

function flags(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}

function has({ bytes, length }: View, table: Uint8Array): boolean {
  for (let i = 0; i < length; i++) if (table[bytes[i]!] === 1) return true;
  return false;
}

function put(view: WrittenView, given: number, begin: number): void {
  let byte = given;
  let start = begin;
  for (;;) {
    if (byte === 0 || byte === CARRIAGE_RETURN) return;
    const found = escapeEndingIn(view, byte);
    if (found !== undefined) {
      view.length -= found.length;
      start = view.starts[view.length]!;
      byte = found.code;
      if (byte <= 0x7f) continue;
      // A byte of more than seven bits (`%C3`) is part of a character, and a character beyond ASCII completes no escape.
      if (found.isByte) view.push(byte, start);
      else pushCode(view, byte, start);
      return;
    }
    if (view.length > 0 && view.bytes[view.length - 1] === BACKSLASH) {
      if (byte === BACKSLASH) return;
      if (byte !== LOWER_U && byte !== LOWER_X) {
        view.length -= 1;
        start = view.starts[view.length]!;
        byte = SHORT_FORMS.get(byte) ?? byte;
        if (byte === CARRIAGE_RETURN) return;
      }
    }
    view.push(byte, start);
    return;
  }
}

interface Escape {
  code: number;
  /** How many bytes of it stand there before the last. */
  length: number;
  isByte: boolean;
}

/** `%41`, `\x41`, `\u0041`, `%u0041`, `&amp;`, `&#65;`, `&#x41;`. */
function escapeEndingIn({ bytes, length }: WrittenView, last: number): Escape | undefined {
  if (last === SEMICOLON) return entityBefore(bytes, length);
  const low = HEX[last]!;
  if (low < 0 || length < 2) return undefined;
  const high = HEX[bytes[length - 1]!]!;
  if (high < 0) return undefined;
  if (bytes[length - 2] === PERCENT) return { code: high * 16 + low, length: 2, isByte: true };
  if (length < 3) return undefined;
  if (bytes[length - 2] === LOWER_X && bytes[length - 3] === BACKSLASH)
    return { code: high * 16 + low, length: 3, isByte: true };
  if (length < 5 || bytes[length - 4] !== LOWER_U) return undefined;
  const opening = bytes[length - 5];
  const [first, second] = [HEX[bytes[length - 3]!]!, HEX[bytes[length - 2]!]!];
  if ((opening !== BACKSLASH && opening !== PERCENT) || first < 0 || second < 0) return undefined;
  return { code: first * 4096 + second * 256 + high * 16 + low, length: 5, isByte: false };
}

function entityBefore(bytes: Uint8Array, length: number): Escape | undefined {
  const first = Math.max(0, length - LONGEST_ENTITY - 1);
  for (let at = length - 1; at >= first; at--) {
    if (bytes[at] !== AMPERSAND) continue;
    const name = String.fromCharCode(...bytes.subarray(at + 1, length));
    const digits = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(name);
    const code = digits ? Number.parseInt(digits[1] ?? digits[2]!, digits[1] ? 16 : 10) : ENTITIES.get(name);
    return code === undefined || code > 0x10ffff ? undefined : { code, length: length - at, isByte: false };
  }
  return undefined;
}

/** White space as one blank however much there is, and the plus sign by which forms write a blank as a blank. */
export function foldedView(from: View): View {
  if (!has(from, SPACE)) return from;
  const { bytes, length } = from;
  const view = new WrittenView(length);
  for (let i = 0; i < length; i++) {
    const isSpace = SPACE[bytes[i]!] === 1;
    if (!isSpace) view.push(bytes[i]!, from.startOf(i));
    else if (view.length === 0 || view.bytes[view.length - 1] !== BLANK) view.push(BLANK, from.startOf(i));
  }
  return view.endedAt(from.startOf(length));
}
