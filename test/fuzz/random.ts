/** A source of random choices that repeats with its seed (sfc32; state from the seed's text by FNV-1a). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    const hash = (salt: number) => {
      let value = 0x811c9dc5 ^ salt;
      for (let i = 0; i < seed.length; i++) value = Math.imul(value ^ seed.charCodeAt(i), 0x01000193);
      return value | 0;
    };
    [this.#a, this.#b, this.#c] = [hash(1), hash(2), hash(3)];
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** 0 … `below` − 1. */
  int(below: number): number {
    return Math.floor((this.#next() / 2 ** 32) * below);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)]!;
  }

  chance(of: number): boolean {
    return this.#next() / 2 ** 32 < of;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.int(256)));
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
