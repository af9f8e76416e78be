import type { Json, JsonObject } from '../../job/job.ts';
import { shortened } from '../../secrets/conceal.ts';
import { isObject } from './moref.ts';

/** The text is stored with the job and shown in lists and events; a few sentences say it all. */
const MAX_TEXT = 2000;
/** A chain of causes is a few faults long. Deeper than this nobody reads, and walking stays within the stack. */
const MAX_DEPTH = 20;

/** Shorter texts stand inside others by chance. */
const MIN_REPEATED = 12;

/** Properties of single faults that hold a sentence: SystemError.reason, PlatformConfigFault.text, HttpFault.statusMessage. */
const SENTENCES = ['reason', 'text', 'statusMessage', 'errMsg'];

/**
 * All that a fault says of why, outermost first: its own localizedMessage, its faultMessage list, its causes, and the faults
 * and messages inside its properties (`NoCompatibleHost.error[]`, `DvsOperationBulkFault.hostFault[].fault`, …). Found by
 * structure, as 703 types of faults exist: `localizedMessage` is the text of a fault, `key` beside `message` that of a
 * message. Nothing is said twice, and the time is linear in the size of the fault.
 */
export function faultText(fault: Json | undefined): string | undefined {
  const said = new Sentences();
  gather(fault, said, 0);
  return said.text();
}

function gather(value: Json | undefined, said: Sentences, depth: number): void {
  if (said.isFull || depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const inner of value) gather(inner, said, depth + 1);
    return;
  }
  if (!isObject(value)) return;
  if (isMessage(value)) {
    said.add(messageOf(value));
    return;
  }
  const { localizedMessage, faultstring, fault, faultMessage, faultCause, ...rest } = value;
  said.add(localizedMessage);
  if (localizedMessage === undefined) said.add(faultstring);
  gather(fault, said, depth + 1);
  for (const message of Array.isArray(faultMessage) ? faultMessage : [faultMessage]) {
    // Boxed (VI/JSON), or an element named after its type (other products): the message is inside.
    if (messageOf(message) === undefined) gather(message, said, depth + 1);
    else said.add(messageOf(message));
  }
  for (const name of SENTENCES) said.addSentence(rest[name]);
  gather(faultCause, said, depth + 1);
  for (const inner of Object.values(rest)) gather(inner, said, depth + 1);
}

/** What one fault of a chain says itself. */
export function ownText({ fault, localizedMessage, faultMessage, faultstring }: JsonObject): string | undefined {
  const inner = isObject(fault) ? ownText(fault) : undefined;
  const said = Array.isArray(faultMessage) ? faultMessage : [faultMessage];
  const own = [localizedMessage, inner, ...said, faultstring].map(messageOf).find((it) => it !== undefined);
  return own && shortened(own, MAX_TEXT);
}

/** LocalizableMessage: the message, else its key. */
export function messageOf(value: Json | undefined): string | undefined {
  if (!isObject(value)) return textOf(value);
  return textOf(value.message) ?? textOf(value.key);
}

function isMessage(value: JsonObject): boolean {
  return textOf(value.key) !== undefined && textOf(value.message) !== undefined;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** Sentences in the order in which they were met, each one once. */
class Sentences {
  readonly #seen = new Set<string>();
  #text = '';

  get isFull(): boolean {
    return this.#text.length >= MAX_TEXT;
  }

  text(): string | undefined {
    if (this.#text === '') return undefined;
    return this.#text.length > MAX_TEXT ? `${shortened(this.#text, MAX_TEXT - 1)}…` : this.#text;
  }

  add(value: Json | undefined): void {
    const given = textOf(value);
    if (given === undefined || this.isFull) return;
    const sentence = shortened(given, MAX_TEXT + 1).trim();
    const bare = sentence.replace(/[.\s]+$/, '');
    if (this.#seen.has(bare)) return;
    this.#seen.add(bare);
    // Outer messages often repeat the inner one: "A general system error occurred: " and the reason.
    if (bare.length >= MIN_REPEATED && this.#text.includes(bare)) return;
    if (this.#text !== '') this.#text += /[.!?:…]$/.test(this.#text) ? ' ' : '. ';
    this.#text += sentence;
  }

  /** Of a property that may also hold a word of an enumeration. */
  addSentence(value: Json | undefined): void {
    if (typeof value === 'string' && /\S\s+\S/.test(value)) this.add(value);
  }
}
