import type { Json, JsonObject } from '../../job/job.ts';

/**
 * Finds the JSON documents in a stream of log lines. Lenient in form: commas too many or too few, comments, control characters
 * and quotes in texts, backslashes that escape nothing, `NaN`, `None`, numbers in other forms. What is quoted by single quotes is no JSON: a dictionary of Python's has other
 * escapes and other words, and of what it says nothing could be sure.
 *
 * One pass, each character is read once: what cannot go on is dropped with all that is open, and the search goes on behind
 * it. So half a document in a log line hides nothing that follows.
 */

/** A complete value, and where it stood. */
export interface Found {
  value: JsonObject | Json[];
  /**
   * `alone`: whole lines are its own. `inline`: it shares a line with other text. `inside`: what held it never ended, and was
   * an array or began in a log line. `below`: what held it never ended, and it begins a line of its own.
   */
  place: 'alone' | 'inline' | 'inside' | 'below';
}

/** An object that had begun when the text was over. */
export interface Unfinished {
  /** Its members so far. */
  value: JsonObject;
  place: 'alone' | 'inline';
}

export interface Stream {
  found: Found[];
  /** What was open at the end of the text. */
  unfinished?: Unfinished;
  /** A string was broken by the end of its line. */
  brokenString: boolean;
  /** From where to where the text is JSON, whole or not; in order. */
  regions: [from: number, to: number][];
}

/** Documents that are kept: the last ones. A provider's answer is one, or one for each request. */
const KEPT = 2_000;
/** What is nested deeper is no answer. */
const MAX_DEPTH = 64;
/** Behind so many the rest of the text is taken for JSON. */
const MAX_REGIONS = 10_000;

interface Frame {
  value: JsonObject | Json[];
  key?: string;
  next: 'key' | 'colon' | 'value' | 'comma';
  from: number;
}

export interface StreamOptions {
  /** Whether a string may go over the end of a line: a text that was written as it is. */
  acrossLines?: boolean;
  /** Whether a line that cannot be a part of the document in which it stands is one of a log. */
  skipLines?: boolean;
}

/** Where a document may begin. Brackets in front of anything else are of log lines. */
const OPENING = /\{(?=\s*(?:["},]|\/[/*]|\s#\s|$))|\[(?=\s*[{["\],\d\-tfnNI])/g;

export function readStream(text: string, options: StreamOptions = {}): Stream {
  const reader = new Reader(text, options);
  for (let at = 0; ; ) {
    OPENING.lastIndex = at;
    const from = OPENING.exec(text)?.index;
    if (from === undefined) return reader.stream;
    at = reader.read(from);
  }
}

/** The documents that begin exactly with one of these members, wherever they stand: in the rest of a broken line, too. */
export function readFrom(text: string, members: readonly string[]): Stream {
  const reader = new Reader(text, {});
  const begin = new RegExp(`\\{\\s{0,100}"(?:${members.join('|')})"`, 'g');
  // Documents may stand inside each other, and each would be read again.
  let budget = 4 * text.length;
  for (let match = begin.exec(text); match && budget > 0; match = begin.exec(text)) {
    const before = reader.stream.found.length;
    const end = reader.read(match.index);
    budget -= end - match.index;
    if (reader.stream.found.length > before) begin.lastIndex = end;
  }
  return reader.stream;
}

/** Members that hold a text for people. */
const PROSE = /message|error|reason|detail/i;

const DOCUMENT_BEGINS = /\{\s*(?:$|["/#])|\[\s*$/;
const LONGEST_PREFIX = 300;

/**
 * The text without what a logger writes in front of each line of a document: a time, a level, a name. It is what stands in
 * front of the first line, and the lines below have it too, with other digits.
 */
export function withoutPrefixes(text: string): string {
  let prefix = '';
  const shape = (line: string) => line.replace(/\d/g, '0');
  return text
    .split('\n')
    .map((line) => {
      const own = shape(line.slice(0, LONGEST_PREFIX));
      if (prefix !== '' && own.startsWith(prefix)) return line.slice(prefix.length);
      const at = line.slice(0, LONGEST_PREFIX).search(DOCUMENT_BEGINS);
      prefix = at > 0 ? own.slice(0, at) : '';
      return line.slice(prefix.length);
    })
    .join('\n');
}

/** The text as it was before it became a string inside of another document, or of a line of a log. */
export function withoutEscapes(text: string): string {
  return text.replace(/\\([nrt"\\/])/g, (_, char: string) => (/[nrt]/.test(char) ? ' ' : char));
}

/** What a terminal has wrapped, as it was. */
export function joined(text: string): string {
  return text.replace(/\r?\n/g, '');
}

/** One document after the other. */
class Reader {
  readonly stream: Stream = { found: [], brokenString: false, regions: [] };
  readonly #text: string;
  readonly #acrossLines: boolean;
  readonly #skipLines: boolean;
  /** What is open, the outermost first. */
  #stack: Frame[] = [];
  /** Complete objects inside of it. */
  #inside: Found[] = [];
  #from = 0;
  #at = 0;
  #quoted = false;
  readonly #budget = { quotes: MAX_STREAM_QUOTES };
  /** Whether other text stands in front of it, in its line. */
  #belowText: boolean | undefined;

  constructor(text: string, { acrossLines = false, skipLines = false }: StreamOptions) {
    this.#text = text;
    this.#acrossLines = acrossLines;
    this.#skipLines = skipLines;
  }

  /** Reads what begins here. Answers from where to go on. */
  read(from: number): number {
    const text = this.#text;
    if (this.#stack.length > 0) this.#stack = [];
    if (this.#inside.length > 0) this.#inside = [];
    this.#from = from;
    this.#at = from;
    this.#quoted = false;
    this.#belowText = undefined;
    for (;;) {
      const frame = this.#stack.at(-1);
      this.#at = frame ? afterComments(text, this.#at) : afterBlanks(text, this.#at);
      const char = text[this.#at];
      if (char === undefined) return this.#endOfText();
      // A comma too few.
      if (frame?.next === 'comma' && (char === '"' || (Array.isArray(frame.value) && char === '{')))
        frame.next = Array.isArray(frame.value) ? 'value' : 'key';
      if ((char === '{' || char === '[') && (frame === undefined || frame.next === 'value')) {
        if (this.#stack.length === MAX_DEPTH) return this.#broken(this.#at);
        const isObject = char === '{';
        this.#stack.push({ value: isObject ? {} : [], next: isObject ? 'key' : 'value', from: this.#at });
        this.#at += 1;
        continue;
      }
      const { value: holder, next } = frame!;
      const isArray = Array.isArray(holder);
      const closes = char === (isArray ? ']' : '}');
      // A comma too many, before the end or after another, is in the templates of a public provider.
      const bare = next === 'comma' || next === 'key' || (isArray && next === 'value');
      if (closes && bare) {
        this.#stack.pop();
        this.#at += 1;
        if (this.#give(holder, frame!.from)) return this.#at;
      } else if (char === ',' && bare) {
        if (next === 'comma') frame!.next = isArray ? 'value' : 'key';
        this.#at += 1;
      } else if (char === ':' && next === 'colon') {
        frame!.next = 'value';
        this.#at += 1;
      } else if (char === '"' && (next === 'key' || next === 'value')) {
        const end = this.#readString(frame!);
        if (end !== undefined) return end;
      } else {
        const word = next === 'value' ? wordAt(text, this.#at) : undefined;
        if (word === undefined && this.#skipLines && isLineStart(text, this.#at)) {
          this.#at = endOfLine(text, this.#at);
          continue;
        }
        if (word === undefined) return this.#broken(this.#at);
        this.#at += word.length;
        this.#give(word.value, this.#at);
      }
    }
  }

  /** Where to go on, if the document is broken in it. */
  #readString(frame: Frame): number | undefined {
    const at = this.#at;
    this.#quoted = true;
    const isProse = frame.next === 'value' && PROSE.test(frame.key ?? '');
    const end = isProse ? endOfProse(this.#text, at, this.#budget) : endOfString(this.#text, at);
    const raw = this.#text.slice(at + 1, end < 0 ? undefined : end);
    const line = this.#acrossLines ? -1 : raw.indexOf('\n');
    if (line >= 0) {
      this.stream.brokenString = true;
      return this.#broken(at + 1 + line);
    }
    if (end < 0) return this.#endOfText();
    // A text may have lines of its own; an id that has is one that was wrapped.
    const own = unescaped(this.#acrossLines && !isProse ? joined(raw) : raw);
    this.#at = end + 1;
    if (frame.next === 'key') {
      frame.key = own;
      frame.next = 'colon';
    } else this.#give(own, this.#at);
    return undefined;
  }

  /** A value is complete: it goes into what holds it, or is a document. */
  #give(value: Json, begin: number): boolean {
    const text = this.#text;
    const holder = this.#stack.at(-1);
    if (holder === undefined) {
      keep(this.stream.found, { value: value as Found['value'], place: placeOf(text, begin, this.#at) });
      cover(this.stream.regions, begin, this.#at, text.length);
      return true;
    }
    if (Array.isArray(holder.value)) holder.value.push(value);
    else put(holder.value, holder.key!, value);
    holder.next = 'comma';
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    // Should what holds it never end, it may be a document all the same.
    const ownLine = text[begin - 1] === '\n';
    const onlyBrackets = this.#stack.every((frame) => Array.isArray(frame.value));
    if (ownLine || onlyBrackets) {
      this.#belowText ??= !isLineStart(text, this.#from);
      const isInside = onlyBrackets || this.#belowText;
      keep(this.#inside, { value, place: isInside ? 'inside' : 'below' });
    }
    return false;
  }

  #broken(to: number): number {
    for (const found of this.#inside) keep(this.stream.found, found);
    // A bracket in front of something else is no JSON: `{0}`, a dictionary of Python's.
    if (this.#quoted) cover(this.stream.regions, this.#from, to, this.#text.length);
    return Math.max(to, this.#from + 1);
  }

  #endOfText(): number {
    const { length } = this.#text;
    for (const found of this.#inside) keep(this.stream.found, found);
    cover(this.stream.regions, this.#from, length, length);
    const outermost = this.#stack.find((frame) => !Array.isArray(frame.value));
    if (outermost) {
      const place = isLineStart(this.#text, this.#from) ? 'alone' : 'inline';
      this.stream.unfinished = { value: outermost.value as JsonObject, place };
    }
    return length;
  }
}

function cover(regions: Stream['regions'], from: number, to: number, end: number): void {
  const last = regions.at(-1);
  if (last && from <= last[1]) last[1] = Math.max(last[1], to);
  else if (regions.length < MAX_REGIONS) regions.push([from, to]);
  else last![1] = end;
}

function keep(found: Found[], one: Found): void {
  found.push(one);
  if (found.length > 2 * KEPT) found.splice(0, KEPT);
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

/** Behind blanks and comments: what templates and people write into an answer. */
function afterComments(text: string, from: number): number {
  for (let at = afterBlanks(text, from); ; at = afterBlanks(text, at)) {
    const isLine = text.startsWith('//', at) || (text[at] === '#' && /\s/.test(text[at + 1] ?? ' '));
    if (isLine) at = endOfLine(text, at);
    else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) return text.length;
      at = end + 2;
    } else return at;
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** Quotes in a text that are not escaped. */
const MAX_QUOTES = 20;
/** In a whole stream: behind so many it is no text for people any more. */
const MAX_STREAM_QUOTES = 2_000;
/** What stands behind a text in an object. */
const BEHIND = /[ \t\r\n]*(?:$|["}\]]|,[ \t\r\n]*(?:$|["},\]/#]))/y;

/** The quote that ends a text for people, in which quotes may stand that nobody has escaped. */
function endOfProse(text: string, from: number, budget: { quotes: number }): number {
  const first = endOfString(text, from);
  for (let end = first, count = 0; end >= 0 && count < MAX_QUOTES; count += 1) {
    BEHIND.lastIndex = end + 1;
    if (BEHIND.test(text)) return end;
    budget.quotes -= 1;
    if (budget.quotes < 0) break;
    const next = endOfString(text, end);
    if (text.slice(end, next).includes('\n')) break;
    end = next;
  }
  return first;
}

/** The quote that ends it, or -1. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; ; at += 1) {
    at = text.indexOf('"', at);
    if (at < 0) return -1;
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\' && at - 1 - slashes > from) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** A backslash that escapes nothing is one: `C:\Program Files`. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (whole, code?: string, char = '') => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (Object.hasOwn(ESCAPES, char)) return ESCAPES[char]!;
    return char === '"' || char === '\\' || char === '/' ? char : whole;
  });
}

const WORD =
  /[-+]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)(?![\w.])|(?:true|false|null|True|False|None|undefined|[-+]?(?:NaN|nan|Infinity|inf))(?!\w)/y;
const WORDS: Readonly<Record<string, Json>> = { true: true, false: false, True: true, False: false };

function wordAt(text: string, at: number): { value: Json; length: number } | undefined {
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0];
  if (word === undefined) return undefined;
  const { length } = word;
  if (!/\d/.test(word)) return { value: WORDS[word] ?? null, length };
  const number = Number(word);
  // An id that is too long for a number stays what it is.
  if (/^-?\d+$/.test(word) && String(number) !== word) return { value: word, length };
  return { value: Number.isFinite(number) ? number : null, length };
}

function put(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

function placeOf(text: string, from: number, to: number): Found['place'] {
  return isLineStart(text, from) && isLineEnd(text, to) ? 'alone' : 'inline';
}

function isLineStart(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === ' ' || text[before] === '\t') before -= 1;
  return before < 0 || text[before] === '\n';
}

function isLineEnd(text: string, at: number): boolean {
  let behind = at;
  while (text[behind] === ' ' || text[behind] === '\t' || text[behind] === '\r') behind += 1;
  return behind >= text.length || text[behind] === '\n';
}
