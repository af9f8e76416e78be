import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const MAX_BYTES = 5 * 1024 * 1024;

/** A log that never takes more than twice `maxBytes`: the file, and the one before it as `<file>.1`. */
export class LogFile {
  readonly #file: string;
  readonly #maxBytes: number;
  #descriptor: number | undefined;
  #size = 0;

  constructor(file: string, maxBytes = MAX_BYTES) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /** Synchronous: a few microseconds into the page cache, and what was written survives a kill of the process. */
  write(chunk: Buffer | string): void {
    if (this.#descriptor === undefined) this.#open();
    else if (this.#size > this.#maxBytes) this.#rotate();
    this.#size += writeSync(this.#descriptor!, chunk as string);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    this.#descriptor = openSync(this.#file, 'a', 0o600);
    this.#size = fstatSync(this.#descriptor).size;
  }

  #rotate(): void {
    this.close();
    renameSync(this.#file, `${this.#file}.1`);
    this.#open();
  }
}
