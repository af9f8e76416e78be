import type { Random } from './random.ts';

/** One hostile input: `bytes` is what may be made smaller, `frame` is what stays around it. */
export interface Case {
  frame: Record<string, unknown>;
  bytes: Buffer;
}

/** Something that takes input from outside, and what must hold whatever that input is. */
export interface Target {
  make(random: Random): Case;
  /** Rejects when a property does not hold. */
  run(input: Case): Promise<void>;
  /** Processor time. A case that takes more, three times over, has failed; 1,000 ms unless told. */
  limitMs?: number;
  close?(): Promise<void>;
}

/** A property that does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function hold(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Violation(otherwise);
}
