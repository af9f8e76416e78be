import { foldedView, unescapedView, type View } from './spelling.ts';

const LINE_FEED = 0x0a;

/** What each character of base64 stands for, in both alphabets; -1 for all others. */
const BASE64 = valuesOf(['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', '-_'], [0, 62]);
const HEX = valuesOf(['0123456789abcdef', 'ABCDEF'], [0, 10]);

function valuesOf(alphabets: readonly string[], first: readonly number[]): Int8Array {
  const values = new Int8Array(256).fill(-1);
  for (const [index, alphabet] of alphabets.entries()) {
    for (const [value, digit] of [...alphabet].entries()) values[digit.charCodeAt(0)] = first[index]! + value;
  }
  return values;
}

interface Packing {
  values: Int8Array;
  /** Bits of a character. */
  bits: 4 | 6;
  /** Where a byte may begin: base64 repeats itself after four characters, hex after two. */
  phases: number;
}

const PACKINGS: readonly Packing[] = [
  { values: BASE64, bits: 6, phases: 4 },
  { values: HEX, bits: 4, phases: 2 },
];

/** What the runs of base64 and hex in a view hold, if they can hold `leastBytes`, for each place where a byte may begin. */
export function* unpackedViews(from: View, leastBytes: number): Generator<View> {
  for (const packing of PACKINGS) {
    const shortest = Math.ceil((leastBytes * 8) / packing.bits);
    for (const run of runsOf(from, packing, shortest)) {
      for (let phase = 0; phase < packing.phases; phase++)
        yield foldedView(unescapedView(unpacked(run, packing, phase)));
    }
  }
}

/** Characters of one alphabet in a row, line breaks between them left out. */
function* runsOf(from: View, { values }: Packing, shortest: number): Generator<View> {
  const { bytes, length } = from;
  for (let i = 0; i < length; i++) {
    if (values[bytes[i]!]! < 0) continue;
    const first = i;
    let breaks = 0;
    for (; i < length && (values[bytes[i]!]! >= 0 || bytes[i] === LINE_FEED); i++)
      if (bytes[i] === LINE_FEED) breaks += 1;
    if (i - first - breaks >= shortest) yield breaks === 0 ? partOf(from, first, i) : withoutBreaks(from, first, i);
  }
}

function partOf(from: View, first: number, end: number): View {
  return {
    bytes: from.bytes.subarray(first, end),
    length: end - first,
    startOf: (index) => from.startOf(first + index),
  };
}

function withoutBreaks(from: View, first: number, end: number): View {
  const places: number[] = [];
  for (let i = first; i < end; i++) if (from.bytes[i] !== LINE_FEED) places.push(i);
  const bytes = Uint8Array.from(places, (place) => from.bytes[place]!);
  return { bytes, length: places.length, startOf: (index) => from.startOf(places[index] ?? end) };
}

function unpacked(run: View, { bits, values }: Packing, phase: number): View {
  const length = Math.floor(((run.length - phase) * bits) / 8);
  const bytes = new Uint8Array(length);
  let held = 0;
  let heldBits = 0;
  for (let i = phase, at = 0; at < length; i++) {
    held = ((held << bits) | values[run.bytes[i]!]!) & 0xffff;
    heldBits += bits;
    if (heldBits < 8) continue;
    heldBits -= 8;
    bytes[at] = held >> heldBits;
    at += 1;
  }
  // A byte begins where the character with its first bit does.
  const startOf = (index: number) =>
    run.startOf(index === length ? run.length : phase + Math.floor((index * 8) / bits));
  return { bytes, length, startOf };
}
