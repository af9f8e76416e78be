import type { View } from './spelling.ts';

/** A byte sequence shorter than this cannot be told from the text around it. */
export const SHORTEST_GRAM = 3;
/** Of what is longer, all pieces of this length are looked for. */
export const LONGEST_GRAM = 12;

/**
 * A set of byte sequences of 3 to 12 bytes, and where they occur in a view. A hash table: time for building it and for a
 * search grows with the number of bytes only. A hit is compared byte by byte, so nothing is found that is not there.
 */
export class Grams {
  #bytes: Uint8Array;
  #length = 0;
  /** Where each sequence stands in `#bytes`, and how long it is. */
  #offsets: Uint32Array;
  #sizes: Uint8Array;
  #count = 0;
  /** Numbers of sequences, counted from 1; a power of two of them, at most half of them used. */
  #slots: Uint32Array;
  /** A bit for each hash of three bytes that stand side by side in what was appended. What has none of them is passed over. */
  readonly #blocks: Uint8Array;
  readonly #blockShift: number;
  /** By length. */
  readonly #present = new Uint8Array(LONGEST_GRAM + 1);
  /** The least length there is, or none. */
  shortest = Number.POSITIVE_INFINITY;

  /** `size`: about how many bytes and sequences there will be. */
  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#offsets = new Uint32Array(size + 16);
    this.#sizes = new Uint8Array(size + 16);
    this.#slots = new Uint32Array(powerOfTwo(size * 2 + 32));
    const blockBits = Math.min(Math.max(Math.ceil(Math.log2(size + 1)) + 5, 13), 24);
    this.#blocks = new Uint8Array(2 ** (blockBits - 3));
    this.#blockShift = 32 - blockBits;
  }

  /** Bytes that sequences are then added from. Answers where they begin. */
  append(bytes: Uint8Array): number {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(powerOfTwo(this.#length + bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    const offset = this.#length;
    this.#length += bytes.length;
    for (let at = offset; at + SHORTEST_GRAM <= this.#length; at++) {
      const block = blockOf(this.#bytes, at) >>> this.#blockShift;
      this.#blocks[block >> 3]! |= 1 << (block & 7);
    }
    return offset;
  }

  add(offset: number, size: number): void {
    if (size < SHORTEST_GRAM) return;
    if (this.#count === this.#offsets.length || this.#count * 2 >= this.#slots.length) this.#grow();
    const slot = this.#findSlot(hashOf(this.#bytes, offset, size), this.#bytes, offset, size);
    if (this.#slots[slot] !== 0) return;
    this.#offsets[this.#count] = offset;
    this.#sizes[this.#count] = size;
    this.#count += 1;
    this.#slots[slot] = this.#count;
    this.#present[size] = 1;
    this.shortest = Math.min(this.shortest, size);
  }

  /** Calls `found` with the first and the last index of each stretch that consists of sequences of the set. */
  search({ bytes, length }: View, found: (first: number, last: number) => void): void {
    const blocks = this.#blocks;
    const shift = this.#blockShift;
    const shortest = this.shortest;
    let first = 0;
    let last = -1;
    for (let i = 0; i + shortest <= length; ) {
      // A sequence that begins here, or before the end of this block, would have the block in it.
      let block = i + shortest - SHORTEST_GRAM;
      for (; block >= i; block = block === i ? -1 : Math.max(i, block - SHORTEST_GRAM)) {
        const bit = blockOf(bytes, block) >>> shift;
        if ((blocks[bit >> 3]! & (1 << (bit & 7))) === 0) break;
      }
      if (block >= i) {
        i = block + 1;
        continue;
      }
      const size = this.#longestAt(bytes, i, length);
      if (size > 0) {
        if (i > last + 1) {
          if (last >= first) found(first, last);
          first = i;
        }
        last = Math.max(last, i + size - 1);
      }
      i += 1;
    }
    if (last >= first) found(first, last);
  }

  #longestAt(bytes: Uint8Array, at: number, length: number): number {
    let hash = hashOf(bytes, at, SHORTEST_GRAM);
    let longest = 0;
    for (let size = SHORTEST_GRAM; ; size++) {
      if (this.#present[size] === 1 && this.#slots[this.#findSlot(hash, bytes, at, size)] !== 0) longest = size;
      if (size === LONGEST_GRAM || at + size === length) return longest;
      hash = hashedOn(hash, bytes[at + size]!);
    }
  }

  /** Where a sequence is, or could be put. */
  #findSlot(hash: number, bytes: Uint8Array, at: number, size: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = mixed(hash) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = slots[slot]! - 1;
      if (this.#sizes[number] !== size) continue;
      const offset = this.#offsets[number]!;
      let same = 0;
      while (same < size && this.#bytes[offset + same] === bytes[at + same]) same += 1;
      if (same === size) break;
    }
    return slot;
  }

  #grow(): void {
    const { length } = this.#offsets;
    const offsets = new Uint32Array(length * 2);
    offsets.set(this.#offsets);
    const sizes = new Uint8Array(length * 2);
    sizes.set(this.#sizes);
    this.#offsets = offsets;
    this.#sizes = sizes;
    this.#slots = new Uint32Array(powerOfTwo(length * 4));
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = mixed(hashOf(this.#bytes, offsets[number]!, sizes[number]!)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

/** Another in each process: nobody can prepare a text whose sequences all have the same hash. */
const SEED = (Math.random() * 0x1_0000_0000) | 0;
const FACTOR = (Math.random() * 0x4000_0000) | 0x1000_0001;

function hashOf(bytes: Uint8Array, offset: number, length: number): number {
  let hash = SEED;
  for (let i = offset; i < offset + length; i++) hash = hashedOn(hash, bytes[i]!);
  return hash;
}

function hashedOn(hash: number, byte: number): number {
  const next = Math.imul(hash ^ byte, FACTOR);
  return next ^ (next >>> 15);
}

function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (once ^ (once >>> 13)) >>> 0;
}

function blockOf(bytes: Uint8Array, at: number): number {
  return Math.imul(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16), 0x9e3779b1);
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(least, 16)));
}
