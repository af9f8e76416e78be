import { Grams, LONGEST_GRAM } from './grams.ts';
import { unpackedViews } from './packed.ts';
import { endOf, foldedView, halvesView, latin1View, plainView, unescapedView, type View } from './spelling.ts';

const SHOWN = '***';
/** In the place of a text that could not be searched: what went wrong may hold it, so that is not told either. */
export const WITHHELD = '[not shown: it could not be searched for secrets]';

/** One of less than three characters cannot be told from the text around it. */
export const SHORTEST_SECRET = 3;
/** Of a secret that is not twice as long as what is looked for anyway, its first and its last half are looked for as well. */
const HALVES_BELOW = 2 * LONGEST_GRAM;
/** Escapes count as what they stand for; a piece of twelve characters that stands for less than this is a word like others. */
const LEAST_OF_A_PIECE = 8;
/** Searched at once, which bounds the memory; and what two such parts share, more than any spelling of twelve characters needs. */
const PART = 256 * 1024;
const OVERLAP = 8 * 1024;
/** No base64 is looked for in less: a word of seven letters would be some. */
const LEAST_BASE64_BYTES = 6;

/**
 * Finds a set of secrets in texts. No piece of twelve characters of any of them is left, nor the whole of a shorter one, as
 * it is or in the spellings of XML, JSON, URLs, forms, base64 and hex. It takes time in proportion to the secrets and to
 * the text, and never throws.
 */
export class Redactor {
  #grams: Grams | undefined;

  constructor(secrets: Iterable<string>) {
    try {
      const views = [...secrets].filter((secret) => secret.length >= SHORTEST_SECRET).flatMap(viewsOf);
      const grams = new Grams(views.reduce((sum, view) => sum + view.length, 0));
      for (const view of views) addPieces(grams, view);
      this.#grams = grams;
    } catch {
      // Too little memory, then; without its table every text is withheld.
    }
  }

  redact(text: string): string {
    if (text.length < SHORTEST_SECRET) return text;
    try {
      return this.#grams === undefined ? WITHHELD : masked(text, this.#grams);
    } catch {
      return WITHHELD;
    }
  }
}

/** All that a secret may come to, when the escapes of a text are undone and when they are not. */
function viewsOf(secret: string): View[] {
  const inner = base64Text(secret);
  const plain = [plainView(secret)];
  if (/[\ud800-\udfff]/.test(secret)) plain.push(halvesView(secret), plainView(secret.toWellFormed()));
  if (/[\x80-\xff]/.test(secret) && !/[^\0-\xff]/.test(secret)) plain.push(latin1View(secret));
  if (inner !== undefined) plain.push(plainView(inner));
  return plain.flatMap((view) => {
    const folded = foldedView(unescapedView(view));
    return isSame(view, folded) ? [view] : [view, folded];
  });
}

function isSame(one: View, other: View): boolean {
  return one.length === other.length && Buffer.compare(bytesOf(one), bytesOf(other)) === 0;
}

function bytesOf({ bytes, length }: View): Uint8Array {
  return bytes.subarray(0, length);
}

/** User data is sent as base64, and a platform may show what it holds. */
function base64Text(secret: string): string | undefined {
  if (secret.length < 16 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(secret.replaceAll(/[\r\n]/g, ''))) return undefined;
  const text = Buffer.from(secret, 'base64').toString('utf8');
  return text.includes('\ufffd') || text.length < SHORTEST_SECRET ? undefined : text;
}

function addPieces(grams: Grams, view: View): void {
  const { length } = view;
  const offset = grams.append(bytesOf(view));
  if (length <= LONGEST_GRAM) grams.add(offset, length);
  for (let first = 0; first < length; first++) {
    const size = sizeOfPiece(view, first);
    if (size >= LEAST_OF_A_PIECE) grams.add(offset + first, size);
  }
  if (length < LONGEST_GRAM || length >= HALVES_BELOW) return;
  for (let size = Math.ceil(length / 2); size < LONGEST_GRAM; size++) {
    grams.add(offset, size);
    grams.add(offset + length - size, size);
  }
}

/** As many bytes as twelve characters of the secret are, at most twelve; fewer where escapes were undone. 0: too few are left. */
function sizeOfPiece(view: View, first: number): number {
  const { length } = view;
  const size = Math.min(LONGEST_GRAM, length - first);
  const end = view.startOf(first) + LONGEST_GRAM;
  if (size === LONGEST_GRAM && view.startOf(first + size) <= end) return size;
  let fits = size;
  while (fits > 0 && endOf(view, first + fits - 1) > end) fits -= 1;
  return fits === LONGEST_GRAM || end <= view.startOf(length) ? fits : 0;
}

function masked(text: string, grams: Grams): string {
  let mask: Uint8Array | undefined;
  for (let from = 0; from === 0 || from + OVERLAP < text.length; from += PART - OVERLAP) {
    const part = from === 0 && text.length <= PART ? text : text.slice(from, from + PART);
    mark(part, grams, (start, end) => {
      mask ??= new Uint8Array(text.length);
      mask.fill(1, from + start, from + end);
    });
  }
  return mask === undefined ? text : shown(text, mask);
}

function mark(text: string, grams: Grams, note: (start: number, end: number) => void): void {
  const plain = plainView(text);
  const unescaped = unescapedView(plain);
  searchIn(plain, grams, 0, note);
  const folded = foldedView(unescaped);
  if (!isSame(folded, plain)) searchIn(folded, grams, 0, note);
  const least = Math.max(LEAST_BASE64_BYTES, Math.min(grams.shortest, LONGEST_GRAM));
  // The last character of a byte in base64 is the first one of the next byte.
  for (const view of unpackedViews(unescaped, least)) searchIn(view, grams, 1, note);
}

function searchIn(view: View, grams: Grams, more: number, note: (start: number, end: number) => void): void {
  grams.search(view, (first, last) => note(view.startOf(first), endOf(view, Math.min(last + more, view.length - 1))));
}

/** What overlaps, or stands side by side, is masked as one. */
function shown(text: string, mask: Uint8Array): string {
  const out: string[] = [];
  for (let at = 0; at < text.length; ) {
    const masks = mask.indexOf(1, at);
    if (masks < 0) {
      out.push(text.slice(at));
      break;
    }
    out.push(text.slice(at, masks), SHOWN);
    const end = mask.indexOf(0, masks);
    at = end < 0 ? text.length : end;
  }
  return out.join('');
}
