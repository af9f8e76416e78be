import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Carry, MAX_CARRY } from '../adapter.ts';
import type { Entry } from './answer.ts';

/** A run of getRequestStatus that was not over when its tick was. */
export interface LeftRun {
  /** The transport's word for it. */
  ticket: string;
  ids: readonly string[];
  since: number;
}

interface Answered {
  entry: Entry;
  at: number;
}

/** A process lives for hours and a provider has thousands of requests. */
const REMEMBERED = 1_000;
/** What could not be written is tried again after minutes at most; an end that was told so long ago has been written. */
const CARRIED_MS = 3_600_000;
const MAX_UNPACKED_BYTES = 1024 * 1024;

/**
 * What must outlive a poll. HF-T4: a status has side effects, and an end is told once, so it is kept for the case that it is
 * asked for again: by a tick whose write was lost, or by a cancel. And a script goes on when its tick is over. Both are kept
 * in this process, and carried with the loop to others.
 */
export class Memory {
  readonly #answers = new Map<string, Answered>();
  readonly #now: () => number;
  #runs: LeftRun[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  get runs(): readonly LeftRun[] {
    return this.#runs;
  }

  leave(run: LeftRun): void {
    this.#runs.push(run);
  }

  take(run: LeftRun): void {
    this.#runs = this.#runs.filter(({ ticket }) => ticket !== run.ticket);
  }

  answer(requestId: string): Entry | undefined {
    return this.#answers.get(requestId)?.entry;
  }

  keep(entry: Entry): void {
    this.#answers.delete(entry.requestId);
    this.#answers.set(entry.requestId, { entry, at: this.#now() });
    if (this.#answers.size > REMEMBERED) this.#answers.delete(this.#answers.keys().next().value!);
  }

  forget(requestId: string): void {
    this.#answers.delete(requestId);
  }

  /** What another process has left for this one. What it says of runs is the last word. */
  unpack(carry: Carry | undefined): void {
    if (carry?.value === undefined) return;
    const carried = unpacked(carry.value);
    this.#runs = [...(carried?.runs ?? [])];
    for (const { entry, at } of carried?.answers ?? []) {
      if (!this.#answers.has(entry.requestId)) this.#answers.set(entry.requestId, { entry, at });
    }
  }

  pack(carry: Carry | undefined): void {
    if (carry === undefined) return;
    const oldest = this.#now() - CARRIED_MS;
    const recent = [...this.#answers.values()].filter(({ at }) => at >= oldest);
    for (let count = recent.length; ; count = Math.floor(count / 2)) {
      // The last ones: an end that was told long ago has been written since.
      carry.value = packed({ runs: this.#runs, answers: count === 0 ? [] : recent.slice(-count) });
      if (carry.value.length <= MAX_CARRY || count === 0) return;
    }
  }
}

interface Carried {
  runs: readonly LeftRun[];
  answers: readonly Answered[];
}

function packed(carried: Carried): string {
  if (carried.runs.length === 0 && carried.answers.length === 0) return '';
  return deflateRawSync(JSON.stringify(carried)).toString('base64url');
}

/** `undefined` where there was nothing, or nothing that this version can read. */
function unpacked(value: string): Carried | undefined {
  if (value === '') return undefined;
  try {
    const text = inflateRawSync(Buffer.from(value, 'base64url'), { maxOutputLength: MAX_UNPACKED_BYTES }).toString();
    const { runs, answers } = JSON.parse(text) as Carried;
    return { runs: runs.filter(isRun), answers: answers.filter(isAnswer) };
  } catch {
    return undefined;
  }
}

/** Another version may have written it. */
function isRun(run: Partial<LeftRun> | null): run is LeftRun {
  const ids = Array.isArray(run?.ids) && run.ids.length > 0 && run.ids.every((id) => typeof id === 'string');
  return ids && typeof run?.ticket === 'string' && typeof run.since === 'number';
}

function isAnswer(answer: Partial<Answered> | null): answer is Answered {
  const entry: Partial<Entry> | undefined = answer?.entry;
  const texts = [entry?.requestId, entry?.status, entry?.message];
  return (
    typeof answer?.at === 'number' && texts.every((text) => typeof text === 'string') && Array.isArray(entry?.machines)
  );
}
